"""Microgrids along the feeder."""

from typing import Any

import numpy as np
import pytest

from twin.microgrids import form_microgrids
from twin.participants import Fleet, build_fleet
from twin.scenario import Neighbourhood, Scenario
from twin.simbench import GridData, load_grid
from twin.units import IntArray


def neighbourhood(**place: Any) -> tuple[GridData, Fleet]:
    scenario = Scenario(name="test", neighbourhood=Neighbourhood(**place))
    grid = load_grid(scenario.neighbourhood.grid, "today", scenario.neighbourhood.participants)
    return grid, build_fleet(grid, scenario, seed=1)


def formed(size: int, willing: Any = None, **place: Any) -> tuple[Fleet, IntArray]:
    grid, fleet = neighbourhood(**place)
    everyone = np.ones(len(fleet), dtype=np.bool_)
    joining = everyone if willing is None else willing
    return fleet, form_microgrids(grid.feeder, fleet, size, joining)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 500])
@pytest.mark.parametrize("grid", ["1-LV-semiurb4", "1-LV-urban6"])
def test_no_microgrid_is_larger_than_its_size(grid: str, size: int) -> None:
    _, microgrid = formed(size, grid=grid)
    assert np.bincount(microgrid).max() <= size
    assert np.bincount(microgrid).min() >= 1


def test_numbers_follow_the_walk_without_a_gap() -> None:
    _, microgrid = formed(10)
    assert set(np.diff(microgrid).tolist()) <= {0, 1}
    assert np.bincount(microgrid).tolist()[:3] == [10, 10, 10]


def test_the_unwilling_are_outside_and_take_no_place() -> None:
    willing = np.arange(41) % 3 != 0
    _, microgrid = formed(10, willing)
    np.testing.assert_array_equal(microgrid < 0, ~willing)
    assert np.bincount(microgrid[willing]).tolist()[:2] == [10, 10]


def test_nobody_willing_is_no_microgrid() -> None:
    _, microgrid = formed(10, np.zeros(41, dtype=np.bool_))
    assert (microgrid == -1).all()


@pytest.mark.parametrize("size", [4, 5, 10, 20])
def test_a_building_that_fits_is_kept_together(size: int) -> None:
    fleet, microgrid = formed(size, grid="1-LV-urban6")
    for building in range(len(fleet.building_ids)):
        assert len(np.unique(microgrid[fleet.building == building])) == 1


def test_a_building_larger_than_a_microgrid_is_cut() -> None:
    fleet, microgrid = formed(3, grid="1-LV-urban6")
    flats = np.bincount(fleet.building[fleet.building >= 0])
    four = int(np.flatnonzero(flats == 4)[0])
    assert len(np.unique(microgrid[fleet.building == four])) == 2


def test_no_microgrid_reaches_behind_another_transformer() -> None:
    grid, _ = neighbourhood(participants=100)
    fleet, microgrid = formed(30, participants=100)
    behind = grid.feeder.transformer[fleet.bus]
    for number in np.unique(microgrid):
        assert len(np.unique(behind[microgrid == number])) == 1
