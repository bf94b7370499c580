from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from emulators.chain.artefacts import refusal, refusal_name
from twin.settlement import Agreements

DEPOSIT = 50_000_000_000
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
ESCROW = 1_000 * 220_000 + 9_000_000


def suspend(world: Any, index: int, active: bool = False) -> None:
    parties = [world.actors.addresses[index]]
    assert world.send_as("auction_house", "registry", "setStanding", parties, active).succeeded


def test_free_money_can_be_taken_out(any_world: Any) -> None:
    assert any_world.send_by(0, "market", "withdraw", 12).succeeded
    held = any_world.balances()
    assert (held.free_neur[0], held.wallet_neur[0]) == (DEPOSIT - 12, 12)


def test_coins_can_be_put_back_and_paid_out(world: Any) -> None:
    world.send_by(0, "market", "withdraw", 12)
    assert world.send_by(0, "stablecoin", "approve", world.contracts.market, 5).succeeded
    assert world.send_by(0, "market", "deposit", 5).succeeded
    assert world.send_by(0, "stablecoin", "withdraw", 7).succeeded
    held = world.balances()
    assert (held.free_neur[0], held.wallet_neur[0]) == (DEPOSIT - 7, 0)


def test_more_than_is_free_cannot_be_taken_out(world: Any) -> None:
    receipt = world.send_by(0, "market", "withdraw", DEPOSIT + 1)
    assert refusal_name(receipt) == "InsufficientFree"


def test_locked_money_cannot_be_taken_out(
    world: Any, agreements: Callable[..., Agreements]
) -> None:
    world.committed(agreements(TRADE))
    receipt = world.send_by(1, "market", "withdraw", DEPOSIT)
    assert f"free={DEPOSIT - ESCROW}" in refusal(receipt.revert_data)
    assert world.send_by(1, "market", "withdraw", DEPOSIT - ESCROW).succeeded


def test_a_suspended_party_enters_no_agreement(
    world: Any, agreements: Callable[..., Agreements]
) -> None:
    suspend(world, 1)
    receipt = world.commit(world.batch(agreements(TRADE)))
    assert refusal_name(receipt) == "NotActive"
    suspend(world, 1, active=True)
    assert world.commit(world.batch(agreements(TRADE))).succeeded


def test_a_suspended_party_is_settled_and_can_leave(
    world: Any, agreements: Callable[..., Agreements]
) -> None:
    terms = agreements(TRADE)
    batch = world.committed(terms)
    suspend(world, 0)
    readings = batch.all_measured(net_of(world, terms))
    assert world.settle(batch, readings).succeeded
    free = int(world.balances().free_neur[0])
    assert free == DEPOSIT + 1_000 * 200_000
    assert world.send_by(0, "market", "withdraw", free).succeeded


def net_of(world: Any, terms: Agreements) -> Any:
    net = np.zeros(len(world.actors.keys), np.int64)
    np.add.at(net, terms.buyer, terms.quantity_wh)
    np.subtract.at(net, terms.seller, terms.quantity_wh)
    return net


def test_a_suspended_party_cannot_deposit(world: Any) -> None:
    suspend(world, 0)
    assert refusal_name(world.send_by(0, "market", "deposit", 0)) == "NotActive"


def test_only_the_registry_changes_a_standing(world: Any) -> None:
    parties = [world.actors.addresses[0]]
    receipt = world.send_as("auction_house", "market", "standingChanged", parties, False)
    assert refusal_name(receipt) == "OnlyRegistry"
