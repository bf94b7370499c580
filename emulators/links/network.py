"""The links of a whole neighbourhood as SimPy processes."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from math import nextafter
from typing import Final, cast

import simpy

from emulators.links.channel import Channel
from emulators.links.profile import LinkProfile
from emulators.links.transfer import Delivery, Direction, FrameLog, Transfer
from twin.errors import LinkError
from twin.streams import Component, stream

COMPONENT: Final = {
    Direction.UPLINK: Component.UPLINK,
    Direction.DOWNLINK: Component.DOWNLINK,
}
NEVER_MS: Final = 2**62


@dataclass(slots=True)
class _Line:
    """One direction of one meter's link and what waits before it."""

    channel: Channel
    waiting: deque[Transfer] = field(default_factory=deque)
    busy: bool = False
    silent_until_ms: int = -NEVER_MS
    """End of the silence that the duty cycle asks for."""


class LinkNetwork:
    """Carries payloads between meters and operator; all times are those of the SimPy environment.

    Each direction of each meter is a line of its own that stores and forwards: payloads leave in
    the order in which they were handed over, the next one when the one before it is acknowledged or
    given up. A payload whose acknowledgement is lost arrives again, and where latencies differ,
    such a copy may arrive after a later payload.

    The environment counts seconds; within it every instant is a whole millisecond.
    """

    def __init__(
        self, env: simpy.Environment, profile: LinkProfile, meters: int, seed: int
    ) -> None:
        self._env = env
        self._profile = profile
        self._meters = meters
        self._seed = seed
        self._lines: dict[tuple[Direction, int], _Line] = {}
        self._arrived: list[Delivery] = []
        self._finished = array("q")
        self._unfinished: dict[int, Transfer] = {}

    def send(self, direction: Direction, meter: int, payload: bytes, sequence: int) -> None:
        """Hand over a payload now. Raises LinkError where a frame cannot hold it."""
        if not 0 <= meter < self._meters:
            raise LinkError(f"there is no meter {meter}; the links have 0 to {self._meters - 1}")
        if len(payload) > self._profile.max_payload_bytes:
            raise LinkError(
                f"a payload of {len(payload)} bytes for meter {meter} does not fit a frame of this "
                f"technology, which holds {self._profile.max_payload_bytes}"
            )
        line = self._lines.get((direction, meter))
        if line is None:
            generator = stream(self._seed, COMPONENT[direction], meter)
            line = _Line(Channel(self._profile, generator))
            self._lines[direction, meter] = line
        now_ms = self._now_ms
        transfer = Transfer(direction, meter, sequence, payload, now_ms)
        self._unfinished[id(transfer)] = transfer
        line.waiting.append(transfer)
        if not line.busy:
            line.busy = True
            self._env.process(self._forward(line, now_ms))

    def deliveries(self) -> list[Delivery]:
        """What has arrived since the last call, up to and including now.

        In order of time; at one instant uplink before downlink, then by meter and sequence.
        """
        # `env.run(until=t)` stops before what happens at t.
        while self._env.peek() <= self._env.now:
            self._env.step()
        arrived, self._arrived = self._arrived, []
        arrived.sort(key=_chronological)
        return arrived

    def frame_log(self) -> FrameLog:
        """Every payload handed over so far and what is known of it now."""
        now_ms = self._now_ms
        return FrameLog.of(self._finished, (t.row(now_ms) for t in self._unfinished.values()))

    @property
    def _now_ms(self) -> int:
        return round(self._env.now * 1000)

    def _until(self, time_ms: int, value: object = None) -> simpy.Timeout:
        """An event at a whole millisecond; rounded in floating-point seconds, but never later."""
        now, then = self._env.now, time_ms / 1000
        delay = max(0.0, then - now)
        while delay and now + delay > then:
            delay = nextafter(delay, 0.0)
        return self._env.timeout(delay, value)

    def _forward(self, line: _Line, now_ms: int) -> Generator[simpy.Event, None, None]:
        """The process of a busy line; it ends when nothing waits."""
        while line.waiting:
            transfer = line.waiting.popleft()
            now_ms = yield from self._carry(line, transfer, now_ms)
            transfer.ended = True
            # A copy may still be on its way: it counts, and is logged, when it has arrived.
            last_ms = max(transfer.received_at_ms, default=now_ms)
            if last_ms > now_ms:
                self._until(last_ms).callbacks.append(partial(self._finish, transfer, last_ms))
            else:
                self._finish(transfer, now_ms)
        line.busy = False

    def _carry(
        self, line: _Line, transfer: Transfer, now_ms: int
    ) -> Generator[simpy.Event, None, int]:
        """Attempts until one is acknowledged or all are used up; returns when that is [ms]."""
        profile = self._profile
        patience_ms = profile.retry_s * 1000.0
        acknowledged_ms = NEVER_MS
        for _ in range(profile.attempts):
            if now_ms < line.silent_until_ms:
                # The acknowledgement of an earlier attempt may come in the silence.
                now_ms = min(line.silent_until_ms, acknowledged_ms)
                yield self._until(now_ms)
                if now_ms == acknowledged_ms:
                    break
            attempt = line.channel.attempt(len(transfer.payload), now_ms)
            end_ms = now_ms + attempt.airtime_ms
            line.silent_until_ms = end_ms + attempt.silence_ms
            transfer.attempts += 1
            transfer.airtime_us += attempt.airtime_us
            if attempt.delay_ms is not None:
                self._deliver(transfer, now_ms + attempt.delay_ms)
            if attempt.round_trip_ms is not None:
                acknowledged_ms = min(now_ms + attempt.round_trip_ms, acknowledged_ms)
            now_ms = min(end_ms + round(patience_ms), acknowledged_ms)
            yield self._until(now_ms)
            if now_ms == acknowledged_ms:
                break
            patience_ms *= profile.backoff
        return now_ms

    def _deliver(self, transfer: Transfer, received_at_ms: int) -> None:
        """Let a copy arrive then."""
        transfer.received_at_ms.append(received_at_ms)
        copy = Delivery(
            received_at_ms,
            transfer.direction,
            transfer.meter,
            transfer.sequence,
            transfer.attempts,
            transfer.payload,
        )
        self._until(received_at_ms, copy).callbacks.append(self._arrive)

    def _arrive(self, event: simpy.Event) -> None:
        self._arrived.append(cast(Delivery, event.value))

    def _finish(self, transfer: Transfer, now_ms: int, _: simpy.Event | None = None) -> None:
        del self._unfinished[id(transfer)]
        self._finished.extend(transfer.row(now_ms))


def _chronological(delivery: Delivery) -> tuple[int, Direction, int, int, int]:
    return delivery[:5]
