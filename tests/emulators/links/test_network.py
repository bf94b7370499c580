"""Payloads travel late, twice or never, and always the same way for the same seed."""

from collections import Counter

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.links.network import LinkNetwork
from emulators.links.profile import LinkProfile, link_profile
from emulators.links.transfer import Delivery, Direction, FrameLog, Outcome
from twin.errors import LinkError
from twin.scenario.field import Links

UP, DOWN = Direction.UPLINK, Direction.DOWNLINK
PAYLOAD = bytes(29)


def profile(technology: str, **said: object) -> LinkProfile:
    return link_profile(Links.model_validate({"technology": technology, **said}))


class World:
    """A network, stepped like the co-simulation steps it."""

    def __init__(self, links: LinkProfile, meters: int = 3, seed: int = 1, start: int = 0) -> None:
        self.env = simpy.Environment(initial_time=start)
        self.network = LinkNetwork(self.env, links, meters, seed)
        self.arrived: list[Delivery] = []

    def until(self, time_s: int) -> list[Delivery]:
        if time_s > self.env.now:
            self.env.run(until=time_s)
        fresh = self.network.deliveries()
        self.arrived += fresh
        return fresh

    def day(self, meters: int, slots: int = 96, slot_s: int = 900, step_s: int = 900) -> FrameLog:
        """Every meter sends at the end of every slot; an hour later all is over."""
        for slot in range(1, slots + 1):
            for time_s in range((slot - 1) * slot_s + step_s, slot * slot_s + 1, step_s):
                self.until(time_s)
            for meter in range(meters):
                self.network.send(UP, meter, PAYLOAD, slot)
        self.until(slots * slot_s + 3600)
        return self.network.frame_log()


def columns(log: FrameLog) -> list[list[int]]:
    return [getattr(log, name).tolist() for name in FrameLog.__dataclass_fields__]


def test_ideal_delivers_everything_after_its_latency() -> None:
    world = World(profile("ideal"))
    world.network.send(UP, 1, b"frame", 4)
    assert world.until(1) == [Delivery(10, UP, 1, 4, 1, b"frame")]
    assert columns(world.network.frame_log()) == [
        [UP], [1], [4], [0], [10], [1], [0], [0], [5], [Outcome.DELIVERED]
    ]  # fmt: skip


def test_deliveries_come_in_order_of_time_then_direction_then_meter() -> None:
    world = World(profile("ideal"))
    for direction, meter in [(DOWN, 0), (UP, 2), (UP, 0), (DOWN, 1)]:
        world.network.send(direction, meter, b"", 0)
    order = [(delivery.direction, delivery.meter) for delivery in world.until(1)]
    assert order == [(UP, 0), (UP, 2), (DOWN, 0), (DOWN, 1)]


def test_what_arrives_at_the_very_instant_is_there() -> None:
    links = profile("ideal").model_copy(update={"latency_min_ms": 60_000, "latency_max_ms": 60_000})
    world = World(links, start=-900)
    world.network.send(UP, 0, b"", 0)
    assert world.until(-841) == []
    assert [delivery.received_at_ms for delivery in world.until(-840)] == [-840_000]


@pytest.mark.parametrize("technology", ["gprs", "lora", "plc"])
def test_a_day_has_a_few_late_and_a_few_lost_frames(technology: str) -> None:
    log = World(profile(technology), 60).day(60)
    assert len(log.meter) == 60 * 96
    assert 0.0005 < np.mean(log.outcome == Outcome.LOST) < 0.015
    assert 0.7 < np.mean(log.attempts == 1) < 0.99
    delay_ms = (log.received_at_ms - log.sent_at_ms)[log.outcome == Outcome.DELIVERED]
    assert 0.005 < np.mean(delay_ms > 60_000) < 0.15


def test_log_and_deliveries_agree() -> None:
    world = World(profile("plc"), 20)
    log = world.day(20)
    copies = Counter((delivery.meter, delivery.sequence) for delivery in world.arrived)
    first = {}
    for delivery in world.arrived:
        first.setdefault((delivery.meter, delivery.sequence), delivery.received_at_ms)
    for row in range(len(log.meter)):
        key = int(log.meter[row]), int(log.sequence[row])
        assert log.received_at_ms[row] == first.get(key, -1)
        assert log.duplicates[row] == max(copies[key] - 1, 0)
        assert (log.outcome[row] == Outcome.LOST) == (copies[key] == 0)
    assert log.duplicates.sum() > 0


def test_same_seed_same_fate_however_time_is_stepped() -> None:
    coarse, fine = (World(profile("gprs"), 5) for _ in range(2))
    assert columns(coarse.day(5)) == columns(fine.day(5, step_s=60))
    assert coarse.arrived == fine.arrived


def test_seeds_differ() -> None:
    logs = [World(profile("gprs"), 5, seed=seed).day(5) for seed in (1, 2)]
    assert columns(logs[0]) != columns(logs[1])


def test_a_neighbour_does_not_shift_a_meters_noise() -> None:
    alone, together = World(profile("plc"), 5), World(profile("plc"), 5)
    alone.day(1)
    for slot in range(1, 97):
        together.until(slot * 900)
        for meter in range(5):
            together.network.send(UP, meter, PAYLOAD, slot)
            together.network.send(DOWN, meter, PAYLOAD, slot)
    together.until(96 * 900 + 3600)
    assert [d for d in together.arrived if d.meter == 0 and d.direction == UP] == alone.arrived


def test_each_direction_has_noise_of_its_own() -> None:
    world = World(profile("plc", loss=0.5))
    for sequence in range(40):
        world.network.send(UP, 0, PAYLOAD, sequence)
        world.network.send(DOWN, 0, PAYLOAD, sequence)
    world.until(100_000)
    log = world.network.frame_log()
    assert (
        log.attempts[log.direction == UP].tolist() != log.attempts[log.direction == DOWN].tolist()
    )


def test_a_meter_stores_and_forwards_in_order() -> None:
    world = World(profile("gprs", loss=0.5, mean_burst_frames=3.0))
    for sequence in range(30):
        world.network.send(UP, 0, PAYLOAD, sequence)
    world.until(100_000)
    first = [d.sequence for d in world.arrived if d.attempt == 1]
    assert first == sorted(first)
    log = world.network.frame_log()
    assert log.sequence.tolist() == list(range(30))
    assert set(log.sent_at_ms.tolist()) == {0}


def test_a_dead_link_gives_up_and_says_so() -> None:
    world = World(profile("gprs", loss=1.0, attempts=3, retry_s=10))
    world.network.send(UP, 0, PAYLOAD, 0)
    world.until(20)
    halfway = world.network.frame_log()
    assert (halfway.outcome.tolist(), halfway.attempts.tolist()) == ([Outcome.IN_FLIGHT], [2])
    world.until(1000)
    log = world.network.frame_log()
    assert (log.outcome.tolist(), log.attempts.tolist()) == ([Outcome.LOST], [3])
    assert log.received_at_ms.tolist() == [-1]
    assert world.arrived == []


def test_retransmissions_wait_longer_each_time() -> None:
    links = profile("gprs", loss=1.0, attempts=4, retry_s=10).model_copy(update={"backoff": 2.0})
    world = World(links)
    world.network.send(UP, 0, PAYLOAD, 0)
    begun = []
    for time_s in range(1, 200):
        world.until(time_s)
        begun.append(int(world.network.frame_log().attempts[0]))
    assert [begun.index(attempt) for attempt in (1, 2, 3, 4)] == [0, 10, 30, 70]


def test_a_lost_acknowledgement_brings_a_copy() -> None:
    world = World(profile("plc", attempts=1), 20)
    assert world.day(20).duplicates.sum() == 0
    world = World(profile("plc", attempts=2), 20)
    log = world.day(20)
    assert log.duplicates.max() == 1
    assert np.all(log.attempts[log.duplicates == 1] == 2)


def test_an_impatient_sender_makes_copies_that_the_log_waits_for() -> None:
    links = profile("ideal", attempts=3, retry_s=1)
    links = links.model_copy(update={"latency_min_ms": 5000, "latency_max_ms": 5000})
    world = World(links)
    world.network.send(UP, 0, PAYLOAD, 0)
    world.until(4)
    assert world.network.frame_log().outcome.tolist() == [Outcome.IN_FLIGHT]
    world.until(6)
    log = world.network.frame_log()
    assert (log.outcome.tolist(), log.duplicates.tolist()) == ([Outcome.DELIVERED], [1])
    world.until(8)
    assert world.network.frame_log().duplicates.tolist() == [2]
    assert [delivery.received_at_ms for delivery in world.arrived] == [5000, 6000, 7000]


def test_the_duty_cycle_keeps_a_sender_silent() -> None:
    links = profile("lora", loss=0.0)
    world = World(links)
    for sequence in range(5):
        world.network.send(UP, 0, PAYLOAD, sequence)
    world.until(1000)
    airtime_us = links.airtime_us(len(PAYLOAD))
    starts = np.array([d.received_at_ms for d in world.arrived]) - airtime_us / 1000
    assert np.all(np.diff(starts) >= 100 * airtime_us / 1000 - links.latency_max_ms)
    assert world.network.frame_log().airtime_us.tolist() == [airtime_us] * 5


def test_a_payload_that_no_frame_holds_is_refused() -> None:
    with pytest.raises(LinkError, match="holds 51"):
        World(profile("lora")).network.send(UP, 0, bytes(52), 0)


@pytest.mark.parametrize("meter", [-1, 3])
def test_a_meter_that_is_not_there_is_refused(meter: int) -> None:
    with pytest.raises(LinkError, match="0 to 2"):
        World(profile("ideal"), 3).network.send(UP, meter, b"", 0)


@settings(max_examples=40, deadline=None)
@given(
    technology=st.sampled_from(["ideal", "lora", "gprs", "plc"]),
    loss=st.floats(0, 0.7),
    retry_s=st.integers(1, 120),
    attempts=st.integers(1, 6),
    start=st.integers(-2000, 1000),
    seed=st.integers(0, 10),
)
def test_nothing_arrives_before_it_was_sent_or_outside_its_step(
    technology: str, loss: float, retry_s: int, attempts: int, start: int, seed: int
) -> None:
    links = profile(
        technology, loss=loss, mean_burst_frames=3.0, retry_s=retry_s, attempts=attempts
    )
    world = World(links, 3, seed, start)
    for step in range(12):
        before_ms = round(world.env.now * 1000)
        fresh = world.until(start + 60 * step)
        assert all(before_ms < d.received_at_ms <= 1000 * (start + 60 * step) for d in fresh)
        for meter in range(3):
            world.network.send(UP, meter, PAYLOAD, step)
    world.until(start + 100_000)
    log = world.network.frame_log()
    arrived = log.outcome == Outcome.DELIVERED
    assert np.all(log.received_at_ms[arrived] >= log.sent_at_ms[arrived] + links.latency_min_ms)
    assert np.all(log.attempts <= attempts)
    assert np.all(log.outcome != Outcome.IN_FLIGHT)
