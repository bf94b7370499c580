"""What each participant pays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from twin.billing import (
    drawn_and_fed_in_wh,
    market_bills,
    split_by_weight,
    status_quo_bills,
    traded_wh,
)
from twin.scenario import Tariffs
from twin.settlement import Agreements, StabilityRates, residual_wh, settle
from twin.units import IntArray

TARIFFS = Tariffs(
    energy_ueur_per_kwh=100,
    network_ueur_per_kwh=90,
    taxes_and_levies_ueur_per_kwh=110,
    feed_in_ueur_per_kwh=80,
    upstream_ueur_per_kwh=70,
)
NO_GAS = np.zeros(2, np.int64)
RATES = StabilityRates(short_ueur_per_kwh=10, long_ueur_per_kwh=10)


def contract() -> Agreements:
    """Participant 0 sells 1000 Wh to participant 1 at 130, fee 5."""
    fields = {
        "tier": 1,
        "seller": 0,
        "buyer": 1,
        "origin": 0,
        "quantity_wh": 1000,
        "price_ueur_per_kwh": 130,
        "fee_ueur_per_kwh": 5,
        "seller_collateral_neur": 50_000,
        "buyer_collateral_neur": 50_000,
    }
    return Agreements(**{name: np.array([value], np.int64) for name, value in fields.items()})


def costs(net_wh: list[int]) -> list[int]:
    """Cost of both participants in the market, by what their meters say."""
    net = np.array(net_wh)
    done = settle(contract(), net, RATES)
    bills = market_bills(contract(), done, residual_wh(contract(), net)[None], TARIFFS, NO_GAS)
    return [int(cost) for cost in bills.cost_neur]


def test_the_status_quo_draws_at_retail_and_feeds_in_at_the_tariff() -> None:
    bills = status_quo_bills(np.array([[1000, -200], [-400, -300]]), TARIFFS)
    assert bills.energy_neur.tolist() == [100_000, 0]
    assert bills.network_neur.tolist() == [90_000, 0]
    assert bills.taxes_and_levies_neur.tolist() == [110_000, 0]
    assert bills.feed_in_neur.tolist() == [32_000, 40_000]
    assert bills.cost_neur.tolist() == [268_000, -40_000]


def test_a_kept_contract_costs_price_fee_and_taxes() -> None:
    assert costs([-1000, 1000]) == [-130_000, 130_000 + 5_000 + 110_000]


def test_what_a_contract_does_not_cover_goes_by_the_tariffs() -> None:
    assert costs([-1100, 1200]) == [-130_000 - 8_000, 245_000 + 200 * 300]


def test_a_short_seller_is_paid_less_and_compensates_while_its_buyer_pays_in_full() -> None:
    assert costs([-600, 1000]) == [-600 * 130 + 400 * 10, 245_000]


def test_a_short_buyer_pays_in_full_and_compensates_but_no_taxes_on_what_it_left() -> None:
    assert costs([-1000, 600]) == [-130_000, 135_000 + 600 * 110 + 400 * 10]


def test_what_both_left_out_is_not_paid() -> None:
    assert costs([-600, 600]) == [-78_000, 600 * (130 + 5 + 110)]


def test_gas_is_part_of_the_cost() -> None:
    net = np.array([-1000, 1000])
    done = settle(contract(), net, RATES)
    rest = residual_wh(contract(), net)[None]
    with_gas = market_bills(contract(), done, rest, TARIFFS, np.array([3, 4]))
    without = market_bills(contract(), done, rest, TARIFFS, NO_GAS)
    assert (with_gas.cost_neur - without.cost_neur).tolist() == [3, 4]


def test_energy_is_netted_within_a_slot_and_not_between_slots() -> None:
    drawn, fed_in = drawn_and_fed_in_wh(np.array([[5], [-7]]))
    assert (drawn.tolist(), fed_in.tolist()) == ([5], [7])


@given(
    st.integers(0, 10**16),
    st.lists(st.integers(0, 10**10), min_size=1, max_size=20),
)
def test_a_split_sums_to_the_total_and_is_within_one_of_the_exact_share(
    total: int, weights: list[int]
) -> None:
    parts = split_by_weight(total, np.array(weights))
    assert int(parts.sum()) == total
    if whole := sum(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert abs(int(part) * whole - total * weight) < whole


def test_a_split_without_weights_is_equal() -> None:
    no_weight: IntArray = np.zeros(3, np.int64)
    assert split_by_weight(10, no_weight).tolist() == [4, 3, 3]


def test_both_sides_of_a_trade_bear_gas() -> None:
    assert traded_wh(contract(), 3).tolist() == [1000, 1000, 0]
