"""The grid in truth: a power flow for every slot that has ended."""

import numpy as np
import pytest

from cosim.clock import Clock
from cosim.grid import Grid, element_ids
from cosim.neighbourhood import Neighbourhood
from twin.scenario import Scenario


@pytest.fixture
def grid(place: Neighbourhood, scenario: Scenario) -> Grid:
    return Grid(place, Clock.of(scenario, 0))


def rows_of(grid: Grid, net_mwh: np.ndarray, slot: int = 0) -> dict[str, np.ndarray]:
    return grid.step(3600, {"flows": (slot, net_mwh)})["rows"]["grid"]


def test_every_element_has_a_name_of_its_own(place: Neighbourhood) -> None:
    names = element_ids(place)
    assert len(set(names)) == len(names)
    assert names[-1] == "feeder"


def test_there_is_one_row_per_element(grid: Grid, place: Neighbourhood) -> None:
    rows = rows_of(grid, place.status_quo_net_mwh[0])
    assert {len(column) for column in rows.values()} == {len(element_ids(place))}


def test_buses_have_voltages_and_branches_loadings(grid: Grid, place: Neighbourhood) -> None:
    rows = rows_of(grid, place.status_quo_net_mwh[0])
    bus, line, transformer, feeder = (rows["kind"] == kind for kind in range(4))
    assert (np.isfinite(rows["voltage_pu"]) == bus).all()
    assert (np.isfinite(rows["loading_percent"]) == (line | transformer)).all()
    assert (~np.ma.getmaskarray(rows["losses_mwh"]) == feeder).all()


def test_the_feeder_draws_the_participants_net_and_the_losses(
    grid: Grid, place: Neighbourhood
) -> None:
    net = place.status_quo_net_mwh[0]
    rows = rows_of(grid, net)
    assert rows["losses_mwh"][-1] > 0
    assert rows["import_mwh"][-1] == net.sum() + rows["losses_mwh"][-1]


def test_more_load_loads_the_transformer_more(grid: Grid, place: Neighbourhood) -> None:
    net = place.status_quo_net_mwh[0]
    transformer = -2
    light, heavy = (rows_of(grid, factor * net)["loading_percent"] for factor in (1, 4))
    assert heavy[transformer] > light[transformer]


def test_without_flows_there_is_nothing_to_solve(grid: Grid) -> None:
    assert grid.step(0, {"flows": None}) == {"rows": {}}
    assert grid.losses_mwh == []


def test_what_is_solved_is_kept_for_the_indicators(grid: Grid, place: Neighbourhood) -> None:
    for slot in range(3):
        rows_of(grid, place.status_quo_net_mwh[slot], slot)
    assert np.array(grid.voltage_pu).shape == (3, place.feeder.buses)
    assert len(grid.losses_mwh) == len(grid.line_loading_percent) == 3
