"""Something that was signed once is presented again, elsewhere or later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emulators.chain.deployment import NO_DEADLINE
from emulators.chain.keys import party_key
from emulators.chain.typed_data import (
    MARKET_NAME,
    STABLECOIN_NAME,
    digest,
    domain_separator,
    permit_hash,
)
from twin.settlement import Agreements

Make = Callable[..., Agreements]
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)


class Recorded:
    """A signature that was given once, presented whatever is asked."""

    def __init__(self, signature: bytes) -> None:
        self.signature = signature

    def sign_digest(self, _: bytes) -> bytes:
        return self.signature


def elsewhere(world: Any, batch: Any, where: str) -> Any:
    """The same batch as it would be signed for another chain or another market."""
    chain, contract = world.actors.chain_id, world.contracts.market
    if where == "chain":
        chain += 1
    else:
        contract = party_key(99, "another market").address
    return replace(batch, separator=domain_separator(MARKET_NAME, chain, contract))


@pytest.mark.parametrize("change", [{"slot": 1}, {"number": 1}], ids=["slot", "batch"])
def test_orders_replayed_in_another_slot_or_batch(
    world: Any, agreements: Make, refused: Any, change: dict[str, int]
) -> None:
    signed = world.committed(agreements(TRADE))
    slot = change.get("slot", 0)
    sent = replace(signed, **change, delivery_end=world.calendar.delivery_end(slot))
    signatures = world.client.sign(signed)
    refused(lambda: world.mine(world.client.commit(sent, signatures)), "WrongSignature")


@pytest.mark.parametrize("where", ["chain", "contract"])
def test_orders_replayed_from_another_chain_or_contract(
    world: Any, agreements: Make, refused: Any, where: str
) -> None:
    batch = world.batch(agreements(TRADE))
    signatures = world.client.sign(elsewhere(world, batch, where))
    refused(lambda: world.mine(world.client.commit(batch, signatures)), "WrongSignature")


def test_a_commit_replayed_while_open(world: Any, agreements: Make, refused: Any) -> None:
    batch = world.committed(agreements(TRADE))
    refused(lambda: world.commit(batch), "BatchExists")


def test_a_commit_replayed_after_its_settlement(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    batch = world.committed(agreements(TRADE))
    assert world.settle(batch, batch.all_measured(kept(batch.agreements))).succeeded
    refused(lambda: world.commit(batch), "CommitDeadlinePassed")


def test_a_settlement_replayed(world: Any, agreements: Make, refused: Any, kept: Any) -> None:
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(kept(batch.agreements))
    assert world.settle(batch, readings).succeeded
    refused(lambda: world.settle(batch, readings), "UnknownBatch")


def test_readings_replayed_in_another_slot(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    first, second = (world.committed(agreements(TRADE), slot=slot) for slot in (0, 1))
    readings = first.all_measured(kept(first.agreements))
    oracle = world.actors.operators["oracle"]
    recorded = Recorded(oracle.sign_digest(first.readings_digest(readings)))
    replayed = world.client.settle(second, readings, oracle=recorded)
    refused(lambda: world.mine(replayed, second.delivery_end), "WrongSignature")


@pytest.mark.parametrize("where", ["chain", "contract"])
def test_readings_replayed_from_another_chain_or_contract(
    world: Any, agreements: Make, refused: Any, kept: Any, where: str
) -> None:
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(kept(batch.agreements))
    oracle = world.actors.operators["oracle"]
    foreign = elsewhere(world, batch, where).readings_digest(readings)
    replayed = world.client.settle(batch, readings, Recorded(oracle.sign_digest(foreign)))
    refused(lambda: world.mine(replayed, batch.delivery_end), "WrongSignature")


def test_a_permit_replayed(world: Any, refused: Any) -> None:
    """Coins taken out again cannot be drawn in by the old authorisation."""
    key, amount = world.actors.keys[0], 50_000_000_000
    assert world.send_by(0, "market", "withdraw", amount).succeeded
    separator = domain_separator(STABLECOIN_NAME, world.actors.chain_id, world.contracts.stablecoin)
    struct = permit_hash(key.address, world.contracts.market, amount, 0, NO_DEADLINE)
    given = key.sign_digest(digest(separator, struct))
    permit = (key.address, amount, NO_DEADLINE, given[64], given[:32], given[32:64])
    refused(
        lambda: world.send_as("auction_house", "market", "depositPermitted", [permit]),
        "ERC2612InvalidSigner",
    )
