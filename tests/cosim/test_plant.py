"""Counters of the fleet move by what was drawn and fed in, and batteries do as they were told."""

import numpy as np
import pytest

from cosim.clock import Clock
from cosim.neighbourhood import Neighbourhood
from cosim.plant import Plant
from emulators.batteries.inbox import SetPointInbox
from emulators.batteries.set_point import SetPoint, battery_keys, encode_set_point
from emulators.links.transfer import Delivery, Direction
from twin.scenario import Scenario

SEED = 1


@pytest.fixture
def plant(place: Neighbourhood, scenario: Scenario) -> Plant:
    return Plant(place, Clock.of(scenario, 0), SetPointInbox(SEED, place.participants))


def set_point(battery: int, slot: int, target_wh: int, arrives_at_s: int) -> Delivery:
    key = battery_keys(SEED, 12)[battery]
    payload = encode_set_point(SetPoint(battery, slot, arrives_at_s - 1, target_wh), key)
    return Delivery(arrives_at_s * 1000, Direction.DOWNLINK, battery, slot, 1, payload)


def test_nothing_moves_in_the_prelude(plant: Plant) -> None:
    out = plant.step(-3600, {})
    assert (out["registers"], out["flows"], out["rows"]) == (None, None, {})


def test_at_the_start_the_meters_show_what_the_warm_up_left(
    plant: Plant, place: Neighbourhood
) -> None:
    registers = plant.step(0, {})["registers"]
    assert (registers["import_wh"] == place.warm_up.import_wh[-1]).all()
    assert (registers["export_wh"] == place.warm_up.export_wh[-1]).all()


def test_counters_grow_by_what_was_drawn_and_fed_in(plant: Plant, place: Neighbourhood) -> None:
    before = plant.import_mwh - plant.export_mwh
    rows = plant.step(3600, {})["rows"]["meter.truth"]
    net = rows["load_mwh"] - rows["generation_mwh"] + rows["battery_mwh"]
    assert (plant.import_mwh - plant.export_mwh - before == net).all()


def test_a_buildings_meter_counts_its_flats(plant: Plant, place: Neighbourhood) -> None:
    rows = plant.step(3600, {})["rows"]["meter.truth"]
    n, flats = place.participants, place.fleet.building == 0
    assert flats.sum() > 1
    for column in ("load_mwh", "generation_mwh", "battery_mwh", "soc_mwh"):
        assert rows[column][n] == rows[column][:n][flats].sum()


def test_without_set_points_it_is_the_status_quo(plant: Plant, place: Neighbourhood) -> None:
    for slot in range(24):
        plant.step((slot + 1) * 3600, {})
    assert (np.array(plant.net_wh) == place.status_quo_wh).all()


def test_power_flow_gets_the_net_of_every_participant(plant: Plant, place: Neighbourhood) -> None:
    slot, net_mwh = plant.step(7200, {})["flows"]
    assert slot == 1
    assert len(net_mwh) == place.participants


def test_mean_power_is_the_energy_of_the_slot(plant: Plant) -> None:
    out = plant.step(3600, {})
    rows = out["rows"]["meter.truth"]
    net_wh = (rows["load_mwh"] - rows["generation_mwh"] + rows["battery_mwh"]) / 1000
    assert out["registers"]["power_w"] == pytest.approx(net_wh)


def battery_owner(place: Neighbourhood) -> int:
    return int(np.argmax(place.batteries.capacity_mwh))


def test_a_battery_follows_a_set_point_that_arrived_before_its_slot(
    plant: Plant, place: Neighbourhood
) -> None:
    owner = battery_owner(place)
    target = int(place.status_quo_wh[0, owner]) + 100
    plant.step(0, {"set_points": [set_point(owner, 0, target, -10)]})
    rows = plant.step(3600, {})["rows"]["meter.truth"]
    assert rows["target_net_wh"][owner] == target
    assert rows["setpoint_received"][owner]
    assert abs(plant.net_wh[0][owner] - target) <= 1


def test_a_set_point_that_arrives_after_its_slot_began_changes_nothing(
    plant: Plant, place: Neighbourhood
) -> None:
    owner = battery_owner(place)
    late = set_point(owner, 0, int(place.status_quo_wh[0, owner]) + 100, 10)
    rows = plant.step(3600, {"set_points": [late]})["rows"]["meter.truth"]
    assert not rows["setpoint_received"].any()
    assert plant.net_wh[0][owner] == place.status_quo_wh[0, owner]


def test_a_set_point_to_a_house_without_a_battery_is_not_counted(
    plant: Plant, place: Neighbourhood
) -> None:
    bare = int(np.argmin(place.batteries.capacity_mwh))
    plant.step(0, {"set_points": [set_point(bare, 0, 0, -10)]})
    assert not plant.step(3600, {})["rows"]["meter.truth"]["setpoint_received"].any()


def test_a_forged_set_point_is_counted_and_changes_nothing(
    plant: Plant, place: Neighbourhood
) -> None:
    owner = battery_owner(place)
    forged = set_point(owner, 0, 5000, -10)
    forged = forged._replace(payload=forged.payload[:-1] + bytes([forged.payload[-1] ^ 1]))
    plant.step(0, {"set_points": [forged]})
    plant.step(3600, {})
    assert plant.inbox.forged == 1
    assert plant.net_wh[0][owner] == place.status_quo_wh[0, owner]


def test_every_meter_is_a_device(plant: Plant, place: Neighbourhood) -> None:
    assert list(plant.devices) == list(place.meter_ids)
