"""A contested reading, and one of a suspended meter, settles nothing until it is put right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import refusal_name
from emulators.chain.words import MEASURED, MISSING, REVIEWED, SUBSTITUTED
from twin.settlement import Agreements, settle

Make = Callable[..., Agreements]
ROWS = (
    (1, 0, 1, 0, 600, 200_000, 10_000, 30_000_000, 30_000_000),
    (1, 2, 3, 1, 500, 180_000, 20_000, 40_000_000, 40_000_000),
)
NET = np.array([-590, 610, -480, 500, 0, 0, 0, 0])


def qualities(**changes: int) -> Any:
    quality = np.full(8, MEASURED, np.uint8)
    for party, value in changes.items():
        quality[int(party[1:])] = value
    return quality


@pytest.fixture(params=["contested", "suspended"])
def doubted(request: pytest.FixtureRequest) -> tuple[Callable[[Any], Any], str]:
    """What makes a reading of participant 0 not count, and what the market then says."""

    def contest(world: Any) -> Any:
        start = max(world.time + 1, world.calendar.delivery_start(0))
        world.time = start
        return world.send_by(0, "market", "contest", 0)

    def suspend(world: Any) -> Any:
        meter = world.actors.meters[0].address
        return world.send_as("dso", "registry", "setMeterStanding", [meter], False)

    if request.param == "contested":
        return contest, "Contested"
    return suspend, "MeterSuspended"


def test_a_doubted_reading_settles_nothing(
    any_world: Any, book: Any, agreements: Make, doubted: Any
) -> None:
    world, terms, (doubt, error) = any_world, agreements(*ROWS), doubted
    batch = world.committed(terms)
    book.commit(terms)
    assert doubt(world).succeeded
    assert refusal_name(world.settle(batch, batch.all_measured(NET))) == error
    assert book.matches(world)


def test_others_are_settled_all_the_same(
    world: Any, book: Any, agreements: Make, doubted: Any
) -> None:
    terms = agreements(*ROWS)
    batch = world.committed(terms)
    book.commit(terms)
    assert doubted[0](world).succeeded
    outcome = settle(terms, NET, batch.rates)
    assert world.settle(batch, batch.readings(NET, qualities(p0=MISSING))).succeeded
    book.settle(terms, outcome, [1])
    assert book.matches(world)


@pytest.mark.parametrize(("quality", "late"), [(REVIEWED, False), (SUBSTITUTED, True)])
def test_a_reviewed_reading_or_a_late_substitute_counts(
    world: Any, book: Any, agreements: Make, doubted: Any, quality: int, late: bool
) -> None:
    terms = agreements(*ROWS)
    batch = world.committed(terms)
    book.commit(terms)
    assert doubted[0](world).succeeded
    time = world.calendar.substitutes_from(0) if late else None
    net = NET + np.array([-10, 0, 0, 0, 0, 0, 0, 0])
    assert world.settle(batch, batch.readings(net, qualities(p0=quality)), time).succeeded
    book.settle(terms, settle(terms, net, batch.rates), slice(None))
    assert book.matches(world)


def test_what_is_settled_is_settled(world: Any, book: Any, agreements: Make) -> None:
    terms = agreements(*ROWS)
    batch = world.committed(terms)
    book.commit(terms)
    first = batch.readings(NET, qualities(p2=MISSING))
    assert world.settle(batch, first).succeeded
    assert world.send_by(0, "market", "contest", 0).succeeded
    assert world.settle(batch, batch.readings(NET, qualities(), first)).succeeded
    book.settle(terms, settle(terms, NET, batch.rates), slice(None))
    assert book.matches(world)


def test_a_contest_of_one_slot_leaves_the_others(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(*ROWS), slot=1)
    world.time = world.calendar.delivery_start(0)
    assert world.send_by(0, "market", "contest", 0).succeeded
    assert world.settle(batch, batch.all_measured(NET)).succeeded


@pytest.mark.parametrize("when", ["early", "late"])
def test_a_contest_has_its_time(world: Any, when: str) -> None:
    calendar = world.calendar
    world.time = (
        calendar.delivery_start(0) - 2 if when == "early" else calendar.substitutes_from(0) - 1
    )
    assert refusal_name(world.send_by(0, "market", "contest", 0)) == "ContestClosed"


def test_a_reinstated_meter_counts_again(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(*ROWS))
    meter = [world.actors.meters[0].address]
    assert world.send_as("dso", "registry", "setMeterStanding", meter, False).succeeded
    assert world.send_as("dso", "registry", "setMeterStanding", meter, True).succeeded
    assert world.settle(batch, batch.all_measured(NET)).succeeded
