"""Who participates, with what behind the meter, and in which role."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from twin.errors import GridDataError
from twin.participants import Fleet, Role, build_fleet, role_of
from twin.scenario import Neighbourhood, Scenario
from twin.simbench import GridData, LoadKind, load_grid


def scenario(**neighbourhood: Any) -> Scenario:
    return Scenario(name="test", neighbourhood=Neighbourhood(**neighbourhood))


def fleet_of(seed: int = 1, **neighbourhood: Any) -> tuple[GridData, Fleet]:
    chosen = scenario(**neighbourhood)
    place = chosen.neighbourhood
    grid = load_grid(place.grid, place.variant, place.participants)
    return grid, build_fleet(grid, chosen, seed)


def test_semiurb4_has_41_participants_in_the_order_of_the_walk() -> None:
    grid, fleet = fleet_of()
    assert len(fleet) == 41
    assert (fleet.ids[0], fleet.ids[-1]) == ("H01", "H41")
    assert (np.diff(grid.feeder.walk_position[fleet.bus]) >= 0).all()


def test_several_base_loads_at_a_bus_are_a_building() -> None:
    _, fleet = fleet_of(grid="1-LV-urban6")
    assert len(fleet.building_ids) == 36
    assert fleet.building_ids[0] == "B001"
    for number in range(36):
        flats = np.flatnonzero(fleet.building == number)
        assert len(flats) > 1
        assert len(set(fleet.bus[flats].tolist())) == 1
        assert (np.diff(flats) == 1).all()
    alone = fleet.bus[fleet.building < 0]
    assert len(np.unique(alone)) == len(alone)


def test_buildings_are_numbered_along_the_walk() -> None:
    _, fleet = fleet_of(grid="1-LV-rural2")
    met = fleet.building[fleet.building >= 0]
    assert met[np.sort(np.unique(met, return_index=True)[1])].tolist() == list(range(6))


def test_fewer_participants_are_the_first_of_the_walk() -> None:
    _, whole = fleet_of(equipment="simbench")
    _, few = fleet_of(equipment="simbench", participants=7)
    assert few.ids == whole.ids[:7]
    np.testing.assert_array_equal(few.bus, whole.bus[:7])
    np.testing.assert_array_equal(few.annual_load_wh, whole.annual_load_wh[:7])


def test_a_building_needs_two_of_its_flats() -> None:
    _, whole = fleet_of(grid="1-LV-rural2")
    second = int(np.flatnonzero(whole.building == 0)[1])
    _, few = fleet_of(grid="1-LV-rural2", participants=second)
    assert few.building_ids == ()
    assert (few.building == -1).all()


def test_more_participants_repeat_the_grid_and_widen_the_ids() -> None:
    grid, fleet = fleet_of(participants=100)
    assert (fleet.ids[0], fleet.ids[99]) == ("H001", "H100")
    assert fleet.profile[41:82] == fleet.profile[:41]
    np.testing.assert_array_equal(fleet.annual_load_wh[41:82], fleet.annual_load_wh[:41])
    assert grid.feeder.transformer[fleet.bus].tolist() == [0] * 41 + [1] * 41 + [2] * 18


def test_a_grid_loaded_too_small_is_refused() -> None:
    with pytest.raises(GridDataError, match=r"asks for 100 participants.*loaded with 41"):
        build_fleet(load_grid("1-LV-semiurb4", "today"), scenario(participants=100), seed=1)


def test_equipment_of_a_building_belongs_to_who_consumes_most() -> None:
    grid, fleet = fleet_of(grid="1-LV-urban6", variant="far_future", equipment="simbench")
    shared = {bus for bus in fleet.bus.tolist() if (fleet.bus == bus).sum() > 1}
    base = fleet.devices.kind == LoadKind.BASE
    consumed = np.zeros(len(fleet), dtype=np.int64)
    of, power = fleet.devices.participant[base], fleet.devices.power_w[base]
    consumed[of] = power * grid.profile_sum_ppm[fleet.devices.profile[base]]
    owners = set(np.flatnonzero(fleet.pv_kwp).tolist())
    owners |= set(fleet.devices.participant[~base].tolist())
    in_buildings = [owner for owner in owners if fleet.bus[owner] in shared]
    assert in_buildings
    for owner in in_buildings:
        assert consumed[owner] == consumed[fleet.bus == fleet.bus[owner]].max()


def test_all_devices_of_the_grid_are_behind_a_meter() -> None:
    grid, fleet = fleet_of(grid="1-LV-rural3", variant="far_future", equipment="simbench")
    assert len(fleet.devices.participant) == len(grid.loads.bus)
    assert fleet.devices.power_w.sum() == grid.loads.power_w.sum()
    assert fleet.pv_kwp.sum() * 1000 == pytest.approx(grid.plants.peak_w.sum())
    assert fleet.battery_capacity_mwh.sum() == 1000 * grid.storages.capacity_wh.sum()
    behind = grid.loads.bus[grid.loads.kind != LoadKind.BASE]
    owners = fleet.devices.participant[fleet.devices.kind != LoadKind.BASE]
    assert sorted(fleet.bus[owners].tolist()) == sorted(behind.tolist())


def test_a_plant_without_a_base_load_is_a_producer_of_its_own() -> None:
    grid = load_grid("1-LV-rural1", "today")
    bus = int(grid.plants.bus[0])
    stays = grid.loads.bus != bus
    kept = {name: getattr(grid.loads, name)[stays] for name in grid.loads.__dataclass_fields__}
    bare = replace(grid, loads=replace(grid.loads, **kept))
    fleet = build_fleet(bare, scenario(grid="1-LV-rural1", equipment="simbench"), seed=1)
    assert len(fleet) == 13
    (producer,) = np.flatnonzero(fleet.role == Role.PRODUCER)
    assert fleet.bus[producer] == bus
    assert fleet.profile[producer] == ""
    assert fleet.annual_load_wh[producer] == 0


def test_roles_follow_from_the_yearly_balance() -> None:
    load = np.array([1000, 1000, 1000, 1000, 9, 10, 0])
    generation = np.array([0, 1, 1000, 1001, 1000, 1000, 0])
    assert [Role(role).label for role in role_of(load, generation)] == [
        "consumer",
        "prosumer",
        "prosumer",
        "prosumer+",
        "producer",
        "prosumer+",
        "consumer",
    ]


def test_simbench_plant_owners_generate_more_than_they_consume() -> None:
    _, fleet = fleet_of(variant="far_future", equipment="simbench")
    owners = fleet.pv_kwp > 0
    assert (fleet.role[owners] == Role.PROSUMER_PLUS).all()
    assert (fleet.role[~owners] == Role.CONSUMER).all()


def test_households_draw_little_reactive_power_and_businesses_more() -> None:
    _, fleet = fleet_of()
    household = np.array([profile.startswith("H0") for profile in fleet.profile])
    assert fleet.reactive_ratio[household].max() < 0.15
    assert fleet.reactive_ratio[~household].max() > 0.25
