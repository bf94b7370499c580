"""Orders between feed-in and retail."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.bidding import ANY_ORIGIN, Linear, Truthful, bidding_rule, orders_of
from twin.scenario import Tariffs

TARIFFS = Tariffs()
BUYER, SELLER = TARIFFS.buyer_value_ueur_per_kwh, TARIFFS.feed_in_ueur_per_kwh
NET_WH = np.array([500, -300, 9, -10, 0])
ORIGIN = np.array([3, 1, 0, 2, 0])


def test_each_orders_what_it_expects_from_the_smallest_order_on() -> None:
    orders = orders_of(NET_WH, ORIGIN, TARIFFS, Truthful(), 10, slot=0)
    assert orders.participant.tolist() == [0, 1, 3]
    assert orders.is_buy.tolist() == [True, False, False]
    assert orders.quantity_wh.tolist() == [500, 300, 10]
    assert orders.origin.tolist() == [ANY_ORIGIN, 1, 2]


def test_truthful_agents_bid_their_own_alternative() -> None:
    orders = orders_of(NET_WH, ORIGIN, TARIFFS, Truthful(), 10, slot=0)
    assert orders.limit_ueur_per_kwh.tolist() == [BUYER, SELLER, SELLER]
    assert orders.wish_ueur_per_kwh.tolist() == [SELLER, BUYER, BUYER]


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 95), st.integers(0, 99))
def test_linear_agents_stay_between_wish_and_own_limit(
    energy: int, feed_in: int, slot: int, seed: int
) -> None:
    tariffs = Tariffs(energy_ueur_per_kwh=energy, feed_in_ueur_per_kwh=min(feed_in, energy + 1))
    orders = orders_of(NET_WH, ORIGIN, tariffs, Linear.seeded(seed, 5), 1, slot)
    buyer, seller = tariffs.buyer_value_ueur_per_kwh, tariffs.feed_in_ueur_per_kwh
    own = np.where(orders.is_buy, buyer, seller)
    low = np.minimum(orders.wish_ueur_per_kwh, own)
    high = np.maximum(orders.wish_ueur_per_kwh, own)
    assert ((low <= orders.limit_ueur_per_kwh) & (orders.limit_ueur_per_kwh <= high)).all()


def test_linear_agents_never_bid_less_eagerly_than_where_they_start() -> None:
    rule = Linear.seeded(3, 5)
    everyone = np.arange(5)
    wish, own = np.full(5, SELLER), np.full(5, BUYER)
    start = wish + (own - wish) * rule.start_permille // 1000
    for slot in range(20):
        assert (rule.limit_ueur_per_kwh(everyone, wish, own, slot) >= start).all()


def test_an_agents_bid_does_not_depend_on_who_else_orders() -> None:
    rule = Linear.seeded(3, 5)
    all_bid = orders_of(np.array([50, 60, 70, 80, 90]), ORIGIN, TARIFFS, rule, 10, 7)
    some_bid = orders_of(np.array([0, 60, 0, 0, 90]), ORIGIN, TARIFFS, rule, 10, 7)
    assert some_bid.limit_ueur_per_kwh.tolist() == all_bid.limit_ueur_per_kwh[[1, 4]].tolist()


def test_bids_repeat_with_the_seed_and_change_with_the_slot() -> None:
    first, second = (bidding_rule("linear", 5, 41) for _ in range(2))
    net_wh, origin = np.full(41, 100), np.zeros(41, np.int64)
    limits = [
        orders_of(net_wh, origin, TARIFFS, rule, 10, slot).limit_ueur_per_kwh.tolist()
        for rule, slot in ((first, 1), (second, 1), (second, 2))
    ]
    assert limits[0] == limits[1] != limits[2]
