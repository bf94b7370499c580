"""Instants of a run: slots, gate closures, steps."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.clock import Clock
from twin.scenario import Scenario


def clock(slot_s: int = 900, lead_s: int = 900, slots: int = 96) -> Clock:
    return Clock(slot_s=slot_s, lead_s=lead_s, slots=slots, reading_wait_s=1800, run_out_s=86_400)


def step_times(c: Clock) -> list[int]:
    step, times = 0, []
    while step < c.steps:
        times.append(c.t(step))
        step = c.next_step(step)
    return times


def test_gate_of_a_slot_closes_one_lead_before_it_begins() -> None:
    assert clock().slot_closing_at(-900) == 0
    assert clock().slot_closing_at(0) == 1


def test_no_gate_closes_after_that_of_the_last_slot() -> None:
    assert clock(slots=4).slot_closing_at(3 * 900) is None


def test_slot_ends_at_the_boundary_after_it() -> None:
    assert clock().slot_ended_at(900) == 0
    assert clock().slot_ended_at(0) is None
    assert clock().slot_ended_at(450) is None


def test_steps_meet_gate_closures_between_slot_boundaries() -> None:
    c = clock(lead_s=300)
    assert c.step_s == 300
    assert c.slot_closing_at(600) == 1


@given(
    slot_s=st.sampled_from([300, 900, 1800, 3600]),
    lead_min=st.integers(1, 240),
    slots=st.integers(1, 100),
)
def test_every_slot_closes_and_ends_exactly_once_on_a_step(
    slot_s: int, lead_min: int, slots: int
) -> None:
    c = clock(slot_s, lead_min * 60, slots)
    times = step_times(c)
    closing = [c.slot_closing_at(t) for t in times]
    ended = [c.slot_ended_at(t) for t in times]
    assert [s for s in closing if s is not None] == list(range(slots))
    assert [s for s in ended if s is not None] == list(range(slots))


def test_clock_leaves_room_for_the_correction_window() -> None:
    scenario = Scenario(name="one", market={"correction_window_s": 7200})  # type: ignore[arg-type]
    c = Clock.of(scenario, finality_s=1152)
    assert c.t(c.steps - 1) >= 96 * 900 + 7200 + 1152


@pytest.mark.parametrize("lead_s", [60, 900, 3600])
def test_prelude_begins_at_least_one_slot_before_the_first_gate(lead_s: int) -> None:
    c = clock(lead_s=lead_s)
    assert c.t(0) <= -lead_s - 900


def test_steps_are_hourly_when_only_late_readings_can_come() -> None:
    times = step_times(clock())
    assert times[-1] - times[-2] == 3600
    assert {b - a for a, b in pairwise(times) if b <= 97 * 900} == {900}


def test_late_steps_meet_slot_boundaries_whatever_the_lead() -> None:
    times = step_times(clock(lead_s=300))
    assert {t % 3600 for t in times if t > 101 * 900} == {0}


def test_next_time_is_that_of_the_next_step() -> None:
    c = clock()
    times = step_times(c)
    assert [c.next_t(t) for t in times[:-1]] == times[1:]
