"""A payload on its way, and the log of those that have been on theirs."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from twin.units import IntArray


class Direction(IntEnum):
    """Which way a payload travels."""

    UPLINK = 0
    """From meter to head-end."""
    DOWNLINK = 1
    """From operator to meter."""

    @property
    def label(self) -> str:
        return self.name.lower()


class Outcome(IntEnum):
    """What has become of a payload."""

    DELIVERED = 0
    LOST = 1
    """The sender gave up and nothing had arrived."""
    IN_FLIGHT = 2
    """Nothing has arrived yet, and the sender still tries."""

    @property
    def label(self) -> str:
        return self.name.lower()


class Delivery(NamedTuple):
    """A payload that arrived, perhaps not for the first time."""

    received_at_ms: int
    direction: Direction
    meter: int
    sequence: int
    attempt: int
    """Which attempt brought it, from 1."""
    payload: bytes


@dataclass(slots=True)
class Transfer:
    """A payload from the moment it is handed over until it is acknowledged or given up."""

    direction: Direction
    meter: int
    sequence: int
    payload: bytes
    sent_at_ms: int
    airtime_us: int = 0
    """Of all attempts so far."""
    attempts: int = 0
    received_at_ms: list[int] = field(default_factory=list)
    """Of each copy that will arrive, in order of attempts."""
    ended: bool = False

    def row(self, now_ms: int) -> tuple[int, ...]:
        """What is known of it at `now_ms`, in the order of FrameLog's columns."""
        copies = [at for at in self.received_at_ms if at <= now_ms]
        if copies:
            outcome = Outcome.DELIVERED
        elif self.ended and not self.received_at_ms:
            outcome = Outcome.LOST
        else:
            outcome = Outcome.IN_FLIGHT
        return (
            self.direction,
            self.meter,
            self.sequence,
            self.sent_at_ms,
            min(copies) if copies else -1,
            self.attempts,
            max(len(copies) - 1, 0),
            self.airtime_us,
            len(self.payload),
            outcome,
        )


@dataclass(frozen=True)
class FrameLog:
    """Every payload handed to the links, in columns (k,).

    Rows are in order of sent_at, direction, meter and sequence.
    """

    direction: IntArray
    """Code of `Direction`."""
    meter: IntArray
    sequence: IntArray
    sent_at_ms: IntArray
    """When it was handed over, not when the first attempt began [ms]."""
    received_at_ms: IntArray
    """When the first copy arrived [ms]; −1 where none has."""
    attempts: IntArray
    duplicates: IntArray
    """Copies that arrived after the first."""
    airtime_us: IntArray
    """Time on the medium of all attempts, without acknowledgements [µs]."""
    bytes: IntArray
    """Length of the payload [B]."""
    outcome: IntArray
    """Code of `Outcome`."""

    @staticmethod
    def of(finished: array[int], unfinished: Iterable[tuple[int, ...]]) -> FrameLog:
        """The log from rows one after the other and further rows."""
        width = len(FrameLog.__dataclass_fields__)
        flat = array("q", finished)
        for row in unfinished:
            flat.extend(row)
        table = np.array(flat, np.int64).reshape(-1, width)
        order = np.lexsort((table[:, 2], table[:, 1], table[:, 0], table[:, 3]))
        return FrameLog(*np.ascontiguousarray(table[order].T))
