"""A battery behind the meter covers its owner's deviation before a contract is in breach."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cosim.clock import Clock
from cosim.neighbourhood import Neighbourhood, build_neighbourhood
from cosim.plant import Plant
from emulators.batteries.inbox import SetPointInbox
from emulators.batteries.set_point import SetPoint, battery_keys, encode_set_point
from emulators.links.transfer import Delivery, Direction
from twin.assets import Batteries
from twin.assets import step as battery_step

SEED = 1
MISTAKE_WH = 150
"""By which the forecast, and with it every commitment, is wrong."""

Choices = dict[str, Any]
ALL_HAVE_BATTERIES: Choices = {
    "neighbourhood.pv.share": 1.0,
    "neighbourhood.battery.share_of_pv": 1.0,
    "links.loss": 0.0,
}


@pytest.fixture(scope="module")
def scenario(make_scenario: Callable[..., Any]) -> Any:
    return make_scenario(ALL_HAVE_BATTERIES)


@pytest.fixture(scope="module")
def place(scenario: Any) -> Neighbourhood:
    return build_neighbourhood(scenario, SEED)


def deviations_wh(scenario: Any, place: Neighbourhood, told: bool) -> np.ndarray:
    """|position − commitment| (slots, n) [Wh], every household having committed to what the status
    quo would show and a mistake; `told`: the set-points arrive."""
    n = place.participants
    keys = battery_keys(SEED, n)
    plant = Plant(place, Clock.of(scenario, 0), SetPointInbox(SEED, n))
    committed = place.status_quo_wh[:, :n] + MISTAKE_WH
    for slot, targets in enumerate(committed.tolist()):
        start_s = slot * 3600
        messages = [
            Delivery(
                received_at_ms=(start_s - 59) * 1000,
                direction=Direction.DOWNLINK,
                meter=battery,
                sequence=slot,
                attempt=1,
                payload=encode_set_point(
                    SetPoint(battery, slot, start_s - 60, target), keys[battery]
                ),
            )
            for battery, target in enumerate(targets)
        ]
        plant.step(start_s, {"set_points": messages if told else []})
    plant.step(len(committed) * 3600, {})
    return np.abs(np.array(plant.net_wh)[:, :n] - committed)


def test_a_battery_that_can_lands_on_what_was_committed(
    scenario: Any, place: Neighbourhood
) -> None:
    deviation = deviations_wh(scenario, place, told=True)
    assert (deviation <= 1).mean() > 0.5  # within a register's resolution


def test_a_battery_that_was_not_told_leaves_the_mistake(
    scenario: Any, place: Neighbourhood
) -> None:
    deviation = deviations_wh(scenario, place, told=False)
    assert (np.abs(deviation - MISTAKE_WH) <= 1).all()


def test_without_batteries_the_mistake_stays(scenario: Any, place: Neighbourhood) -> None:
    n = place.participants
    bare = replace(
        place,
        batteries=Batteries.none(n),
        initial_soc_mwh=np.zeros(n, np.int64),
    )
    natural = bare.load_mwh - bare.generation_mwh
    bare = replace(bare, status_quo_wh=bare.at_meters(natural) // 1000, status_quo_net_mwh=natural)
    deviation = deviations_wh(scenario, bare, told=True)
    assert (np.abs(deviation - MISTAKE_WH) <= 2).all()


def test_even_the_same_mistake_all_day_is_covered_while_the_charge_lasts(
    scenario: Any, place: Neighbourhood
) -> None:
    told = deviations_wh(scenario, place, told=True)
    assert (told[0] <= 1).all()
    assert told.sum() < deviations_wh(scenario, place, told=False).sum()


def self_consumption_wh(run: Any, place: Neighbourhood) -> np.ndarray:
    """(slots, n) where each household would have landed in each slot, had its battery then served
    self-consumption, from the charge that it really had."""
    n = place.participants
    soc = run.array(
        "select soc_mwh from meter where kind = 'participant' order by slot, meter"
    ).reshape(-1, n)
    natural = place.load_mwh - place.generation_mwh
    before = np.vstack([place.initial_soc_mwh, soc[:-1]])
    none = np.zeros(n, np.int64)
    return (
        np.array(
            [
                battery_step(place.batteries, before[slot], natural[slot], none)[0] + natural[slot]
                for slot in range(len(soc))
            ]
        )
        / 1000
    )


def test_in_a_run_no_battery_leaves_its_owner_further_from_the_commitment(
    scenario: Any, place: Neighbourhood, run_of: Callable[..., Any]
) -> None:
    run = run_of(ALL_HAVE_BATTERIES, SEED)
    rows = run.array("""
        select true_import_wh - true_export_wh, committed_net_wh from meter
        where kind = 'participant' order by slot, meter
    """)
    net, committed = rows.T.reshape(2, -1, place.participants)
    bound = committed != 0
    with_firming = np.abs(net - committed)[bound]
    without = np.abs(self_consumption_wh(run, place) - committed)[bound]
    assert bound.sum() > 40
    assert (with_firming <= without + 2).all()
    assert with_firming.sum() < 0.9 * without.sum()
