"""Batteries: limits, losses, targets."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.assets import Batteries, step
from twin.units import IntArray


def battery(capacity: int = 8_000_000, power: int = 1_000_000, permille: int = 950) -> Batteries:
    """One battery, 8 kWh and 4 kW in slots of 15 minutes by default."""
    column = [np.array([v], np.int64) for v in (capacity, power, permille, permille)]
    return Batteries(*column)


def one(value: int) -> IntArray:
    return np.array([value], np.int64)


capacities = st.integers(0, 20_000_000)
powers = st.integers(0, 3_000_000)
efficiencies = st.integers(501, 1000)
nets = st.integers(-5_000_000, 5_000_000)
targets = st.integers(-5_000, 5_000)


@given(capacities, powers, efficiencies, st.floats(0, 1), nets, targets)
def test_state_of_charge_and_power_stay_within_limits(
    capacity: int, power: int, permille: int, filled: float, net: int, target: int
) -> None:
    soc = int(capacity * filled)
    given_or_taken, after = step(
        battery(capacity, power, permille), one(soc), one(net), one(target)
    )
    assert abs(given_or_taken[0]) <= power
    assert 0 <= after[0] <= capacity


@given(capacities, powers, efficiencies, st.floats(0, 1), nets, targets)
def test_losses_are_never_negative(
    capacity: int, power: int, permille: int, filled: float, net: int, target: int
) -> None:
    soc = int(capacity * filled)
    moved, after = step(battery(capacity, power, permille), one(soc), one(net), one(target))
    loss = moved[0] - (after[0] - soc)
    assert 0 <= loss <= abs(moved[0]) * 1000 // permille - abs(moved[0]) * permille // 1000 + 1


@given(powers, st.floats(0, 1), nets, targets)
def test_no_other_allowed_action_comes_nearer_to_the_target(
    power: int, filled: float, net: int, target: int
) -> None:
    batteries, capacity = battery(power=power), 8_000_000
    soc = one(int(capacity * filled))
    moved, _ = step(batteries, soc, one(net), one(target))
    miss = abs(net + int(moved[0]) - 1000 * target)
    if miss < 1000:
        return
    for other in (int(moved[0]) - 1, int(moved[0]) + 1):
        allowed = int(batteries.within_limits(soc, one(other))[0])
        assert abs(net + allowed - 1000 * target) >= miss


def test_charging_stores_less_than_it_takes() -> None:
    moved, soc = step(battery(), one(0), one(-500_001), one(0))
    assert (moved[0], soc[0]) == (500_001, 475_000)


def test_discharging_takes_more_from_store_than_it_gives() -> None:
    moved, soc = step(battery(), one(1_000_000), one(500_000), one(0))
    assert (moved[0], soc[0]) == (-500_000, 1_000_000 - 526_316)


def test_self_consumption_within_a_wh_of_the_target_is_left_alone() -> None:
    moved, _ = step(battery(), one(8_000_000), one(1_500_700), one(501))
    assert moved[0] == -1_000_000


def test_a_target_is_tracked_where_self_consumption_misses_it() -> None:
    moved, _ = step(battery(), one(4_000_000), one(300_000), one(200))
    assert 300_000 + moved[0] == 200_000


def test_a_participant_without_a_battery_has_none_to_use() -> None:
    moved, soc = step(Batteries.none(1), one(0), one(700), one(0))
    assert (moved[0], soc[0]) == (0, 0)


def test_power_limit_of_a_slot_follows_from_power_and_its_length() -> None:
    batteries = Batteries.of_power(one(8_000_000), one(4000), one(950), slot_s=900)
    assert batteries.power_limit_mwh[0] == 1_000_000
