"""Which readings a settlement may use, and what stands for those that never came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.clock import Clock
from cosim.neighbourhood import Neighbourhood
from cosim.slot_book import SlotBook
from twin.scenario import Scenario
from twin.settlement import positions
from twin.state import Quality, TwinState
from twin.substitution import adverse_wh, reconcile
from twin.units import BoolArray, IntArray


@dataclass(frozen=True)
class SlotReadings:
    """Positions of a slot's participants as they count now, (n,)."""

    net_wh: IntArray
    """0 where missing."""
    quality: NDArray[np.int8]
    """Codes of `Quality`: MEASURED, SUBSTITUTED or MISSING."""

    @property
    def known(self) -> BoolArray:
        known: BoolArray = self.quality != Quality.MISSING
        return known


def readings_at(
    state: TwinState, book: SlotBook, t: int, participants: int, adverse: bool
) -> SlotReadings:
    """What contracts may be settled on at `t` [s]: measured values that arrived, and substitutes
    once they are fixed.

    With `adverse`, a substitute is what is worst for its owner as a party to contracts; what it
    drew or fed in beside them is still billed on the estimate, so that silence never pays.
    """
    slot = book.slot
    net_wh, known = state.net_known_by(slot, t * 1000)
    fixed_wh, quality = state.estimate(slot, t * 1000)
    fixed = quality == Quality.SUBSTITUTED
    net_wh = np.where(fixed, fixed_wh, np.where(known, net_wh, 0))
    if adverse and fixed[:participants].any():
        owed = positions(book.standing, net_wh[:participants])
        worst_wh = adverse_wh(net_wh[:participants], owed.purchases_wh, owed.sales_wh)
        net_wh[:participants] = np.where(fixed[:participants], worst_wh, net_wh[:participants])
    code = np.where(fixed, Quality.SUBSTITUTED, np.where(known, Quality.MEASURED, Quality.MISSING))
    return SlotReadings(net_wh[:participants], code[:participants].astype(np.int8))


def ready_to_settle(
    book: SlotBook, readings: SlotReadings, t: int, clock: Clock, scenario: Scenario
) -> BoolArray:
    """Agreements (k,) that a settlement at `t` may take in (MODEL, "Missing readings").

    A slot is settled once: when all its readings are in, or `reading_wait` after its end; what was
    held back then waits for its own readings.
    """
    terms = book.agreements
    open_now = book.committed & ~book.settled
    ready = open_now & readings.known[terms.seller] & readings.known[terms.buyer]
    waited = t >= clock.end_s(book.slot) + scenario.reading_wait_s
    if not waited and not ready[open_now].all():
        return np.zeros(len(terms), bool)
    return ready


def close_correction_window(
    slot: int,
    t: int,
    state: TwinState,
    neighbourhood: Neighbourhood,
) -> None:
    """Fix a substitute for every reading of `slot` that has not come by `t` [s]."""
    _, known = state.net_known_by(slot, t * 1000)
    if known.all():
        return
    n = neighbourhood.participants
    estimate_wh, _ = state.estimate(slot, t * 1000)
    estimate_wh[:n] = reconcile(
        estimate_wh[:n], ~known[:n], neighbourhood.fleet.building, estimate_wh[n:], known[n:]
    )
    state.substitute(slot, ~known, estimate_wh)
