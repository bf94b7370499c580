"""Indicators of many runs along a setting, with their spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.queries.indicators import figures
from dashboards.queries.runs import Arm, Comparison


@dataclass(frozen=True)
class Point:
    """All runs with one value of the axis and one of the lines."""

    at: str
    line: str
    values: tuple[float, ...]
    """One per run, in order of seed."""

    @property
    def mean(self) -> float:
        return statistics.fmean(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)


@dataclass(frozen=True)
class Compared:
    """An indicator along an axis, one line per value of a second setting."""

    indicator: str
    unit: str
    origin: str
    meaning: str
    axis: str
    lines: str | None
    points: tuple[Point, ...]
    pooled: tuple[str, ...]
    """Settings that differ among the runs of one point."""
    seeds: tuple[int, ...]


def indicators_of(comparison: Comparison) -> list[str]:
    """Names of the indicators that some finished run has, in their order."""
    names: dict[str, None] = {}
    for arm in comparison.finished:
        assert arm.manifest is not None
        names.update(dict.fromkeys(figures(arm.manifest)))
    return list(names)


def compared(
    comparison: Comparison, indicator: str, axis: str, lines: str | None
) -> Compared | None:
    """`indicator` along `axis`, a line per value of `lines`; None if no run has a value."""
    groups: dict[tuple[str, str], list[tuple[int, float]]] = {}
    unit = origin = meaning = ""
    used: list[Arm] = []
    for arm in comparison.finished:
        assert arm.manifest is not None
        figure = figures(arm.manifest).get(indicator)
        if figure is None or figure.value is None:
            continue
        unit, origin, meaning = figure.unit, figure.origin, figure.meaning
        place = (arm.settings.get(axis, ""), arm.settings.get(lines, "") if lines else "")
        groups.setdefault(place, []).append((arm.seed, figure.value))
        used.append(arm)
    if not groups:
        return None
    points = tuple(
        Point(at, line, tuple(value for _, value in sorted(found)))
        for (at, line), found in sorted(
            groups.items(), key=lambda g: (key_of(g[0][1]), key_of(g[0][0]))
        )
    )
    pooled = tuple(
        key
        for key in comparison.axes
        if key not in (axis, lines) and len({arm.settings.get(key) for arm in used}) > 1
    )
    seeds = tuple(sorted({arm.seed for arm in used}))
    return Compared(indicator, unit, origin, meaning, axis, lines, points, pooled, seeds)


def ordered(values: Sequence[str]) -> list[str]:
    """Distinct values, numbers by size and before words."""
    return sorted(set(values), key=key_of)


def key_of(value: str) -> tuple[int, float, str]:
    """Sorting key: numbers by size, then words by letters."""
    try:
        return (0, float(value), "")
    except ValueError:
        return (1, 0.0, value)
