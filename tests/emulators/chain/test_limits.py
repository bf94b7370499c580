"""Every agreement of a batch is held to what its seller's and its buyer's order allow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import refusal_name
from emulators.chain.orders import MAX_RATE, OrderTerms
from twin.errors import ChainError
from twin.settlement import Agreements

TRADE = (1, 0, 1, 2, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
OFFER, REQUEST = 0, 1
Make = Callable[..., Agreements]


def changed(orders: OrderTerms, row: int, **values: Any) -> OrderTerms:
    columns = {field.name: getattr(orders, field.name).copy() for field in fields(orders)}
    for name, value in values.items():
        columns[name][row] = value
    return OrderTerms(**columns)


@pytest.mark.parametrize(
    ("row", "values", "error"),
    [
        (OFFER, {"limit_ueur_per_kwh": 200_001}, "PriceBelowLimit"),
        (OFFER, {"quantity_wh": 999}, "OrderExceeded"),
        (OFFER, {"origins": 0b11}, "OriginNotAccepted"),
        (REQUEST, {"limit_ueur_per_kwh": 219_999}, "PriceAboveLimit"),
        (REQUEST, {"quantity_wh": 999}, "OrderExceeded"),
        (REQUEST, {"origins": 0b11111011}, "OriginNotAccepted"),
        (REQUEST, {"is_request": False}, "OriginNotAccepted"),
        (OFFER, {"is_request": True}, "OriginNotAccepted"),
        (OFFER, {"participant": 5}, "OriginNotAccepted"),
    ],
)
def test_an_agreement_outside_an_order_is_refused(
    world: Any, agreements: Make, row: int, values: dict[str, Any], error: str
) -> None:
    terms = agreements(TRADE)
    orders = changed(OrderTerms.allowing(terms), row, **values)
    assert refusal_name(world.commit(world.batch(terms, orders=orders))) == error
    assert world.balances().locked_neur.sum() == 0


@pytest.mark.parametrize(
    "values",
    [
        {"limit_ueur_per_kwh": 200_000, "quantity_wh": 1_000, "origins": 0b100},
        {"limit_ueur_per_kwh": 0, "quantity_wh": 2**32 - 1, "origins": 255, "nonce": 2**30 - 1},
    ],
)
def test_an_agreement_within_its_orders_is_taken(
    any_world: Any, agreements: Make, values: dict[str, Any]
) -> None:
    terms = agreements(TRADE)
    orders = changed(OrderTerms.allowing(terms), OFFER, **values)
    assert any_world.commit(any_world.batch(terms, orders=orders)).succeeded


def test_the_sum_of_a_partys_agreements_counts(world: Any, agreements: Make) -> None:
    terms = agreements(TRADE, (1, 0, 2, 2, 500, 200_000, 0, 1, 1))
    orders = changed(OrderTerms.allowing(terms), OFFER, quantity_wh=1_499)
    assert refusal_name(world.commit(world.batch(terms, orders=orders))) == "OrderExceeded"


def test_an_order_that_was_not_signed_is_refused(world: Any, agreements: Make) -> None:
    terms = agreements(TRADE)
    wider = changed(OrderTerms.allowing(terms), OFFER, limit_ueur_per_kwh=100_000)
    signed, sent = world.batch(terms), world.batch(terms, orders=wider)
    receipt = world.mine(world.client.commit(sent, world.client.sign(signed)))
    assert refusal_name(receipt) == "WrongSignature"


def test_a_party_sells_and_buys_within_an_order_of_each(
    any_world: Any, book: Any, agreements: Make
) -> None:
    world = any_world
    terms = agreements(
        (1, 0, 1, 0, 600, 200_000, 10_000, 30, 30), (1, 1, 2, 1, 500, 180_000, 20_000, 40, 40)
    )
    batch = world.committed(terms)
    assert len(batch.counter_order_words) == 32
    book.commit(terms)
    assert book.matches(world)


@pytest.mark.parametrize(
    ("row", "values", "error"),
    [
        (1, {"limit_ueur_per_kwh": 180_001}, "PriceBelowLimit"),
        (3, {"quantity_wh": 499}, "OrderExceeded"),
        (2, {"limit_ueur_per_kwh": 209_999}, "PriceAboveLimit"),
        (2, {"is_request": False}, "BadCounterOrder"),
    ],
)
def test_second_orders_limit_too(
    world: Any, agreements: Make, row: int, values: dict[str, Any], error: str
) -> None:
    terms = agreements(
        (1, 0, 1, 0, 600, 200_000, 10_000, 30, 30), (1, 1, 2, 1, 500, 180_000, 20_000, 40, 40)
    )
    orders = changed(OrderTerms.allowing(terms), row, **values)
    assert refusal_name(world.commit(world.batch(terms, orders=orders))) == error


def test_a_second_order_of_nobody_is_refused(world: Any, agreements: Make) -> None:
    batch = world.batch(agreements(TRADE))
    batch.__dict__["counter_order_words"] = (1 << 255 | 2).to_bytes(32)
    assert refusal_name(world.commit(batch)) == "BadCounterOrder"


def test_behind_one_meter_there_is_no_fee(world: Any, agreements: Make) -> None:
    batch = world.batch(agreements((0, *TRADE[1:])))
    assert refusal_name(world.commit(batch)) == "FeeBehindMeter"
    assert world.commit(world.batch(agreements((0, *TRADE[1:6], 0, *TRADE[7:])))).succeeded


@pytest.mark.parametrize("party", [0, 1])
def test_a_cancelled_order_makes_no_contract(any_world: Any, agreements: Make, party: int) -> None:
    world, terms = any_world, agreements(TRADE)
    batch = world.batch(terms, slot=4)
    assert world.send_by(party, "market", "cancelOrders", 5).succeeded
    assert refusal_name(world.commit(batch)) == "OrderCancelled"
    world.committed(terms, slot=5)


def test_a_cancelled_second_order_makes_no_contract(world: Any, agreements: Make) -> None:
    terms = agreements((1, 0, 1, 0, 6, 2, 1, 3, 3), (1, 1, 2, 1, 5, 1, 2, 4, 4))
    orders = OrderTerms.allowing(terms, nonce=7)
    second = 1 + int(np.flatnonzero(orders.participant[1:] == 1)[-1])
    assert world.send_by(1, "market", "cancelOrders", 7).succeeded
    batch = world.batch(terms, orders=changed(orders, second, nonce=6))
    assert refusal_name(world.commit(batch)) == "OrderCancelled"
    assert world.commit(world.batch(terms, orders=orders)).succeeded


def test_cancelling_does_not_touch_contracts_that_stand(
    world: Any, book: Any, agreements: Make
) -> None:
    terms = agreements(TRADE)
    world.committed(terms)
    assert world.send_by(0, "market", "cancelOrders", 1000).succeeded
    book.commit(terms)
    assert book.matches(world)


@pytest.mark.parametrize("nonce", [0, 3, 2**30])
def test_cancelled_orders_stay_cancelled(world: Any, nonce: int) -> None:
    assert world.send_by(0, "market", "cancelOrders", 3).succeeded
    assert refusal_name(world.send_by(0, "market", "cancelOrders", nonce)) == "BadNonce"


@pytest.mark.parametrize("values", [{"quantity_wh": 2**32}, {"limit_ueur_per_kwh": MAX_RATE + 1}])
def test_an_order_that_does_not_fit_its_word_is_refused(
    world: Any, agreements: Make, values: dict[str, Any]
) -> None:
    terms = agreements(TRADE)
    batch = world.batch(terms, orders=changed(OrderTerms.allowing(terms), OFFER, **values))
    with pytest.raises(ChainError, match="2³² Wh"):
        _ = batch.party_words


def test_orders_of_others_do_no_harm(world: Any, agreements: Make) -> None:
    terms = agreements(TRADE)
    more = OrderTerms.allowing(agreements(TRADE, (1, 5, 6, 0, 70, 9, 1, 8, 8)))
    alone = world.batch(terms, orders=replace(OrderTerms.allowing(terms)))
    assert world.batch(terms, orders=more).digest == alone.digest
