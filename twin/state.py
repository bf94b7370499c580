"""The twin's state: what is known of the neighbourhood, from the meter frames that arrived and
nothing else.

A frame carries a meter's cumulative counters at a slot boundary; boundary b is the instant b·Δ, at
which slot b begins. A meter's position in slot s is known once the counters at both its ends are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.status_quo import Registers
from twin.substitution import share_of_gap
from twin.units import BoolArray, IntArray

NEVER_MS: Final = int(np.iinfo(np.int64).max)
"""`received_at_ms` of what has not arrived."""


class Quality(IntEnum):
    """How a position is known."""

    MISSING = 0
    MEASURED = 1
    ESTIMATED = 2
    """Not (yet) known; the twin's guess stands for it, no money moves on it."""
    SUBSTITUTED = 3
    """Not known when the correction window closed; a substitute was settled on."""


@dataclass(frozen=True)
class History:
    """Positions of consecutive slots as known at one instant; row 0 is slot `first_slot`."""

    first_slot: int
    net_wh: IntArray
    """(rows, n), import − export; read-only, and meaningless where not known."""
    known: BoolArray
    """(rows, n)."""


class TwinState:
    """Counters of `participants` meters at the boundaries of `slots` slots from `first_slot` on
    (which is negative where there is a warm-up), each slot `slot_s` seconds long."""

    def __init__(self, participants: int, slots: int, slot_s: int, first_slot: int = 0) -> None:
        self.first_slot = first_slot
        self.slot_s = slot_s
        at_boundaries, in_slots = (slots + 1, participants), (slots, participants)
        self._import_wh: IntArray = np.zeros(at_boundaries, np.int64)
        self._export_wh: IntArray = np.zeros(at_boundaries, np.int64)
        self._received_at_ms: IntArray = np.full(at_boundaries, NEVER_MS, np.int64)
        self._net_wh: IntArray = np.zeros(in_slots, np.int64)
        self._known_at_ms: IntArray = np.full(in_slots, NEVER_MS, np.int64)
        self._forecast_wh: IntArray = np.zeros(in_slots, np.int64)
        self._substitute_wh: IntArray = np.zeros(in_slots, np.int64)
        self._substituted: BoolArray = np.zeros(in_slots, np.bool_)

    def record(
        self,
        boundary: IntArray,
        meter: IntArray,
        import_wh: IntArray,
        export_wh: IntArray,
        received_at_ms: IntArray,
    ) -> None:
        """Take in frames, arrays of shape (k,), in any order; of copies the first to arrive
        counts."""
        row = boundary - self.first_slot
        new = self._received_at_ms[row, meter] == NEVER_MS
        row, meter = row[new], meter[new]
        self._import_wh[row, meter] = import_wh[new]
        self._export_wh[row, meter] = export_wh[new]
        np.minimum.at(self._received_at_ms, (row, meter), received_at_ms[new])
        self._update_net(np.r_[row - 1, row], np.r_[meter, meter])

    def record_registers(self, registers: Registers) -> None:
        """Take in the warm-up: registers at the first boundaries, received the moment they were
        read."""
        rows = len(registers.import_wh)
        at_ms = (np.arange(rows) + self.first_slot) * self.slot_s * 1000
        self._import_wh[:rows] = registers.import_wh
        self._export_wh[:rows] = registers.export_wh
        self._received_at_ms[:rows] = at_ms[:, None]
        self._net_wh[: rows - 1] = registers.net_wh
        self._known_at_ms[: rows - 1] = at_ms[1:, None]

    def expect(self, slot: int, forecast_wh: IntArray) -> None:
        """Keep the forecast (n,) of `slot`, which estimates and substitutes are shaped after."""
        self._forecast_wh[slot - self.first_slot] = forecast_wh

    def net_known_by(self, slot: int, as_of_ms: int) -> tuple[IntArray, BoolArray]:
        """Position of `slot` (n,) [Wh] and whether it is known from frames received by
        `as_of_ms`."""
        row = slot - self.first_slot
        return self._net_wh[row].copy(), self._known_at_ms[row] <= as_of_ms

    def arrived_at_ms(self, slot: int) -> IntArray:
        """When the counters at the end of `slot` arrived (n,) [ms]; or `NEVER_MS`."""
        at_ms: IntArray = self._received_at_ms[slot - self.first_slot + 1].copy()
        return at_ms

    def history(self, as_of_ms: int, before_slot: int, slots: int) -> History:
        """The up to `slots` slots before `before_slot`, as known by `as_of_ms`."""
        end = before_slot - self.first_slot
        start = max(end - slots, 0)
        net_wh = self._net_wh[start:end].view()
        net_wh.flags.writeable = False
        known = self._known_at_ms[start:end] <= as_of_ms
        return History(start + self.first_slot, net_wh, known)

    def estimate(self, slot: int, as_of_ms: int) -> tuple[IntArray, NDArray[np.int8]]:
        """The twin's view of `slot` at `as_of_ms`: position (n,) [Wh] and its `Quality`.

        Measured where known; else the slot's share of the total between the counters around it;
        else the forecast. Substituted ones stay what they were settled on.
        """
        net_wh, known = self.net_known_by(slot, as_of_ms)
        quality = np.full(len(net_wh), Quality.MEASURED, np.int8)
        missing = np.flatnonzero(~known)
        if len(missing):
            net_wh[missing] = self._share_of_gap(slot - self.first_slot, missing, as_of_ms)
            quality[missing] = Quality.ESTIMATED
        settled = self._substituted[slot - self.first_slot]
        net_wh[settled] = self._substitute_wh[slot - self.first_slot, settled]
        quality[settled] = Quality.SUBSTITUTED
        return net_wh, quality

    def substitute(self, slot: int, missing: BoolArray, net_wh: IntArray) -> None:
        """Fix what stands for the `missing` positions of `slot` when its correction window closes.

        Parameters (n,): `net_wh` the substitutes (`twin.substitution`), read where missing. They
        are final: later slots of the same gap share what these left of the total, so that over a
        gap every Wh is accounted for; a frame that comes after all is not settled on.
        """
        row = slot - self.first_slot
        self._substituted[row] |= missing
        self._substitute_wh[row, missing] = net_wh[missing]

    def age_s(self, as_of_ms: int) -> IntArray:
        """Age of information per meter at `as_of_ms`: time since its newest arrived counters were
        read (n,) [s]; of a meter never heard of, since the first boundary."""
        meters = np.arange(self._net_wh.shape[1])
        newest, _ = self._nearest(range(self._row_at(as_of_ms), -1, -1), meters, as_of_ms)
        return as_of_ms // 1000 - (newest + self.first_slot) * self.slot_s

    def _row_at(self, as_of_ms: int) -> int:
        """Row of the newest boundary at or before `as_of_ms`."""
        row = as_of_ms // (self.slot_s * 1000) - self.first_slot
        return min(int(row), len(self._received_at_ms) - 1)

    def _nearest(
        self, rows: range, meter: IntArray, as_of_ms: int
    ) -> tuple[NDArray[np.int64], BoolArray]:
        """For each of `meter` the first of `rows` whose counters have arrived, and whether there is
        one.

        A loop over rows: the first few suffice unless a meter has been silent for long.
        """
        nearest, waiting = np.zeros(len(meter), np.int64), np.arange(len(meter))
        for row in rows:
            arrived = self._received_at_ms[row, meter[waiting]] <= as_of_ms
            nearest[waiting[arrived]] = row
            waiting = waiting[~arrived]
            if not len(waiting):
                break
        found = np.ones(len(meter), np.bool_)
        found[waiting] = False
        return nearest, found

    def _update_net(self, row: IntArray, meter: IntArray) -> None:
        """Recompute the positions of slots (row, meter), of which a counter has come in."""
        inside = (row >= 0) & (row < len(self._net_wh))
        row, meter = row[inside], meter[inside]
        both = np.maximum(self._received_at_ms[row, meter], self._received_at_ms[row + 1, meter])
        imported = self._import_wh[row + 1, meter] - self._import_wh[row, meter]
        exported = self._export_wh[row + 1, meter] - self._export_wh[row, meter]
        complete = both < NEVER_MS
        self._known_at_ms[row, meter] = both
        self._net_wh[row, meter] = np.where(complete, imported - exported, 0)

    def _share_of_gap(self, row: int, meter: IntArray, as_of_ms: int) -> IntArray:
        """Share of slot `row` in the gap between arrived counters in which it lies, per `meter`."""
        start, before = self._nearest(range(row, -1, -1), meter, as_of_ms)
        end, after = self._nearest(range(row + 1, self._row_at(as_of_ms) + 1), meter, as_of_ms)
        bounded = before & after
        start, end = np.where(bounded, start, row), np.where(bounded, end, row + 1)
        lo, hi = int(start.min()), int(end.max())
        rows = np.arange(lo, hi)[:, None]
        inside = (rows >= start) & (rows < end)
        settled = inside & self._substituted[lo:hi, meter]
        settled[row - lo] = False
        forecast_wh = self._forecast_wh[lo:hi, meter]
        counted = (self._import_wh[end, meter] - self._import_wh[start, meter]) - (
            self._export_wh[end, meter] - self._export_wh[start, meter]
        )
        spent = np.where(settled, self._substitute_wh[lo:hi, meter], 0).sum(axis=0)
        # With no counter after it there is no total: the forecast alone stands for the slot.
        total_wh = np.where(bounded, counted - spent, forecast_wh[row - lo])
        return share_of_gap(total_wh, row - lo, forecast_wh, inside & ~settled)
