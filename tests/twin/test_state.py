"""The twin knows what arrived, when it arrived, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.state import Quality, TwinState
from twin.status_quo import register_wh
from twin.substitution import adverse_wh, reconcile
from twin.units import IntArray

SLOT_S = 900
SLOT_MS = SLOT_S * 1000


def counters(net_wh: IntArray) -> tuple[IntArray, IntArray]:
    """Registers of a course of positions (slots, n)."""
    shown = register_wh(net_wh * 1000, np.full(net_wh.shape[1], 7000), np.full(net_wh.shape[1], 3))
    return shown.import_wh, shown.export_wh


def record(
    state: TwinState, net_wh: IntArray, boundary: int, meter: int, received_at_ms: int | None = None
) -> None:
    """One frame; it arrives a second after it was read, unless said otherwise."""
    imported, exported = counters(net_wh)
    row = boundary - state.first_slot
    at = boundary * SLOT_MS + 1000 if received_at_ms is None else received_at_ms
    state.record(
        np.array([boundary]),
        np.array([meter]),
        imported[row, [meter]],
        exported[row, [meter]],
        np.array([at]),
    )


NET_WH = np.array([[100, -50], [120, -70], [-30, 20], [40, 60], [10, 10]])


@pytest.fixture
def state() -> TwinState:
    return TwinState(participants=2, slots=5, slot_s=SLOT_S)


def test_a_position_is_known_when_the_counters_at_both_ends_have_arrived(state: TwinState) -> None:
    record(state, NET_WH, 0, 0)
    record(state, NET_WH, 1, 0, received_at_ms=950_000)
    record(state, NET_WH, 0, 1)
    net_wh, known = state.net_known_by(0, as_of_ms=950_000)
    assert known.tolist() == [True, False]
    assert net_wh[0] == 100


def test_what_arrives_later_is_not_known_before(state: TwinState) -> None:
    record(state, NET_WH, 0, 0)
    record(state, NET_WH, 1, 0, received_at_ms=950_000)
    assert not state.net_known_by(0, as_of_ms=949_999)[1].any()


def test_order_of_arrival_does_not_matter(state: TwinState) -> None:
    for boundary in (2, 0, 1):
        record(state, NET_WH, boundary, 1, received_at_ms=2_000_000)
    assert [int(state.net_known_by(s, 2_000_000)[0][1]) for s in (0, 1)] == [-50, -70]


def test_of_two_copies_of_a_frame_the_first_counts(state: TwinState) -> None:
    record(state, NET_WH, 0, 0)
    record(state, NET_WH, 1, 0, received_at_ms=950_000)
    record(state, NET_WH, 1, 0, received_at_ms=990_000)
    assert state.net_known_by(0, as_of_ms=960_000)[1][0]


def test_history_hides_what_had_not_arrived_by_then(state: TwinState) -> None:
    for boundary in range(4):
        record(state, NET_WH, boundary, 0)
    past = state.history(as_of_ms=2 * SLOT_MS + 1000, before_slot=3, slots=2)
    assert past.first_slot == 1
    assert past.known.tolist() == [[True, False], [False, False]]
    assert past.net_wh[0, 0] == 120
    assert not past.net_wh.flags.writeable


def test_warm_up_is_known_from_the_start() -> None:
    state = TwinState(participants=2, slots=5, slot_s=SLOT_S, first_slot=-3)
    warm_up = register_wh(NET_WH[:3] * 1000, np.zeros(2, np.int64), np.zeros(2, np.int64))
    state.record_registers(warm_up)
    past = state.history(as_of_ms=0, before_slot=0, slots=10)
    assert past.first_slot == -3
    assert past.known.all()
    assert (past.net_wh == NET_WH[:3]).all()


def test_a_missing_position_is_estimated_by_the_forecast_while_nothing_came_after(
    state: TwinState,
) -> None:
    record(state, NET_WH, 0, 0)
    record(state, NET_WH, 1, 0)
    record(state, NET_WH, 0, 1)
    state.expect(0, np.array([111, -44]))
    net_wh, quality = state.estimate(0, as_of_ms=SLOT_MS + 2000)
    assert net_wh.tolist() == [100, -44]
    assert quality.tolist() == [Quality.MEASURED, Quality.ESTIMATED]


def test_a_missing_position_is_its_share_of_the_known_total_once_a_later_counter_came(
    state: TwinState,
) -> None:
    for meter in (0, 1):
        record(state, NET_WH, 0, meter)
        record(state, NET_WH, 3, meter)
    for slot, forecast in enumerate([[90, 0], [90, 0], [0, 0]]):
        state.expect(slot, np.array(forecast))
    shares = [state.estimate(slot, 3 * SLOT_MS + 2000)[0].tolist() for slot in range(3)]
    # 190 Wh were counted, 10 more than forecast; −100 Wh in three equal parts.
    assert np.sum(shares, axis=0).tolist() == [190, -100]
    assert [row[0] for row in shares] == [93, 93, 4]
    assert [row[1] for row in shares] == [-34, -33, -33]


@given(
    st.lists(st.integers(-10_000, 10_000), min_size=5, max_size=5),
    st.lists(st.integers(-10_000, 10_000), min_size=5, max_size=5),
    st.lists(st.integers(-10_000, 10_000), min_size=2, max_size=2),
)
def test_over_a_gap_measured_and_substituted_positions_sum_to_what_the_counters_say(
    truth: list[int], forecast: list[int], early: list[int]
) -> None:
    """Slots 0 and 1 are settled while the meter is silent; the rest of the gap makes up for it."""
    net_wh = np.array(truth)[:, None]
    state = TwinState(participants=1, slots=5, slot_s=SLOT_S)
    record(state, net_wh, 0, 0)
    missing = np.array([True])
    for slot in range(5):
        state.expect(slot, np.array([forecast[slot]]))
    for slot in (0, 1):
        state.substitute(slot, missing, np.array([early[slot]]))
    record(state, net_wh, 5, 0)
    total = sum(early)
    for slot in (2, 3, 4):
        estimate_wh, quality = state.estimate(slot, 6 * SLOT_MS)
        assert quality[0] == Quality.ESTIMATED
        state.substitute(slot, missing, estimate_wh)
        total += int(estimate_wh[0])
    assert total == sum(truth)


def test_a_substitute_is_final(state: TwinState) -> None:
    record(state, NET_WH, 0, 0)
    record(state, NET_WH, 0, 1)
    record(state, NET_WH, 1, 1)
    state.substitute(0, np.array([True, False]), np.array([77, 0]))
    record(state, NET_WH, 1, 0)
    net_wh, quality = state.estimate(0, as_of_ms=10 * SLOT_MS)
    assert net_wh.tolist() == [77, -50]
    assert quality.tolist() == [Quality.SUBSTITUTED, Quality.MEASURED]


def test_age_of_information_counts_from_the_newest_arrived_reading(state: TwinState) -> None:
    for boundary in range(3):
        record(state, NET_WH, boundary, 0)
    record(state, NET_WH, 0, 1)
    record(state, NET_WH, 1, 1, received_at_ms=3_000_000)
    assert state.age_s(as_of_ms=2 * SLOT_MS + 5000).tolist() == [5, 1805]


def test_adverse_is_as_if_nothing_sold_was_delivered_and_nothing_bought_absorbed() -> None:
    purchases, sales = np.array([0, 500, 200, 0]), np.array([300, 0, 300, 0])
    estimate = np.array([-280, 510, -90, 42])
    # The third sold 100 Wh more than it bought: worst is that none of its 300 came.
    assert adverse_wh(estimate, purchases, sales).tolist() == [0, 0, 200, 42]


def test_a_building_meter_corrects_the_flats_that_are_only_estimated() -> None:
    net_wh = np.array([100, 200, 300, 50, 60])
    estimated = np.array([True, False, True, True, True])
    building = np.array([0, 0, 0, 1, -1])
    corrected = reconcile(
        net_wh, estimated, building, np.array([605, 999]), np.array([True, False])
    )
    assert corrected.tolist() == [103, 200, 302, 50, 60]
