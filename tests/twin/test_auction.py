"""The call auction: worked examples, and what must hold for any orders."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.auction import (
    BUILDING_TIER,
    MICROGRID_TIER,
    OUTER_TIER,
    AuctionHouse,
    Clearing,
    UniformPrice,
    clearing_price_ueur_per_kwh,
    stability_rates,
    tie_break,
    with_collateral,
)
from twin.bidding import ANY_ORIGIN, Orders
from twin.errors import OrderError
from twin.scenario import Stability, Tariffs
from twin.settlement import Agreements, StabilityRates
from twin.units import IntArray

BIDS, OFFERS = (100, 90, 80, 70, 60), (80, 85, 95, 100, 110)


def house(
    n: int,
    microgrid: list[int] | None = None,
    building: list[int] | None = None,
    fee: IntArray | None = None,
    k_permille: int = 500,
) -> AuctionHouse:
    """An auction house for `n` participants, all in one microgrid and without fees by default."""
    return AuctionHouse(
        building=np.array([-1] * n if building is None else building),
        microgrid=np.array([0] * n if microgrid is None else microgrid),
        fee_ueur_per_kwh=np.zeros((n, n), np.int64) if fee is None else fee,
        rule=UniformPrice(k_permille),
        tariffs=Tariffs(),
        stability=Stability(),
    )


def orders(*rows: tuple[int, str, int, int]) -> Orders:
    """Orders from (participant, "buy" | "sell", Wh, limit)."""
    participant, quantity, limit = (np.array([r[i] for r in rows], np.int64) for i in (0, 2, 3))
    is_buy = np.array([r[1] == "buy" for r in rows], np.bool_)
    origin = np.where(is_buy, ANY_ORIGIN, participant % 3)
    return Orders(participant, is_buy, quantity, limit, limit.copy(), origin)


def clear(auction: AuctionHouse, book: Orders) -> Clearing:
    return auction.clear(book, np.arange(len(auction.building)))


def lecture_example(scale: int) -> Orders:
    """worked example (HS Mittweida): five buyers and five sellers of one unit each."""
    buys = [(i, "buy", 1, bid * scale) for i, bid in enumerate(BIDS)]
    sells = [(5 + i, "sell", 1, offer * scale) for i, offer in enumerate(OFFERS)]
    return orders(*buys, *sells)


def test_lecture_example_makes_two_trades_at_87_and_a_half() -> None:
    done = clear(house(10), lecture_example(1000))
    trades = done.agreements
    assert trades.quantity_wh.tolist() == [1, 1]
    assert sorted(trades.buyer) == [0, 1]
    assert sorted(trades.seller) == [5, 6]
    assert done.prices.lowest_ueur_per_kwh.tolist() == [85_000]
    assert done.prices.highest_ueur_per_kwh.tolist() == [90_000]
    assert trades.price_ueur_per_kwh.tolist() == [87_500, 87_500]


def test_lecture_example_has_welfare_25() -> None:
    trades = clear(house(10), lecture_example(1)).agreements
    welfare = sum(BIDS[b] - OFFERS[s - 5] for b, s in zip(trades.buyer, trades.seller, strict=True))
    assert welfare == 25
    assert trades.price_ueur_per_kwh.tolist() == [87, 87]


@pytest.mark.parametrize(("k_permille", "price"), [(0, 85_000), (250, 86_250), (1000, 90_000)])
def test_k_says_where_in_the_interval_the_price_lies(k_permille: int, price: int) -> None:
    done = clear(house(10, k_permille=k_permille), lecture_example(1000))
    assert done.prices.price_ueur_per_kwh.tolist() == [price]


def test_the_rest_of_a_half_filled_bid_sets_the_price() -> None:
    done = clear(house(2), orders((0, "buy", 10, 190), (1, "sell", 4, 80)))
    assert done.agreements.price_ueur_per_kwh.tolist() == [190]
    assert done.leftover_wh.tolist() == [6, 0]


def test_one_buyer_and_one_seller_of_the_same_energy_meet_half_way() -> None:
    done = clear(house(2), orders((0, "buy", 10, 190), (1, "sell", 10, 80)))
    assert done.agreements.price_ueur_per_kwh.tolist() == [135]


def test_a_bid_counts_net_of_the_highest_fee_to_a_seller_of_its_group() -> None:
    fee = np.array([[0, 30, 10], [30, 0, 0], [10, 0, 0]])
    book = orders((0, "buy", 10, 100), (1, "sell", 5, 75), (2, "sell", 5, 60))
    done = clear(house(3, fee=fee), book)
    # Net of 30 the bid is 70: only the seller at 60 trades, at its own path's fee of 10.
    trades = done.agreements.take(done.agreements.tier == MICROGRID_TIER)
    assert trades.seller.tolist() == [2]
    assert trades.fee_ueur_per_kwh.tolist() == [10]
    assert done.prices.highest_ueur_per_kwh[0] == 70


def test_neighbours_in_a_building_trade_first_and_without_a_fee() -> None:
    fee = np.full((3, 3), 20)
    book = orders((0, "buy", 10, 190), (1, "sell", 4, 80), (2, "sell", 8, 50))
    done = clear(house(3, building=[0, 0, -1], fee=fee), book)
    assert done.agreements.tier.tolist() == [BUILDING_TIER, MICROGRID_TIER]
    assert done.agreements.seller.tolist() == [1, 2]
    assert done.agreements.quantity_wh.tolist() == [4, 6]
    assert done.agreements.fee_ueur_per_kwh.tolist() == [0, 20]


def test_what_a_microgrid_leaves_over_is_traded_between_microgrids_and_with_the_unattached() -> (
    None
):
    book = orders((0, "buy", 5, 190), (1, "sell", 9, 80), (2, "buy", 3, 190), (3, "buy", 3, 190))
    done = clear(house(4, microgrid=[0, 0, 1, -1]), book)
    assert done.agreements.tier.tolist() == [MICROGRID_TIER, OUTER_TIER, OUTER_TIER]
    assert done.agreements.buyer.tolist() == [0, 2, 3]
    assert done.agreements.quantity_wh.tolist() == [5, 3, 1]
    assert done.leftover_wh.tolist() == [0, 0, 0, 2]


def test_agreements_carry_the_sellers_origin() -> None:
    done = clear(house(3), orders((0, "buy", 5, 190), (2, "sell", 5, 80)))
    assert done.agreements.origin.tolist() == [2]


def test_nobody_trades_with_itself() -> None:
    done = clear(house(2), orders((0, "buy", 5, 190), (0, "sell", 5, 80)))
    assert len(done.agreements) == 0
    assert done.leftover_wh.tolist() == [5, 5]


@pytest.mark.parametrize(
    "book",
    [
        orders(),
        orders((0, "buy", 5, 190), (1, "buy", 5, 190)),
        orders((0, "sell", 5, 80)),
        orders((0, "buy", 5, 79), (1, "sell", 5, 80)),
    ],
    ids=["no orders", "only requests", "only offers", "no price suits both"],
)
def test_where_nothing_can_trade_nothing_does(book: Orders) -> None:
    done = clear(house(2), book)
    assert len(done.agreements) == 0
    assert len(done.prices.price_ueur_per_kwh) == 0
    assert done.leftover_wh.tolist() == book.quantity_wh.tolist()


def test_two_orders_of_one_side_are_refused() -> None:
    with pytest.raises(OrderError, match="Participant 0 has more than one offer"):
        clear(house(2), orders((0, "sell", 5, 80), (0, "sell", 5, 90)))


def test_an_order_for_nothing_is_refused() -> None:
    with pytest.raises(OrderError, match="participant 1, is for 0 Wh"):
        clear(house(2), orders((1, "sell", 0, 80)))


def test_equal_bids_are_served_in_the_order_of_priority() -> None:
    book = orders((0, "buy", 5, 190), (1, "buy", 5, 190), (2, "sell", 5, 80))
    for first in (0, 1):
        priority = np.array([first, 1 - first, 2])
        assert house(3).clear(book, priority).agreements.buyer.tolist() == [first]


def test_the_tie_break_is_seeded_and_favours_nobody() -> None:
    assert tie_break(1, 7, 10).tolist() == tie_break(1, 7, 10).tolist()
    first = np.bincount([int(np.argmin(tie_break(1, slot, 4))) for slot in range(2000)])
    assert (np.abs(first - 500) < 100).all()


# -- what must hold for any orders

N = 12


@st.composite
def slots(draw: st.DrawFn) -> tuple[AuctionHouse, Orders, IntArray]:
    """Up to twelve participants in buildings and microgrids, with any orders and any fees."""

    def column(least: int, most: int) -> IntArray:
        return np.array(draw(st.lists(st.integers(least, most), min_size=N, max_size=N)))

    half = np.random.default_rng(draw(st.integers(0, 999))).integers(0, 41, (N, N))
    auction = replace(
        house(N),
        building=column(-1, 2),
        microgrid=column(-1, 2),
        fee_ueur_per_kwh=half + half.T,
        rule=UniformPrice(draw(st.integers(0, 1000))),
    )
    sides = column(0, 2)
    rows = [
        (i, side, int(q), int(p))
        for i, (s, q, p) in enumerate(zip(sides, column(1, 30), column(0, 200), strict=True))
        for side in {0: ["buy"], 1: ["sell"], 2: ["buy", "sell"]}[int(s)]
    ]
    chosen = [row for row in rows if draw(st.booleans())]
    priority = np.array(draw(st.permutations(range(N))))
    return auction, orders(*chosen), priority


def limit_of(book: Orders, participant: IntArray, is_buy: bool) -> IntArray:
    """The limit of each participant's order of one side."""
    limit = np.full(N, -1, np.int64)
    side = book.is_buy == is_buy
    limit[book.participant[side]] = book.limit_ueur_per_kwh[side]
    return limit[participant]


@given(slots())
def test_every_pair_trades_within_both_limits_fee_included(
    slot: tuple[AuctionHouse, Orders, IntArray],
) -> None:
    auction, book, priority = slot
    made = auction.clear(book, priority).agreements
    buyer_limit = limit_of(book, made.buyer, is_buy=True)
    seller_limit = limit_of(book, made.seller, is_buy=False)
    assert (made.price_ueur_per_kwh >= seller_limit).all()
    assert (made.price_ueur_per_kwh + made.fee_ueur_per_kwh <= buyer_limit).all()


@given(slots())
def test_what_is_ordered_is_traded_or_left_over(
    slot: tuple[AuctionHouse, Orders, IntArray],
) -> None:
    auction, book, priority = slot
    done = auction.clear(book, priority)
    assert (done.agreements.quantity_wh > 0).all()
    assert (done.leftover_wh >= 0).all()
    for is_buy, party in ((True, done.agreements.buyer), (False, done.agreements.seller)):
        side = np.flatnonzero(book.is_buy == is_buy)
        traded = np.zeros(N, np.int64)
        np.add.at(traded, party, done.agreements.quantity_wh)
        taken = book.quantity_wh[side] - done.leftover_wh[side]
        assert (traded[book.participant[side]] == taken).all()


@given(slots())
def test_agreements_are_in_order_and_known_by_tier_seller_and_buyer(
    slot: tuple[AuctionHouse, Orders, IntArray],
) -> None:
    auction, book, priority = slot
    made = auction.clear(book, priority).agreements
    keys = list(zip(made.tier, made.seller, made.buyer, strict=True))
    assert keys == sorted(set(keys))


@given(slots())
def test_everybody_in_a_group_trades_at_one_price_within_the_clearing_interval(
    slot: tuple[AuctionHouse, Orders, IntArray],
) -> None:
    auction, book, priority = slot
    done = auction.clear(book, priority)
    quote = done.prices
    assert (quote.lowest_ueur_per_kwh <= quote.price_ueur_per_kwh).all()
    assert (quote.price_ueur_per_kwh <= quote.highest_ueur_per_kwh).all()
    everybody = np.zeros(N, np.int64)
    groups = (auction.building, auction.microgrid, everybody)
    price = {
        (int(t), int(g)): int(p)
        for t, g, p in zip(quote.tier, quote.group, quote.price_ueur_per_kwh, strict=True)
    }
    made = done.agreements
    for row in range(len(made)):
        group = int(groups[made.tier[row]][made.seller[row]])
        assert group == int(groups[made.tier[row]][made.buyer[row]]) >= 0
        assert price[int(made.tier[row]), group] == made.price_ueur_per_kwh[row]


@given(slots())
def test_a_group_makes_fewer_agreements_than_it_has_orders(
    slot: tuple[AuctionHouse, Orders, IntArray],
) -> None:
    auction, book, priority = slot
    made = auction.clear(book, priority).agreements
    for group in range(3):
        members = np.flatnonzero(auction.microgrid == group)
        here = (made.tier == MICROGRID_TIER) & np.isin(made.seller, members)
        assert here.sum() <= max(np.isin(book.participant, members).sum() - 1, 0)


@given(slots())
def test_without_fees_as_much_trades_as_the_unit_by_unit_auction_allows(
    slot: tuple[AuctionHouse, Orders, IntArray],
) -> None:
    auction, book, priority = slot
    one_group = replace(house(N), rule=auction.rule)
    book = book.take(np.unique(book.participant, return_index=True)[1])
    done = one_group.clear(book, priority)

    def units(is_buy: bool) -> IntArray:
        side = book.is_buy == is_buy
        return np.sort(np.repeat(book.limit_ueur_per_kwh[side], book.quantity_wh[side]))

    bid, offer = units(True)[::-1], units(False)
    m = min(len(bid), len(offer))
    traded = int((bid[:m] >= offer[:m]).sum())
    made = done.agreements
    assert made.quantity_wh.sum() == traded
    gain = limit_of(book, made.buyer, True) - limit_of(book, made.seller, False)
    assert (gain * made.quantity_wh).sum() == (bid[:traded] - offer[:traded]).sum()
    if traded:
        # No Wh that found nobody would have had one at the price.
        price = made.price_ueur_per_kwh[0]
        assert (bid[traded:] <= price).all()
        assert (offer[traded:] >= price).all()
        assert (bid[:traded] >= price).all()
        assert (offer[:traded] <= price).all()


@given(slots())
def test_all_microgrids_at_once_clear_as_each_alone(
    slot: tuple[AuctionHouse, Orders, IntArray],
) -> None:
    auction, book, priority = slot
    auction = replace(auction, building=np.full(N, -1))
    made = auction.clear(book, priority).agreements
    together = made.take(made.tier == MICROGRID_TIER)
    rows = []
    for group in range(3):
        members = np.flatnonzero(auction.microgrid == group)
        alone = auction.clear(book.take(np.isin(book.participant, members)), priority).agreements
        alone = alone.take(alone.tier == MICROGRID_TIER)
        rows += [
            (int(s), int(b), int(q), int(p))
            for s, b, q, p in zip(
                alone.seller,
                alone.buyer,
                alone.quantity_wh,
                alone.price_ueur_per_kwh,
                strict=True,
            )
        ]
    assert sorted(rows) == [
        (int(s), int(b), int(q), int(p))
        for s, b, q, p in zip(
            together.seller,
            together.buyer,
            together.quantity_wh,
            together.price_ueur_per_kwh,
            strict=True,
        )
    ]


# -- stability rates and collateral


def made_at(
    price: list[int], quantity: list[int], seller: list[int], buyer: list[int]
) -> Agreements:
    """Agreements of a slot."""
    zero = np.zeros(len(price), np.int64)
    return Agreements(
        tier=zero,
        seller=np.array(seller),
        buyer=np.array(buyer),
        origin=zero,
        quantity_wh=np.array(quantity),
        price_ueur_per_kwh=np.array(price),
        fee_ueur_per_kwh=zero,
        seller_collateral_neur=zero,
        buyer_collateral_neur=zero,
    )


def test_clearing_price_is_the_mean_weighted_by_energy_rounded_down() -> None:
    assert clearing_price_ueur_per_kwh(made_at([10, 20], [1, 2], [0, 1], [2, 3])) == 16
    assert clearing_price_ueur_per_kwh(Agreements.empty()) is None


def test_who_leaves_a_gap_pays_what_replacing_it_costs_more_and_the_service() -> None:
    tariffs = Tariffs(upstream_ueur_per_kwh=150_000)
    rates = stability_rates(made_at([120_000], [5], [0], [1]), tariffs, Stability())
    assert rates == StabilityRates(short_ueur_per_kwh=130_000, long_ueur_per_kwh=20_000)


def test_stability_rates_are_never_negative() -> None:
    tariffs = Tariffs(feed_in_ueur_per_kwh=200_000)
    rates = stability_rates(made_at([250_000], [5], [0], [1]), tariffs, Stability())
    assert rates == StabilityRates(short_ueur_per_kwh=100_000, long_ueur_per_kwh=0)


def test_collateral_is_the_quantity_times_the_rate_times_risk_rounded_up() -> None:
    terms = with_collateral(made_at([9], [10], [0], [1]), StabilityRates(101, 33), 1500)
    assert terms.seller_collateral_neur.tolist() == [10 * 152]
    assert terms.buyer_collateral_neur.tolist() == [10 * 50]


def test_who_could_fail_either_way_answers_for_the_larger_rate() -> None:
    terms = with_collateral(made_at([9, 9], [10, 10], [0, 1], [1, 2]), StabilityRates(20, 90), 1000)
    # Participant 1 buys from 0 and sells to 2.
    assert terms.seller_collateral_neur.tolist() == [200, 900]
    assert terms.buyer_collateral_neur.tolist() == [900, 900]
