"""The operator's end of the meters' links: which frames count, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from emulators.meters.frame import COUNTER_MODULUS, CounterFrame, decode_frame, meter_keys
from twin.errors import ForgedFrameError, ReplayedFrameError, StaleFrameError

WINDOW: Final = 1024
"""How far behind the newest frame of its meter a frame may be [intervals]: at five minutes three
and a half days, longer than a correction window of one day."""


class Reading(NamedTuple):
    """A frame that counts, with its counters followed through their roll-overs."""

    meter: int
    sequence: int
    measured_at_s: int
    received_at_ms: int
    import_wh: int
    """Cumulative import [Wh], no longer modulo 2³²."""
    export_wh: int


@dataclass
class FrameCounts:
    """How many frames had which fate."""

    accepted: int = 0
    forged: int = 0
    replayed: int = 0
    stale: int = 0


@dataclass
class _Known:
    """What the head-end remembers of a meter."""

    newest: int
    seen: int
    """Bit k stands for sequence newest − k."""
    import_wh: int
    export_wh: int


class HeadEnd:
    """Accepts each authentic frame once, in any order within a window.

    Links may reorder, so an older frame may follow a newer one; a copy of an accepted frame, from a
    lost acknowledgement or from an attacker, is refused and counted, and so is one too old to tell.
    The scheme is the sliding window of IPsec (RFC 4303, section 3.4.3).
    """

    def __init__(self, seed: int, meters: int, window: int = WINDOW) -> None:
        self.counts = FrameCounts()
        self._keys = meter_keys(seed, meters)
        self._window = window
        self._mask = (1 << window) - 1
        self._known: list[_Known | None] = [None] * meters

    def accept(self, payload: bytes, received_at_ms: int) -> Reading:
        """The reading in a frame that counts.

        Raises ForgedFrameError, ReplayedFrameError or StaleFrameError for one that does not.
        """
        try:
            frame = decode_frame(payload, self._keys)
        except ForgedFrameError:
            self.counts.forged += 1
            raise
        known = self._known[frame.meter]
        if known is None:
            known = _Known(frame.sequence, 1, frame.import_wh, frame.export_wh)
            self._known[frame.meter] = known
            counters = frame.import_wh, frame.export_wh
        elif frame.sequence > known.newest:
            counters = self._advance(known, frame)
        else:
            counters = self._look_back(known, frame)
        self.counts.accepted += 1
        return Reading(frame.meter, frame.sequence, frame.measured_at_s, received_at_ms, *counters)

    def _advance(self, known: _Known, frame: CounterFrame) -> tuple[int, int]:
        """Counters only grow: newer ones are what the registers have gained since."""
        ahead = frame.sequence - known.newest
        # Past the window nothing is remembered, and the shift would be as long as the gap.
        known.seen = (known.seen << ahead | 1) & self._mask if ahead < self._window else 1
        known.newest = frame.sequence
        known.import_wh += (frame.import_wh - known.import_wh) % COUNTER_MODULUS
        known.export_wh += (frame.export_wh - known.export_wh) % COUNTER_MODULUS
        return known.import_wh, known.export_wh

    def _look_back(self, known: _Known, frame: CounterFrame) -> tuple[int, int]:
        """A late frame's counters are what the registers had not yet gained."""
        behind = known.newest - frame.sequence
        if behind >= self._window:
            self.counts.stale += 1
            raise StaleFrameError(
                f"frame {frame.sequence} of meter {frame.meter} is {behind} behind the newest; "
                f"up to {self._window - 1} are accepted"
            )
        if known.seen >> behind & 1:
            self.counts.replayed += 1
            raise ReplayedFrameError(
                f"frame {frame.sequence} of meter {frame.meter} has been accepted before"
            )
        known.seen |= 1 << behind
        return (
            known.import_wh - (known.import_wh - frame.import_wh) % COUNTER_MODULUS,
            known.export_wh - (known.export_wh - frame.export_wh) % COUNTER_MODULUS,
        )
