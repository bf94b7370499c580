"""What a channel does to single attempts."""

import numpy as np
import pytest

from emulators.links.channel import DRAWS_PER_ATTEMPT, Attempt, Channel
from emulators.links.profile import link_profile
from twin.scenario.field import Links
from twin.streams import Component, stream

GPRS = link_profile(Links(technology="gprs"))


def attempts(channel: Channel, spacing_ms: int, count: int = 20_000) -> list[Attempt]:
    return [channel.attempt(29, k * spacing_ms) for k in range(count)]


@pytest.mark.parametrize("spacing_ms", [15_000, 900_000], ids=["retry", "slot"])
def test_loss_is_the_profiles_at_any_spacing(spacing_ms: int) -> None:
    made = attempts(Channel(GPRS, stream(1, Component.UPLINK, 0)), spacing_ms)
    lost = np.mean([attempt.delay_ms is None for attempt in made])
    assert lost == pytest.approx(GPRS.loss, abs=0.015)


def test_delay_is_airtime_and_latency() -> None:
    made = attempts(Channel(GPRS, stream(1, Component.UPLINK, 0)), 900_000)
    delays_ms = [attempt.delay_ms - 35 for attempt in made if attempt.delay_ms is not None]
    assert made[0].airtime_us == 34_030
    assert (min(delays_ms), max(delays_ms)) == (GPRS.latency_min_ms, GPRS.latency_max_ms)


def test_a_round_trip_of_gprs_is_half_a_second_to_a_second_and_airtime() -> None:
    made = attempts(Channel(GPRS, stream(1, Component.UPLINK, 0)), 900_000)
    trips_ms = [attempt.round_trip_ms for attempt in made if attempt.round_trip_ms is not None]
    assert min(trips_ms) >= 500
    assert max(trips_ms) <= 1000 + 35 + 25


def test_no_acknowledgement_without_arrival() -> None:
    made = attempts(Channel(GPRS, stream(1, Component.UPLINK, 0)), 15_000)
    assert all(a.delay_ms is not None for a in made if a.round_trip_ms is not None)


def test_every_attempt_takes_the_same_number_of_draws() -> None:
    generator = stream(1, Component.UPLINK, 0)
    channel = Channel(GPRS, generator)
    attempts(channel, 15_000, 33)
    other = stream(1, Component.UPLINK, 0)
    # 33 attempts have taken three blocks of sixteen.
    other.random(48 * DRAWS_PER_ATTEMPT)
    assert generator.random() == other.random()
