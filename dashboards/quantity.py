"""Numbers as people read them: three figures, a unit, thousands apart by a thin space."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

THIN: Final = "\u202f"
MINUS: Final = "\u2212"
NONE: Final = "–"


@dataclass(frozen=True)
class Scale:
    """How values of a unit are shown: divided by `divisor`, followed by `unit`."""

    divisor: float
    unit: str
    whole: bool = False
    """Counts: never rounded to three figures."""

    def number(self, value: float | None) -> str:
        """The number without its unit."""
        if value is None or not math.isfinite(value):
            return NONE
        return whole(value) if self.whole else three_figures(value / self.divisor)

    def text(self, value: float | None) -> str:
        """The number with its unit."""
        number = self.number(value)
        if number == NONE or not self.unit:
            return number
        return f"{number}{THIN}{self.unit}"


_STEPS: Final = {
    "Wh": ((1.0, "Wh"), (1e3, "kWh"), (1e6, "MWh"), (1e9, "GWh")),
    "mWh": ((1.0, "mWh"), (1e3, "Wh"), (1e6, "kWh"), (1e9, "MWh")),
    "n€": ((1e7, "ct"), (1e9, "€")),
    "ms": ((1.0, "ms"), (1e3, "s"), (6e4, "min"), (3.6e6, "h")),
    "s": ((1.0, "s"), (60.0, "min"), (3600.0, "h")),
}
_COUNTED: Final = ("Wh", "mWh", "ms")
"""Integers in the results: shown as such where they stand in their own unit."""
_ENOUGH: Final = {"ms": (0, 1e3, 12e4, 72e5), "s": (0, 120, 7200)}
"""From which value on the larger unit reads better; elsewhere from one of it on."""


def scale(unit: str, values: Iterable[float | None]) -> Scale:
    """One scale for all `values`, chosen by the largest of them."""
    if unit in ("1", "-"):
        return Scale(0.01, "%")
    if unit == "count":
        return Scale(1.0, "", whole=True)
    if unit == "µ€/kWh":
        return Scale(1e4, "ct/kWh")
    if unit == "percent":
        return Scale(1.0, "%")
    steps = _STEPS.get(unit)
    if steps is None:
        return Scale(1.0, unit)
    known = [abs(v) for v in values if v is not None and math.isfinite(v)]
    largest = max(known, default=0.0)
    enough = _ENOUGH.get(unit) or tuple(divisor for divisor, _ in steps)
    chosen = steps[0]
    for step, least in zip(steps, enough, strict=True):
        if largest >= least:
            chosen = step
    whole_numbers = chosen is steps[0] and unit in _COUNTED and all(v % 1 == 0 for v in known)
    return Scale(*chosen, whole=whole_numbers)


def text(value: float | None, unit: str) -> str:
    """One value with the unit that suits it."""
    return scale(unit, [value]).text(value)


def three_figures(value: float) -> str:
    """`value` to three significant figures, without exponents: 0.0123, 1.20, 45.6, 12 300."""
    if value == 0:
        return "0"
    places = 2 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    if rounded:
        places = 2 - math.floor(math.log10(abs(rounded)))
    return _spaced(f"{abs(rounded):.{max(places, 0)}f}", value < 0)


def whole(value: float) -> str:
    """An integer with its thousands apart: 1 093."""
    return _spaced(f"{abs(round(value))}", value < 0)


def change(now: float, before: float) -> str:
    """Relative change in percent with its sign, none against zero: +12 %."""
    if before == 0:
        return NONE
    relative = (now - before) / abs(before) * 100
    if abs(relative) < 0.05:
        return f"±0{THIN}%"
    sign = "+" if relative > 0 else MINUS
    return f"{sign}{three_figures(abs(relative))}{THIN}%"


def _spaced(digits: str, negative: bool) -> str:
    integer, dot, fraction = digits.partition(".")
    groups = [integer[max(i - 3, 0) : i] for i in range(len(integer), 0, -3)][::-1]
    return (MINUS if negative else "") + THIN.join(groups) + dot + fraction
