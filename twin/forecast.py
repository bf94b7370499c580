"""Forecasts of each participant's position in a slot, from what arrived and nothing else.

One class per method behind one interface, vectorised over participants; all energies are whole Wh.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.state import History
from twin.units import SECONDS_PER_DAY, BoolArray, IntArray

Value = TypeVar("Value", bound=np.generic)

DAYS_PER_WEEK: Final = 7
LOOKBACK_DAYS: Final = 8
"""A week for the weekly pattern, and a day for the newest reading to be late [d]."""
ERROR_HALVING_S: Final = 7200
"""Age at which the newest error of a seasonal forecast counts half [s]. Assumption: two hours; on
days of February, June and October of the SimBench households one to four hours do about as well."""


class Forecast(ABC):
    """A method; `forecast_wh` never raises for want of data: it falls back, in the end to zero."""

    @abstractmethod
    def forecast_wh(self, history: History, slot: int) -> IntArray:
        """Position of `slot`, import − export, expected for each participant (n,) [Wh].

        `history` holds consecutive slots before `slot` and which of them are known.
        """


class Persistence(Forecast):
    """The newest reading that arrived."""

    def forecast_wh(self, history: History, slot: int) -> IntArray:
        row, found = newest_known(history.known)
        return np.where(found, value_at(history.net_wh, row), 0)


@dataclass(frozen=True)
class Seasonal(Forecast):
    """The same slot of yesterday and last week, corrected by the newest known error.

    The pattern is the mean of the two, whichever of them arrived, else the newest reading, else
    zero. The correction is the error that the same pattern made at the newest known slot, of age a,
    times H/(H + a) with H = `ERROR_HALVING_S`: a sunny morning makes a sunny hour, not a sunny day.
    """

    slot_s: int

    def forecast_wh(self, history: History, slot: int) -> IntArray:
        target = slot - history.first_slot
        row, found = newest_known(history.known)
        newest = np.where(found, value_at(history.net_wh, row), 0)
        pattern, seen = self._pattern(history, np.full(len(row), target))
        pattern_then, seen_then = self._pattern(history, row)
        age_s = (target - row) * self.slot_s
        correction = (newest - pattern_then) * ERROR_HALVING_S // (ERROR_HALVING_S + age_s)
        correction[~(found & seen_then)] = 0
        return np.where(seen, pattern + correction, newest)

    def _pattern(self, history: History, row: NDArray[np.int64]) -> tuple[IntArray, BoolArray]:
        """Mean of the same slot a day and a week before `row` (n,), and whether either is known."""
        per_day = SECONDS_PER_DAY // self.slot_s
        total, count = np.zeros(len(row), np.int64), np.zeros(len(row), np.int64)
        for back in (per_day, DAYS_PER_WEEK * per_day):
            before = row - back
            inside = (before >= 0) & (before < len(history.known))
            before = np.where(inside, before, 0)
            known = inside & value_at(history.known, before)
            total += np.where(known, value_at(history.net_wh, before), 0)
            count += known
        return total // np.maximum(count, 1), count > 0


@dataclass(frozen=True)
class Perfect(Forecast):
    """A bound and no forecast: what the meters will show if all goes as in the status quo."""

    net_wh: IntArray
    """(slots, n), differences of the status quo's registers (`Registers.net_wh`)."""
    first_slot: int

    def forecast_wh(self, history: History, slot: int) -> IntArray:
        expected: IntArray = self.net_wh[slot - self.first_slot].copy()
        return expected


def forecast_method(
    kind: Literal["seasonal", "persistence", "perfect"],
    slot_s: int,
    status_quo_net_wh: IntArray,
    first_slot: int,
) -> Forecast:
    """The method a scenario names; `status_quo_net_wh` (slots, n) from `first_slot` on serves the
    perfect one only."""
    match kind:
        case "seasonal":
            return Seasonal(slot_s)
        case "persistence":
            return Persistence()
        case "perfect":
            return Perfect(status_quo_net_wh, first_slot)


def plausible_wh(forecast_wh: IntArray, generates: BoolArray) -> IntArray:
    """The forecast without what cannot be, (n,) [Wh]: who has neither generation nor battery never
    feeds in, though a pattern corrected by its newest error may say so."""
    return np.where(generates, forecast_wh, np.maximum(forecast_wh, 0))


def newest_known(known: BoolArray) -> tuple[NDArray[np.int64], BoolArray]:
    """Row of the newest known value per column of `known` (rows, n), and whether there is any.

    From the end backwards, a loop over rows: the first few suffice unless links are very poor.
    """
    rows, n = known.shape
    newest, found = np.zeros(n, np.int64), np.zeros(n, np.bool_)
    for row in range(rows - 1, -1, -1):
        newest[known[row] & ~found] = row
        found |= known[row]
        if found.all():
            break
    return newest, found


def value_at(values: NDArray[Value], row: NDArray[np.int64]) -> NDArray[Value]:
    """`values[row[i], i]` for each column i; zeros where there are no rows."""
    if not len(values):
        return np.zeros(len(row), values.dtype)
    picked: NDArray[Value] = values[row, np.arange(len(row))]
    return picked
