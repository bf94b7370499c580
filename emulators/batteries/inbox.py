"""What the batteries' controllers have been told, and by when."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from emulators.batteries.set_point import SetPoint, battery_keys, decode_set_point
from twin.errors import ForgedFrameError
from twin.units import BoolArray, IntArray


class SetPointInbox:
    """Keeps the authentic set-points of a fleet's batteries until their slot has passed.

    A copy changes nothing, and an old set-point sent again never displaces a later issued one.
    """

    def __init__(self, seed: int, batteries: int) -> None:
        self.accepted = 0
        self.forged = 0
        self._keys = battery_keys(seed, batteries)
        self._of_slot: defaultdict[int, list[tuple[int, int, int, int]]] = defaultdict(list)
        """Per slot (issued_at_s, received_at_ms, battery, target_net_wh)."""

    def accept(self, payload: bytes, received_at_ms: int) -> SetPoint:
        """Keep a set-point; raises ForgedFrameError where it is not authentic."""
        try:
            told = decode_set_point(payload, self._keys)
        except ForgedFrameError:
            self.forged += 1
            raise
        self.accepted += 1
        self._of_slot[told.slot].append(
            (told.issued_at_s, received_at_ms, told.battery, told.target_net_wh)
        )
        return told

    def targets(self, slot: int, received_by_ms: int) -> tuple[IntArray, BoolArray]:
        """A slot's target nets (n,) [Wh], and for which batteries (n,) there is one; 0 elsewhere.

        Only what had arrived at `received_by_ms`, the start of the slot, counts.
        """
        target_net_wh = np.zeros(len(self._keys), np.int64)
        told = np.zeros(len(self._keys), np.bool_)
        # In order of issue, so that the latest is the one that stays.
        for _, received_at_ms, battery, target in sorted(self._of_slot.get(slot, ())):
            if received_at_ms <= received_by_ms:
                target_net_wh[battery] = target
                told[battery] = True
        return target_net_wh, told

    def discard_before(self, slot: int) -> None:
        """Forget the set-points of earlier slots."""
        for past in [known for known in self._of_slot if known < slot]:
            del self._of_slot[past]
