"""What an indicator is: a value with its unit, where it comes from, and what it means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Value = int | float | None
"""None where an indicator is not defined, e.g. the self-consumption of a place that generates
nothing."""


class Provenance(StrEnum):
    """How much to trust a value."""

    EXECUTED = "executed"
    """Counted where it really ran: gas on the EVM, contracts settled, frames checked."""
    SIMULATED = "simulated"
    """From a model: power flow, links, consensus timing, energies of the profiles."""
    ASSUMED = "assumed"
    """Rests on a price that the scenario assumes."""


@dataclass(frozen=True)
class Indicator:
    """One figure of a run; its name ends in its unit unless it is a plain share or count."""

    value: Value
    unit: str
    provenance: Provenance
    meaning: str


Indicators = dict[str, Indicator]

SHARE: Final = "1"
COUNT: Final = "count"


def share(part: int | float, whole: int | float) -> float | None:
    """`part`/`whole`, none where there is no whole."""
    return float(part) / float(whole) if whole else None


def percentile(values: NDArray[Any], percent: float) -> Value:
    """The smallest observed value that at least `percent` % do not exceed; none without values.

    An observed value and not an interpolated one, so that integers stay integers.
    """
    if not len(values):
        return None
    picked = np.percentile(values, percent, method="inverted_cdf").item()
    return int(picked) if np.issubdtype(values.dtype, np.integer) else float(picked)


def mean(values: NDArray[Any]) -> float | None:
    """Arithmetic mean, none without values."""
    return float(values.mean()) if values.size else None


def merge(parts: Iterable[Indicators]) -> Indicators:
    """All indicators in one; a name may occur once only."""
    merged: Indicators = {}
    for part in parts:
        twice = merged.keys() & part.keys()
        if twice:
            raise ValueError(f"indicator {min(twice)} is defined twice")
        merged |= part
    return merged
