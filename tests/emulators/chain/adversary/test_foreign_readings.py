"""A reading that does not come from the party's own meter, or from one that does not count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from emulators.chain.keys import party_key
from emulators.chain.words import MEASURED, MISSING
from twin.settlement import Agreements

Make = Callable[..., Agreements]
DEPOSIT_NEUR = 50_000_000_000
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
OTHER = (1, 2, 3, 0, 400, 150_000, 10_000, 5_000_000, 4_000_000)


def suspend_meter(world: Any, index: int, active: bool = False) -> None:
    meters = [world.actors.meters[index].address]
    assert world.send_as("dso", "registry", "setMeterStanding", meters, active).succeeded


def test_a_reading_signed_by_a_meter_of_somebody_else(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    """Only the oracle's signature makes readings count."""
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(kept(batch.agreements))
    world.time = batch.delivery_end
    for signer in (world.actors.meters[5], world.actors.meters[0], world.actors.keys[0]):
        forged = world.client.settle(batch, readings, oracle=signer)
        refused(lambda t=forged: world.mine(t), "WrongSignature")


def test_a_reading_of_a_suspended_meter(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    """Its agreements wait; those of others are settled without it."""
    terms = agreements(TRADE, OTHER)
    batch = world.committed(terms)
    suspend_meter(world, 2)
    refused(lambda: world.settle(batch, batch.all_measured(kept(terms))), "MeterSuspended")
    quality = np.full(len(world.actors.keys), MEASURED, np.uint8)
    quality[2] = MISSING
    first = batch.readings(kept(terms), quality)
    assert world.settle(batch, first).succeeded
    assert world.balances().free_neur[0] == DEPOSIT_NEUR + 1_000 * 200_000
    suspend_meter(world, 2, active=True)
    second = batch.readings(kept(terms), np.full_like(quality, MEASURED), first)
    assert world.settle(batch, second).succeeded
    assert world.balances().free_neur[2] == DEPOSIT_NEUR + 400 * 150_000


def test_a_contested_reading(world: Any, agreements: Make, refused: Any, kept: Any) -> None:
    """As measured it moves nothing; nobody else's agreements wait for it."""
    terms = agreements(TRADE, OTHER)
    batch = world.committed(terms)
    contest = world.send_by(0, "market", "contest", 0)
    assert not contest.succeeded, "a slot that has not begun has no reading"
    world.time = world.calendar.delivery_end(0)
    assert world.send_by(0, "market", "contest", 0).succeeded
    refused(lambda: world.settle(batch, batch.all_measured(kept(terms))), "Contested")
    quality = np.full(len(world.actors.keys), MEASURED, np.uint8)
    quality[0] = MISSING
    assert world.settle(batch, batch.readings(kept(terms), quality)).succeeded
    held = world.balances()
    assert held.free_neur[2] == DEPOSIT_NEUR + 400 * 150_000
    assert held.locked_neur[[0, 1]].tolist() == [7_000_000, 1_000 * 220_000 + 9_000_000]


def test_a_reading_contested_by_somebody_else(world: Any, agreements: Make, kept: Any) -> None:
    """Only the party itself can hold up its reading."""
    batch = world.committed(agreements(TRADE))
    world.time = world.calendar.delivery_end(0)
    assert world.send_by(5, "market", "contest", 0).succeeded
    assert world.settle(batch, batch.all_measured(kept(batch.agreements))).succeeded


def test_a_meter_bound_by_its_owner(world: Any, refused: Any) -> None:
    """Meters are the DSO's to bind: nobody brings one that runs as it likes."""
    meters, owners = [party_key(99, "home made").address], [world.actors.addresses[0]]
    refused(
        lambda: world.send_by(0, "registry", "bindMeters", meters, owners),
        "AccessControlUnauthorizedAccount",
    )
