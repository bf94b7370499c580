"""One direction of one meter's link: what happens to a single attempt."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from emulators.links.gilbert_elliott import GilbertElliott
from emulators.links.profile import LinkProfile

DRAWS_PER_ATTEMPT: Final = 4
ATTEMPTS_PER_BLOCK: Final = 16
"""Drawn at once, which gives the same numbers as drawing them one by one and is faster."""


class Attempt(NamedTuple):
    """The fate of one transmission and of the acknowledgement to it."""

    airtime_us: int
    """Time on the medium, without the acknowledgement [µs]."""
    airtime_ms: int
    """The same [ms], rounded up."""
    silence_ms: int
    """How long the sender then has to keep silent [ms]."""
    delay_ms: int | None
    """From the first bit sent to the arrival of the payload [ms]; None where it is lost."""
    round_trip_ms: int | None
    """From the first bit sent to the acknowledgement [ms]; None where the sender hears nothing."""


class Channel:
    """Draws the fate of attempts, each with the same number of draws.

    Payload and acknowledgement travel in opposite directions and have a chain each, whose step is
    the profile's `retry_s`: attempts at that spacing see bursts, and what lies a quarter of an hour
    apart sees the mean. The stream belongs to this channel alone, so that no fate here shifts the
    noise of another meter.
    """

    def __init__(self, profile: LinkProfile, generator: np.random.Generator) -> None:
        self._profile = profile
        self._generator = generator
        self._forward = GilbertElliott(profile.loss, profile.mean_burst_frames)
        self._backward = GilbertElliott(profile.loss, profile.mean_burst_frames)
        self._latencies = profile.latency_max_ms - profile.latency_min_ms + 1
        self._ack_ms = profile.ack_delay_ms + whole_ms(profile.airtime_us(profile.ack_bytes))
        self._step_ms = profile.retry_s * 1000
        self._last_ms = 0
        self._medium: dict[int, tuple[int, int, int]] = {}
        self._drawn: list[float] = []

    def attempt(self, payload_bytes: int, now_ms: int) -> Attempt:
        """Send a frame with this payload once, at a time that never goes back."""
        if not self._drawn:
            self._drawn = self._generator.random(ATTEMPTS_PER_BLOCK * DRAWS_PER_ATTEMPT).tolist()
            self._drawn.reverse()
        draw = self._drawn.pop
        steps = max(1, round((now_ms - self._last_ms) / self._step_ms))
        self._last_ms = now_ms
        lost = self._forward.lost(draw(), steps)
        unheard = self._backward.lost(draw(), steps)
        there_ms, back_ms = self._latency_ms(draw()), self._latency_ms(draw())
        medium = self._medium.get(payload_bytes) or self._occupy(payload_bytes)
        if lost:
            return Attempt(*medium, None, None)
        delay_ms = medium[1] + there_ms
        if unheard:
            return Attempt(*medium, delay_ms, None)
        return Attempt(*medium, delay_ms, delay_ms + self._ack_ms + back_ms)

    def _occupy(self, payload_bytes: int) -> tuple[int, int, int]:
        """Airtime [µs], [ms] and silence [ms] of a payload, computed once."""
        airtime_us = self._profile.airtime_us(payload_bytes)
        medium = airtime_us, whole_ms(airtime_us), self._profile.silence_ms(airtime_us)
        self._medium[payload_bytes] = medium
        return medium

    def _latency_ms(self, uniform: float) -> int:
        return self._profile.latency_min_ms + int(uniform * self._latencies)


def whole_ms(duration_us: int) -> int:
    """Milliseconds that a duration takes [ms], rounded up."""
    return -(-duration_us // 1000)
