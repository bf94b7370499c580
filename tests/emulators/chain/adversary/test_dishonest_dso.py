"""The grid operator owns the meters; it withholds, vetoes, or asks for more than was signed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from emulators.chain.words import MEASURED, MISSING
from twin.settlement import Agreements

Make = Callable[..., Agreements]
DEPOSIT_NEUR = 50_000_000_000
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
OTHER = (1, 2, 3, 0, 400, 150_000, 10_000, 5_000_000, 4_000_000)


def test_all_readings_withheld(world: Any, agreements: Make) -> None:
    """Nothing is paid on nothing; after the last day everybody has its escrow back."""
    batch = world.committed(agreements(TRADE))
    late = world.calendar.last_settlement(0) + 1
    assert world.mine(world.client.release(batch, batch.none_read()), late).succeeded
    held = world.balances()
    assert held.free_neur.tolist() == [DEPOSIT_NEUR] * 8 + [0, 0]
    assert held.locked_neur.sum() == 0


def test_one_reading_withheld(world: Any, agreements: Make, kept: Any) -> None:
    """Only agreements of that meter wait; those of others are paid in full meanwhile."""
    terms = agreements(TRADE, OTHER)
    batch = world.committed(terms)
    quality = np.full(len(world.actors.keys), MEASURED, np.uint8)
    quality[2] = MISSING
    assert world.settle(batch, batch.readings(kept(terms), quality)).succeeded
    held = world.balances()
    assert held.free_neur[0] == DEPOSIT_NEUR + 1_000 * 200_000
    assert held.locked_neur[[2, 3]].tolist() == [5_000_000, 400 * 160_000 + 4_000_000]
    assert held.locked_neur[[0, 1]].tolist() == [0, 0]


def test_a_settlement_on_no_reading(world: Any, agreements: Make, refused: Any) -> None:
    batch = world.committed(agreements(TRADE))
    refused(lambda: world.settle(batch, batch.none_read()), "NothingToSettle")


def test_a_reading_signed_by_the_dso_instead_of_the_oracle(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(kept(batch.agreements))
    signed = world.client.settle(batch, readings, oracle=world.actors.operators["dso"])
    refused(lambda: world.mine(signed, batch.delivery_end), "WrongSignature")


def test_a_fee_raised_after_the_parties_signed(world: Any, agreements: Make, refused: Any) -> None:
    signed = world.batch(agreements(TRADE))
    asked = world.batch(agreements((*TRADE[:6], 21_000, *TRADE[7:])))
    signatures = [*world.client.sign(signed)[:2], *world.client.sign(asked)[2:]]
    refused(lambda: world.mine(world.client.commit(asked, signatures)), "WrongSignature")


def test_a_fee_raised_before_the_settlement(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    world.committed(agreements(TRADE))
    asked = world.batch(agreements((*TRADE[:6], 21_000, *TRADE[7:])))
    readings = asked.all_measured(kept(asked.agreements))
    refused(lambda: world.settle(asked, readings), "UnknownBatch")


def test_a_meter_taken_from_its_owner(world: Any, refused: Any) -> None:
    meters, owners = [world.actors.meters[0].address], [world.actors.addresses[1]]
    refused(lambda: world.send_as("dso", "registry", "bindMeters", meters, owners), "MeterTaken")


def test_a_reading_changed_after_it_was_used(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    """What one counterparty was settled on holds for the others too."""
    terms = agreements(TRADE, (1, 0, 2, 0, 500, 180_000, 10_000, 1_000_000, 1_000_000))
    batch = world.committed(terms)
    quality = np.full(len(world.actors.keys), MEASURED, np.uint8)
    quality[2] = MISSING
    first = batch.readings(kept(terms), quality)
    assert world.settle(batch, first).succeeded
    second = batch.readings(kept(terms), np.full_like(quality, MEASURED), first)
    second.net_wh[0] += 300
    refused(lambda: world.settle(batch, second), "UnknownBatch")
