"""Profiles: exact energies whatever the slot, different weeks for neighbours."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.participants import Fleet, build_fleet
from twin.profiles import build_profiles
from twin.scenario import Horizon, Neighbourhood, Scenario
from twin.simbench import GridData, LoadKind, load_grid
from twin.units import IntArray

GRID = load_grid("1-LV-semiurb4", "far_future")
DAY = 86_400


def scenario(slot_s: Any = 900, start: date = date(2016, 6, 15), **place: Any) -> Scenario:
    place = {"grid": "1-LV-semiurb4", "variant": "far_future", "equipment": "simbench"} | place
    return Scenario(
        name="test",
        horizon=Horizon(slot_s=slot_s, start=start),
        neighbourhood=Neighbourhood(**place),
    )


def profiles(
    chosen: Scenario, first_slot: int, slots: int, seed: int = 1, grid: GridData = GRID
) -> tuple[Fleet, IntArray, IntArray]:
    fleet = build_fleet(grid, chosen, seed)
    return fleet, *build_profiles(grid, fleet, chosen, seed, first_slot, slots)


def test_shape_type_and_sign() -> None:
    _, load, generation = profiles(scenario(), -96, 192)
    for energy in (load, generation):
        assert energy.shape == (192, 41)
        assert energy.dtype == np.int64
        assert energy.min() >= 0
    assert load.min(axis=0).max() > 0


@pytest.mark.parametrize("diversify_weeks", [True, False])
@pytest.mark.parametrize("equipment", ["simbench", "shares"])
def test_a_year_sums_to_the_annual_energies(diversify_weeks: bool, equipment: str) -> None:
    chosen = scenario(equipment=equipment, diversify_weeks=diversify_weeks)
    fleet, load, generation = profiles(chosen, 0, 366 * 96)
    # Each of 35 136 roundings is at most ± ½ mWh, the annual figure's ± 500 mWh.
    rounding_mwh = 366 * 96 // 2 + 500
    assert np.abs(load.sum(axis=0) - 1000 * fleet.annual_load_wh).max() <= rounding_mwh
    assert np.abs(generation.sum(axis=0) - 1000 * fleet.annual_generation_wh).max() <= rounding_mwh
    assert np.abs(load.sum(axis=0) - 1000 * fleet.annual_load_wh).mean() < 2000


@pytest.mark.parametrize("slot_s", [300, 1800, 3600])
def test_every_slot_length_gives_the_same_energy(slot_s: int) -> None:
    _, load, generation = profiles(scenario(), -96, 288)
    per_day = DAY // slot_s
    _, other_load, other_generation = profiles(scenario(slot_s), -per_day, 3 * per_day)
    whole = max(slot_s, 900)
    for fifteen, other in ((load, other_load), (generation, other_generation)):
        np.testing.assert_array_equal(
            fifteen.reshape(3 * DAY // whole, -1, 41).sum(axis=1),
            other.reshape(3 * DAY // whole, -1, 41).sum(axis=1),
        )


def test_power_is_constant_within_a_quarter_hour() -> None:
    _, load, _ = profiles(scenario(300), 0, 288)
    quarter = load.reshape(96, 3, 41)
    assert np.ptp(quarter, axis=1).max() <= 1


@given(st.sampled_from([300, 900, 1800, 3600]), st.integers(-3000, 3000), st.integers(1, 50))
@settings(max_examples=40, deadline=None)
def test_any_window_is_a_part_of_the_whole(slot_s: int, first: int, slots: int) -> None:
    chosen = scenario(slot_s, participants=5)
    _, load, generation = profiles(chosen, first - 7, slots + 20)
    _, part_load, part_generation = profiles(chosen, first, slots)
    np.testing.assert_array_equal(load[7 : 7 + slots], part_load)
    np.testing.assert_array_equal(generation[7 : 7 + slots], part_generation)


def test_slots_before_the_year_are_those_at_its_end() -> None:
    _, before, _ = profiles(scenario(start=date(2016, 1, 1)), -96, 96)
    _, end, _ = profiles(scenario(start=date(2016, 12, 31)), 0, 96)
    np.testing.assert_array_equal(before, end)


def test_without_diversity_the_profiles_are_those_of_simbench() -> None:
    fleet, load, generation = profiles(scenario(diversify_weeks=False), 0, 96)
    start = (date(2016, 6, 15) - date(2016, 1, 1)).days * 96
    ppm = GRID.profile_ppm[:, start : start + 96].astype(float)
    expected = np.zeros((96, 41))
    devices = fleet.devices
    np.add.at(
        expected.T, devices.participant, ppm[devices.profile] * devices.power_w[:, None] / 4000
    )
    np.testing.assert_allclose(load, expected, atol=0.5001)
    owner = int(np.flatnonzero(fleet.pv_kwp)[0])
    pv = ppm[fleet.pv_profile[owner]] * fleet.pv_kwp[owner] / 4
    np.testing.assert_allclose(generation[:, owner], pv, rtol=1e-6, atol=0.5001)


def test_neighbours_with_one_profile_differ_only_with_diversity() -> None:
    alike = [
        number
        for number, name in enumerate(build_fleet(GRID, scenario(), 1).profile)
        if name == "H0-B"
    ][:2]
    for diversify_weeks, same in ((False, True), (True, False)):
        fleet, load, _ = profiles(
            scenario(variant="today", equipment="shares", diversify_weeks=diversify_weeks),
            0,
            96,
            grid=load_grid("1-LV-semiurb4", "today"),
        )
        shape = load[:, alike] / fleet.annual_load_wh[alike]
        assert np.allclose(shape[:, 0], shape[:, 1], rtol=1e-4) == same


def test_diversity_moves_whole_weeks_of_the_same_season() -> None:
    """Each week of a participant is one of the nine around it in SimBench, whole."""
    chosen = {"participants": 3, "variant": "today"}
    grid = load_grid("1-LV-semiurb4", "today")
    start = date(2016, 1, 1)
    _, moved, _ = profiles(scenario(start=start, **chosen), 0, 366 * 96, grid=grid)
    _, plain, _ = profiles(
        scenario(start=start, diversify_weeks=False, **chosen), 0, 366 * 96, grid=grid
    )
    of_weeks = [energy[: 52 * 672].reshape(52, 672, 3) for energy in (moved, plain)]
    for participant in range(3):
        for week in range(52):
            lived = of_weeks[0][week, :, participant]
            near = [(week + shift) % 52 for shift in range(-4, 5)]
            assert any(np.array_equal(lived, of_weeks[1][w, :, participant]) for w in near)
    np.testing.assert_array_equal(moved[52 * 672 :], plain[52 * 672 :])


def test_the_weather_is_shared() -> None:
    """PV and heat pumps stay where they are; charging moves with its household."""
    fleet, load, generation = profiles(scenario(), 0, 7 * 96)
    _, plain_load, plain_generation = profiles(scenario(diversify_weeks=False), 0, 7 * 96)
    np.testing.assert_array_equal(generation, plain_generation)
    assert (load != plain_load).any()
    heat_pumps = fleet.devices.kind == LoadKind.HEAT_PUMP
    fields = {
        name: getattr(fleet.devices, name)[heat_pumps]
        for name in fleet.devices.__dataclass_fields__
    }
    warm = replace(fleet, devices=replace(fleet.devices, **fields))
    winter = {"first_slot": -150 * 96, "slots": 96}
    moved, _ = build_profiles(GRID, warm, scenario(), 1, **winter)
    plain, _ = build_profiles(GRID, warm, scenario(diversify_weeks=False), 1, **winter)
    assert moved.sum() > 0
    np.testing.assert_array_equal(moved, plain)


def test_the_variant_does_not_change_how_a_household_lives() -> None:
    """Today and far future give a participant without new devices the same weeks."""
    today = load_grid("1-LV-semiurb4", "today")
    _, then, _ = profiles(scenario(variant="today"), 0, 96, grid=today)
    fleet, later, _ = profiles(scenario(), 0, 96)
    devices = np.bincount(fleet.devices.participant, minlength=41)
    rated = build_fleet(today, scenario(variant="today"), 1).annual_load_wh == fleet.annual_load_wh
    unchanged = (devices == 1) & rated
    assert unchanged.any()
    np.testing.assert_array_equal(then[:, unchanged], later[:, unchanged])
