"""Equipment drawn by shares, and the grid's own."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.equipment import Equipment, equip_by_shares
from twin.errors import GridDataError
from twin.scenario import Batteries, Neighbourhood, Photovoltaics
from twin.simbench import load_grid

GRID = load_grid("1-LV-semiurb4", "today")
ANNUAL_WH = np.arange(1_000_000, 42_000_000, 1_000_000)


def equip(seed: int = 1, pv: Any = None, battery: Any = None) -> Equipment:
    neighbourhood = Neighbourhood(pv=Photovoltaics(**pv or {}), battery=Batteries(**battery or {}))
    return equip_by_shares(GRID, neighbourhood, seed, ANNUAL_WH)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 1000))
@settings(max_examples=50)
def test_exactly_the_shares_are_equipped(share: float, of_pv: float, seed: int) -> None:
    drawn = equip(seed, {"share": share}, {"share_of_pv": of_pv})
    owners = round(share * len(ANNUAL_WH))
    assert (drawn.peak_w > 0).sum() == owners
    assert (drawn.capacity_mwh > 0).sum() == round(of_pv * owners)
    assert (drawn.peak_w[drawn.capacity_mwh > 0] > 0).all()
    np.testing.assert_array_equal(drawn.pv_profile >= 0, drawn.peak_w > 0)


def test_a_larger_share_only_adds_owners() -> None:
    few, many = equip(pv={"share": 0.3}), equip(pv={"share": 0.6})
    assert (many.peak_w[few.peak_w > 0] > 0).all()


def test_the_seed_draws_the_owners() -> None:
    assert (equip(seed=1).peak_w != equip(seed=2).peak_w).any()
    np.testing.assert_array_equal(equip(seed=1).peak_w, equip(seed=1).peak_w)


def test_sizes_follow_the_yearly_consumption() -> None:
    drawn = equip(
        pv={"share": 1.0, "kwp_per_mwh": 1.2, "yield_kwh_per_kwp": 900.0},
        battery={"share_of_pv": 1.0, "kwh_per_mwh": 0.8, "power_kw_per_kwh": 0.5},
    )
    third = 2  # consumes 3 MWh a year
    assert drawn.peak_w[third] == 3600
    assert drawn.annual_generation_wh[third] == 3_240_000
    assert drawn.capacity_mwh[third] == 2_400_000
    assert drawn.power_w[third] == 1200
    assert drawn.efficiency_permille[third] == 950


def test_without_a_battery_nothing_is_lost() -> None:
    drawn = equip(battery={"share_of_pv": 0.0})
    assert (drawn.efficiency_permille == 1000).all()
    assert drawn.power_w.sum() == 0


def test_the_shape_is_the_profile_of_most_plants() -> None:
    grid = load_grid("1-LV-rural2", "far_future")
    drawn = equip_by_shares(grid, Neighbourhood(), 1, np.full(10, 1_000_000))
    assert {grid.profile_names[row] for row in drawn.pv_profile if row >= 0} == {"PV3"}


def test_a_grid_without_any_plant_cannot_shape_new_ones() -> None:
    none = np.empty(0, dtype=np.int64)
    bare = replace(GRID, plants=replace(GRID.plants, bus=none, profile=none, peak_w=none))
    with pytest.raises(GridDataError, match="no PV profile"):
        equip_by_shares(bare, Neighbourhood(), 1, ANNUAL_WH)
