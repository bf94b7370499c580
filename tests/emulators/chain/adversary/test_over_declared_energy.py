"""A seller declares energy that it does not have, or the same energy twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulators.chain.market import token_id
from emulators.chain.orders import OrderTerms
from twin.settlement import Agreements

Make = Callable[..., Agreements]
DEPOSIT_NEUR = 50_000_000_000
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 150_000_000, 9_000_000)


def test_over_declared_energy(world: Any, agreements: Make, kept: Any) -> None:
    """The meter decides: the buyer pays what it agreed to, the liar loses, the tokens lapse."""
    batch = world.committed(agreements(TRADE))
    net = kept(batch.agreements)
    net[0] = -100  # one tenth of what it declared
    assert world.settle(batch, batch.all_measured(net)).succeeded
    held = world.balances()
    assert held.free_neur[0] == DEPOSIT_NEUR + 100 * 200_000 - 900 * 100_000
    assert held.free_neur[1] == DEPOSIT_NEUR - 1_000 * 220_000
    totals = world.client.token_totals(world.node)
    assert (totals.minted_wh, totals.burned_wh, totals.lapsed_wh) == (1_000, 100, 900)


def test_more_energy_declared_than_offered(world: Any, agreements: Make, refused: Any) -> None:
    """No order is for 2³² Wh, so that a lane of tokens never spills into the next slot's."""
    rows = ((1, 0, 1, 0, 2**32 - 1, 0, 0, 1, 1), (1, 0, 2, 0, 1, 0, 0, 1, 1))
    terms = agreements(*rows)
    orders = OrderTerms.allowing(terms)
    orders.quantity_wh[0] = 2**32 - 1
    refused(lambda: world.commit(world.batch(terms, orders=orders)), "OrderExceeded")


def test_the_same_energy_sold_twice_in_one_slot(world: Any, agreements: Make, refused: Any) -> None:
    world.committed(agreements(TRADE))
    again = world.batch(agreements((1, 0, 2, *TRADE[3:])), number=1)
    refused(lambda: world.commit(again), "AlreadyInSlot")


def test_declared_energy_handed_to_somebody_else(
    world: Any, agreements: Make, refused: Any
) -> None:
    world.committed(agreements(TRADE))
    seller, accomplice = world.actors.addresses[0], world.actors.addresses[5]
    move = (seller, accomplice, token_id(0, 0), 1_000, b"")
    refused(lambda: world.send_by(0, "energy_token", "safeTransferFrom", *move), "NotTransferable")


def test_tokens_minted_without_an_agreement(world: Any, refused: Any) -> None:
    seller = [world.actors.addresses[0]]
    refused(lambda: world.send_by(0, "energy_token", "mint", 0, seller, [1_000]), "OnlyMarket")
