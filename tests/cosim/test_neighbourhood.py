"""The neighbourhood of a run: who is there, and how it lived before the market came."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cosim.neighbourhood import Neighbourhood, build_neighbourhood, willing, with_buildings
from twin.scenario import Scenario


def test_a_building_sees_the_sum_of_its_flats(place: Neighbourhood) -> None:
    values = 2 ** np.arange(12)
    seen = with_buildings(place.fleet, values)
    assert (seen[:12] == values).all()
    assert seen[12] == values[place.fleet.building == 0].sum()


def test_sums_of_buildings_are_taken_slot_by_slot(place: Neighbourhood) -> None:
    seen = with_buildings(place.fleet, place.load_mwh)
    assert seen.shape == (24, 13)
    assert (seen[:, 12] == place.load_mwh[:, place.fleet.building == 0].sum(axis=1)).all()


def test_meters_are_participants_then_buildings(place: Neighbourhood) -> None:
    assert place.meter_ids == (*place.fleet.ids, *place.fleet.building_ids)


def test_padding_is_zero_for_buildings(place: Neighbourhood) -> None:
    assert place.padded(np.arange(12) + 1).tolist() == [*range(1, 13), 0]
    assert place.padded(np.ones(12, bool)).tolist() == [1] * 12 + [0]


def test_registers_of_the_warm_up_end_where_the_run_begins(place: Neighbourhood) -> None:
    imports, exports = place.initial_counters_mwh
    assert (place.warm_up.import_wh[-1] == imports // 1000).all()
    assert (place.warm_up.export_wh[-1] == exports // 1000).all()


def test_status_quo_is_what_the_registers_would_show(place: Neighbourhood) -> None:
    counter = np.zeros(12, np.int64) + place.initial_counters_mwh[0][:12]
    drawn = np.cumsum(np.maximum(place.status_quo_net_mwh, 0), axis=0) + counter
    fed_in = np.cumsum(np.maximum(-place.status_quo_net_mwh, 0), axis=0)
    fed_in = fed_in + place.initial_counters_mwh[1][:12]
    net = drawn // 1000 - fed_in // 1000
    first = place.initial_counters_mwh[0][:12] // 1000 - place.initial_counters_mwh[1][:12] // 1000
    assert (np.diff(np.vstack([first, net]), axis=0) == place.status_quo_wh[:, :12]).all()


def test_batteries_begin_where_the_warm_up_left_them(
    place: Neighbourhood, make_scenario: Callable[..., Any]
) -> None:
    longer = build_neighbourhood(make_scenario({"horizon.warm_up_days": 3}), 1)
    empty = build_neighbourhood(
        make_scenario({"horizon.warm_up_days": 3, "neighbourhood.battery.initial_soc": 0.0}), 1
    )
    assert (longer.initial_soc_mwh <= longer.batteries.capacity_mwh).all()
    assert (longer.initial_soc_mwh == empty.initial_soc_mwh).all()  # three days forget it


def test_without_a_warm_up_the_initial_charge_counts(make_scenario: Callable[..., Any]) -> None:
    place = build_neighbourhood(
        make_scenario({"horizon.warm_up_days": 0, "neighbourhood.battery.initial_soc": 0.25}), 1
    )
    assert (place.initial_soc_mwh == place.batteries.capacity_mwh // 4).all()


@pytest.mark.parametrize(("share", "members"), [(0.0, 0), (0.5, 6), (1.0, 12)])
def test_as_many_are_willing_as_the_scenario_says(
    place: Neighbourhood, make_scenario: Callable[..., Any], share: float, members: int
) -> None:
    scenario: Scenario = make_scenario({"microgrids.willingness": share})
    assert willing(place.fleet, scenario, 1).sum() == members


def test_more_willingness_only_adds_members(
    place: Neighbourhood, make_scenario: Callable[..., Any]
) -> None:
    few, many = (
        willing(place.fleet, make_scenario({"microgrids.willingness": share}), 1)
        for share in (0.4, 0.7)
    )
    assert (few <= many).all()
    assert few.sum() < many.sum()


def test_neighbours_behind_one_meter_pay_no_road(place: Neighbourhood) -> None:
    flats = np.flatnonzero(place.fleet.building == 0)
    assert not place.fee_ueur_per_kwh[np.ix_(flats, flats)].any()
    outside = np.flatnonzero(place.fleet.building < 0)
    assert (place.fee_ueur_per_kwh[np.ix_(flats, outside)] > 0).all()


def test_the_market_does_not_change_the_place(
    place: Neighbourhood, make_scenario: Callable[..., Any]
) -> None:
    other = build_neighbourhood(
        make_scenario({"ledger.consensus": "pos", "links.technology": "plc", "market.k": 0.1}), 1
    )
    assert (other.load_mwh == place.load_mwh).all()
    assert (other.status_quo_wh == place.status_quo_wh).all()
    assert (other.microgrid == place.microgrid).all()
