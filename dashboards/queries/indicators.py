"""The indicators of a run with what each is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cosim.results.manifest import Indicator, Manifest

_MARK: Final = "_status_quo"


@dataclass(frozen=True)
class Figure:
    """An indicator beside the same figure without the market, where there is one."""

    name: str
    value: float | None
    unit: str
    origin: str
    meaning: str
    status_quo: float | None


def figures(manifest: Manifest) -> dict[str, Figure]:
    """All indicators of a run; those of the status quo stand beside the ones they belong to."""
    baselines = _baselines(manifest.indicators)
    return {
        name: Figure(
            name,
            indicator.value,
            indicator.unit,
            indicator.origin,
            indicator.meaning,
            indicator.status_quo if indicator.status_quo is not None else baselines.get(name),
        )
        for name, indicator in manifest.indicators.items()
        if _MARK not in name
    }


def _baselines(indicators: Mapping[str, Indicator]) -> dict[str, float | None]:
    """Values named `…_status_quo…` by the name of what they are the status quo of."""
    return {
        name.replace(_MARK, "", 1): indicator.value
        for name, indicator in indicators.items()
        if _MARK in name
    }
