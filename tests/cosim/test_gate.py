"""Steps A to E at a gate closure: what orders may know, and who is left out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cosim.accounts import escrow_neur
from cosim.management import Management
from cosim.matching import Matching

HOUR_S, NOON = 3600, 12
GATE_S = (NOON - 1) * HOUR_S
RICH_NEUR = 50_000_000_000


@pytest.fixture
def management(assembled: Callable[..., Any]) -> Management:
    return assembled().management


def close(management: Management, available_neur: np.ndarray) -> Matching:
    return management.gate.close(NOON, GATE_S, management.state, available_neur)


@pytest.fixture
def everybody(management: Management) -> Matching:
    return close(management, np.full(12, RICH_NEUR))


def test_there_is_trade_at_noon(everybody: Matching) -> None:
    assert len(everybody.agreements) > 3
    assert everybody.orders.is_buy.any()
    assert not everybody.orders.is_buy.all()


def test_quantities_ordered_are_what_is_forecast(everybody: Matching) -> None:
    orders = everybody.orders
    forecast = everybody.forecast_wh[orders.participant]
    assert (orders.quantity_wh == np.abs(forecast)).all()
    assert (orders.is_buy == (forecast > 0)).all()


def test_cleared_is_what_agreements_add_up_to(everybody: Matching) -> None:
    terms, orders = everybody.agreements, everybody.orders
    bought = np.bincount(terms.buyer, terms.quantity_wh, 12)
    sold = np.bincount(terms.seller, terms.quantity_wh, 12)
    assert (everybody.cleared_wh == (bought + sold)[orders.participant]).all()


def test_every_order_is_signed(everybody: Matching) -> None:
    assert len(everybody.signatures) == len(everybody.orders)


def test_who_cannot_pay_in_is_left_out_and_the_rest_stands(
    management: Management, everybody: Matching
) -> None:
    poor = int(everybody.agreements.buyer[0])
    available = np.full(12, RICH_NEUR)
    available[poor] = int(escrow_neur(everybody.agreements, 12)[poor]) - 1
    rest = close(management, available).agreements
    concerned = (everybody.agreements.buyer == poor) | (everybody.agreements.seller == poor)
    assert 0 < len(rest) == (~concerned).sum()
    assert poor not in rest.buyer
    assert poor not in rest.seller


def test_who_has_just_enough_stays_in(management: Management, everybody: Matching) -> None:
    just_enough = escrow_neur(everybody.agreements, 12)
    assert len(close(management, just_enough).agreements) == len(everybody.agreements)


def test_nobody_trades_without_money(management: Management) -> None:
    matching = close(management, np.zeros(12, np.int64))
    assert len(matching.agreements) == 0
    assert len(matching.orders) > 0


@pytest.mark.parametrize(("early_ms", "heard"), [(0, True), (1, False)])
def test_a_reading_that_arrives_after_orders_left_is_not_in_them(
    management: Management, early_ms: int, heard: bool
) -> None:
    """The newest reading moves the forecast, if it comes before the orders leave."""
    before = close(management, np.full(12, RICH_NEUR)).forecast_wh
    order_delay_s = management.scenario.market.order_delay_s
    at_ms = (GATE_S - order_delay_s) * 1000 + early_ms
    for boundary, counter in ((NOON - 2, 0), (NOON - 1, 9000)):
        management.state.record(
            np.array([boundary]),
            np.array([0]),
            np.array([counter]),
            np.array([0]),
            np.array([at_ms]),
        )
    after = close(management, np.full(12, RICH_NEUR)).forecast_wh
    assert (after[0] != before[0]) == heard
