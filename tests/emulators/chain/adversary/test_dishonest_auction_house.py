"""The auction house, which carries what others sign, matches or carries something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emulators.chain.orders import OrderTerms
from twin.settlement import Agreements

Make = Callable[..., Agreements]
DEPOSIT_NEUR = 50_000_000_000
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
OTHER = (1, 2, 3, 0, 400, 150_000, 10_000, 5_000_000, 4_000_000)


def offered(world: Any, terms: Agreements, **change: Any) -> Any:
    """A batch of `terms` whose orders are as `change` says: [seller, buyer]."""
    orders = OrderTerms.allowing(terms)
    columns = {name: np.array(values) for name, values in change.items()}
    return world.batch(terms, orders=replace(orders, **columns))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"limit_ueur_per_kwh": [200_001, 220_000]}, "PriceBelowLimit"),
        ({"limit_ueur_per_kwh": [200_000, 219_999]}, "PriceAboveLimit"),
        ({"quantity_wh": [999, 1_000]}, "OrderExceeded"),
        ({"quantity_wh": [1_000, 999]}, "OrderExceeded"),
        ({"origins": [0b10, 0b11]}, "OriginNotAccepted"),
        ({"origins": [0b11, 0b10]}, "OriginNotAccepted"),
        ({"is_request": [True, True]}, "OriginNotAccepted"),
        ({"is_request": [False, False]}, "OriginNotAccepted"),
    ],
    ids=[
        "price below the offer",
        "price and fee above the request",
        "more than offered",
        "more than requested",
        "an origin that the seller does not have",
        "an origin that the buyer does not accept",
        "a buyer made to sell",
        "a seller made to buy",
    ],
)
def test_an_agreement_outside_its_orders(
    world: Any, agreements: Make, refused: Any, change: dict[str, Any], error: str
) -> None:
    """Though everybody's wallet signed without looking."""
    refused(lambda: world.commit(offered(world, agreements(TRADE), **change)), error)


@pytest.mark.parametrize(
    "change",
    [{"limit_ueur_per_kwh": [0, 220_000]}, {"quantity_wh": [2_000, 1_000]}, {"origins": [255, 1]}],
    ids=["limit", "quantity", "origins"],
)
def test_an_order_widened_after_it_was_signed(
    world: Any, agreements: Make, refused: Any, change: dict[str, Any]
) -> None:
    terms = agreements(TRADE)
    signatures = world.client.sign(world.batch(terms))
    widened = offered(world, terms, **change)
    refused(lambda: world.mine(world.client.commit(widened, signatures)), "WrongSignature")


def test_a_wrong_path_fee(world: Any, agreements: Make, refused: Any) -> None:
    """The DSO did not sign for this fee, whoever else did."""
    signed, asked = (world.batch(agreements((*TRADE[:6], fee, 1, 1))) for fee in (20_000, 5_000))
    signatures = world.client.sign(asked)
    signatures[2] = world.client.sign(signed)[2]
    refused(lambda: world.mine(world.client.commit(asked, signatures)), "WrongSignature")


def test_a_path_fee_behind_one_meter(world: Any, agreements: Make, refused: Any) -> None:
    refused(lambda: world.commit(world.batch(agreements((0, *TRADE[1:])))), "FeeBehindMeter")


def test_an_agreement_omitted_from_what_was_signed(
    world: Any, agreements: Make, refused: Any
) -> None:
    signed = world.batch(agreements(TRADE, OTHER))
    less = replace(signed, agreements=agreements(TRADE))
    given = world.client.sign(signed)
    signatures = [*given[:2], *given[4:]]
    refused(lambda: world.mine(world.client.commit(less, signatures)), "WrongSignature")


def test_an_agreement_omitted_from_the_settlement(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    batch = world.committed(agreements(TRADE, OTHER))
    less = world.batch(agreements(TRADE))
    readings = less.all_measured(kept(batch.agreements))
    refused(lambda: world.settle(less, readings), "UnknownBatch")


def test_an_agreement_doubled_in_its_batch(world: Any, agreements: Make, refused: Any) -> None:
    refused(lambda: world.commit(world.batch(agreements(TRADE, TRADE))), "UnsortedAgreements")


def test_an_agreement_doubled_in_another_batch(world: Any, agreements: Make, refused: Any) -> None:
    world.committed(agreements(TRADE))
    refused(lambda: world.commit(world.batch(agreements(TRADE), number=1)), "AlreadyInSlot")


def test_a_cancelled_order_matched_all_the_same(world: Any, agreements: Make, refused: Any) -> None:
    assert world.send_by(1, "market", "cancelOrders", 5).succeeded
    stale = OrderTerms.allowing(agreements(TRADE), nonce=4)
    batch = world.batch(agreements(TRADE), orders=stale)
    refused(lambda: world.commit(batch), "OrderCancelled")


def test_an_honest_party_suspended_after_the_commit(
    world: Any, agreements: Make, kept: Any
) -> None:
    """It is settled like everybody else, and can leave with all its money."""
    batch = world.committed(agreements(TRADE))
    parties = [world.actors.addresses[0]]
    assert world.send_as("auction_house", "registry", "setStanding", parties, False).succeeded
    assert world.settle(batch, batch.all_measured(kept(batch.agreements))).succeeded
    assert world.send_by(0, "market", "withdraw", DEPOSIT_NEUR + 1_000 * 200_000).succeeded


def test_a_settlement_that_the_auction_house_does_not_carry(
    world: Any, agreements: Make, carried_by: Any, kept: Any
) -> None:
    """Any party can carry it itself."""
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(kept(batch.agreements))
    carried = carried_by(0).settle(batch, readings)
    assert world.mine(carried, batch.delivery_end).succeeded
    assert world.balances().free_neur[0] == DEPOSIT_NEUR + 1_000 * 200_000


def test_money_taken_by_the_auction_house(world: Any, agreements: Make, refused: Any) -> None:
    world.committed(agreements(TRADE))
    party = world.actors.addresses[0]
    house = world.actors.operators["auction_house"].address
    attacks = [
        ("market", "withdraw", (1,), "InsufficientFree"),
        ("market", "accountMoved", (party, house), "OnlyRegistry"),
        ("market", "collect", (party,), "NotMoved"),
        ("registry", "succeed", (party,), "NotProposed"),
    ]
    for contract, function, arguments, error in attacks:
        refused(
            lambda c=contract, f=function, a=arguments: world.send_as("auction_house", c, f, *a),
            error,
        )
    move = (world.contracts.market, house, 1)
    refused(
        lambda: world.send_as("auction_house", "stablecoin", "transferFrom", *move),
        "ERC20InsufficientAllowance",
    )
