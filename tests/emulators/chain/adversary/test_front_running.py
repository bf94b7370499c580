"""Somebody sees a transaction on its way and gets in before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emulators.chain.deployment import NO_DEADLINE
from emulators.chain.typed_data import STABLECOIN_NAME, digest, domain_separator, permit_hash
from twin.settlement import Agreements, StabilityRates

Make = Callable[..., Agreements]
STRANGER = 5
DEPOSIT_NEUR = 50_000_000_000
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
OTHER = (1, 2, 3, 0, 400, 150_000, 10_000, 5_000_000, 4_000_000)


def test_a_commit_carried_by_a_stranger(
    world: Any, book: Any, agreements: Make, carried_by: Any, refused: Any
) -> None:
    """What stands is what was signed, once; who carried it gains nothing."""
    batch = world.batch(agreements(TRADE))
    signatures = world.client.sign(batch)
    assert world.mine(carried_by(STRANGER).commit(batch, signatures)).succeeded
    book.commit(batch.agreements)
    assert book.matches(world)
    refused(lambda: world.mine(world.client.commit(batch, signatures)), "BatchExists")


@pytest.mark.parametrize(
    "change",
    [{"number": 1}, {"rates": StabilityRates(0, 0)}, {"commit_deadline": 1_465_941_599}],
    ids=["batch", "rates", "deadline"],
)
def test_a_commit_altered_on_its_way(
    world: Any, agreements: Make, carried_by: Any, refused: Any, change: dict[str, Any]
) -> None:
    seen = world.batch(agreements(TRADE))
    signatures = world.client.sign(seen)
    altered = replace(seen, **change)
    attack = carried_by(STRANGER).commit(altered, signatures)
    refused(lambda: world.mine(attack), "WrongSignature")
    assert world.mine(world.client.commit(seen, signatures)).succeeded


def test_a_settlement_carried_by_a_stranger(
    world: Any, agreements: Make, carried_by: Any, kept: Any
) -> None:
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(kept(batch.agreements))
    carried = carried_by(STRANGER).settle(batch, readings)
    assert world.mine(carried, batch.delivery_end).succeeded
    held = world.balances()
    assert held.free_neur[0] == DEPOSIT_NEUR + 1_000 * 200_000
    assert held.free_neur[STRANGER] == DEPOSIT_NEUR


def test_a_withdrawal_just_before_the_commit(world: Any, agreements: Make, refused: Any) -> None:
    """The batch is refused whole; without the deserter it is signed anew and taken."""
    batch = world.batch(agreements(TRADE, OTHER))
    signatures = world.client.sign(batch)
    assert world.send_by(3, "market", "withdraw", DEPOSIT_NEUR).succeeded
    refused(lambda: world.mine(world.client.commit(batch, signatures)), "InsufficientFree")
    world.committed(agreements(TRADE))


def test_a_permit_used_up_before_its_deposit(world: Any, refused: Any) -> None:
    """The deposit is refused, the coins stay with their owner, who can deposit them itself."""
    key, amount = world.actors.keys[0], 1_000
    assert world.send_by(0, "market", "withdraw", amount).succeeded
    separator = domain_separator(STABLECOIN_NAME, world.actors.chain_id, world.contracts.stablecoin)
    struct = permit_hash(key.address, world.contracts.market, amount, 1, NO_DEADLINE)
    given = key.sign_digest(digest(separator, struct))
    permit = (given[64], given[:32], given[32:64])
    owner = (key.address, world.contracts.market, amount, NO_DEADLINE, *permit)
    assert world.send_by(STRANGER, "stablecoin", "permit", *owner).succeeded
    carried = [(key.address, amount, NO_DEADLINE, *permit)]
    refused(
        lambda: world.send_as("auction_house", "market", "depositPermitted", carried),
        "ERC2612InvalidSigner",
    )
    assert world.send_by(0, "market", "deposit", amount).succeeded
    assert world.balances().free_neur[0] == DEPOSIT_NEUR
