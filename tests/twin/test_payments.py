"""The payments of the neighbourhood sum to zero and agree with the bills."""

from typing import Literal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.billing import Bills, market_bills, split_by_weight, status_quo_bills
from twin.payments import (
    PARTICIPANTS,
    Party,
    Payments,
    Purpose,
    market_payments,
    status_quo_payments,
)
from twin.scenario import Tariffs
from twin.settlement import Agreements, StabilityRates, residual_wh, settle
from twin.units import IntArray

TARIFFS = Tariffs()
RATES = StabilityRates(100_000, 20_000)
N = 8
ROLE = np.array([0, 0, 0, 1, 1, 2, 3, 3])
LOSSES_WH = 321


def trades(seed: int, k: int = 12) -> Agreements:
    """Any agreements among eight participants."""
    rng = np.random.default_rng(seed)
    keys = np.unique(rng.integers(0, [3, N, N], (k, 3)), axis=0)
    keys = keys[keys[:, 1] != keys[:, 2]]
    k = len(keys)
    return Agreements(
        tier=keys[:, 0],
        seller=keys[:, 1],
        buyer=keys[:, 2],
        origin=np.zeros(k, np.int64),
        quantity_wh=rng.integers(1, 2000, k),
        price_ueur_per_kwh=rng.integers(80_000, 190_000, k),
        fee_ueur_per_kwh=rng.integers(0, 30_000, k),
        seller_collateral_neur=rng.integers(0, 10**8, k),
        buyer_collateral_neur=rng.integers(0, 10**8, k),
    )


def market(
    seed: int, stabiliser: Literal["lpd", "dso"] = "lpd"
) -> tuple[Payments, Bills, IntArray]:
    """A slot's payments, bills and meters."""
    agreements = trades(seed)
    net_wh = np.random.default_rng(seed + 1).integers(-4000, 4000, N)
    done = settle(agreements, net_wh, RATES)
    rest = residual_wh(agreements, net_wh)[None]
    gas = split_by_weight(10**9 + 7, np.arange(N))
    bills = market_bills(agreements, done, rest, TARIFFS, gas)
    payments = market_payments(
        ROLE, bills, agreements, done, rest, LOSSES_WH, TARIFFS, stabiliser, (11, 13)
    )
    return payments, bills, net_wh


def by_role(cost_neur: IntArray) -> list[int]:
    return [int(cost_neur[role == ROLE].sum()) for role in range(len(PARTICIPANTS))]


seeds = st.integers(0, 10_000)
stabilisers = st.sampled_from(["lpd", "dso"])


@settings(max_examples=50)
@given(seeds, stabilisers)
def test_payments_sum_to_zero_and_none_is_negative(
    seed: int, stabiliser: Literal["lpd", "dso"]
) -> None:
    payments, _, _ = market(seed, stabiliser)
    assert (payments.amount_neur >= 0).all()
    assert payments.net_neur.sum() == 0


@settings(max_examples=50)
@given(seeds, stabilisers)
def test_what_participants_pay_in_all_is_the_sum_of_their_bills(
    seed: int, stabiliser: Literal["lpd", "dso"]
) -> None:
    payments, bills, _ = market(seed, stabiliser)
    assert (-payments.net_neur[: len(PARTICIPANTS)]).tolist() == by_role(bills.cost_neur)


@settings(max_examples=50)
@given(seeds, stabilisers)
def test_upstream_delivers_what_meters_and_losses_draw(
    seed: int, stabiliser: Literal["lpd", "dso"]
) -> None:
    payments, _, net_wh = market(seed, stabiliser)
    energy_wh = int(net_wh.sum()) + LOSSES_WH
    assert payments.net_neur[Party.UPSTREAM] == energy_wh * TARIFFS.upstream_ueur_per_kwh


@settings(max_examples=50)
@given(seeds)
def test_the_state_gets_taxes_on_all_energy_drawn_where_each_party_is_on_one_side(
    seed: int,
) -> None:
    agreements = trades(seed)
    agreements = agreements.take((agreements.seller < 4) & (agreements.buyer >= 4))
    net_wh = np.random.default_rng(seed).integers(0, 4000, N) * np.where(np.arange(N) < 4, -1, 1)
    done = settle(agreements, net_wh, RATES)
    rest = residual_wh(agreements, net_wh)[None]
    bills = market_bills(agreements, done, rest, TARIFFS, np.zeros(N, np.int64))
    before = status_quo_bills(net_wh[None], TARIFFS)
    assert (bills.taxes_and_levies_neur == before.taxes_and_levies_neur).all()


def test_without_contracts_the_market_is_the_status_quo() -> None:
    net_wh = np.random.default_rng(5).integers(-4000, 4000, (3, N))
    none = Agreements.empty()
    done = settle(none, net_wh[0], RATES)
    bills = market_bills(none, done, net_wh, TARIFFS, np.zeros(N, np.int64))
    now = market_payments(ROLE, bills, none, done, net_wh, LOSSES_WH, TARIFFS, "lpd")
    before = status_quo_payments(
        ROLE, status_quo_bills(net_wh, TARIFFS), net_wh, LOSSES_WH, TARIFFS
    )
    assert (now.amount_neur == before.amount_neur).all()


def test_a_neighbourhood_with_a_surplus_sells_it_upstream() -> None:
    net_wh = np.full((1, N), -1000)
    payments = status_quo_payments(ROLE, status_quo_bills(net_wh, TARIFFS), net_wh, 0, TARIFFS)
    sold = N * 1000 * TARIFFS.upstream_ueur_per_kwh
    assert payments.amount_neur[Purpose.UPSTREAM_ENERGY, Party.UPSTREAM, Party.LPD] == sold


@settings(max_examples=20)
@given(seeds)
def test_an_income_statement_sums_to_what_the_party_gains(seed: int) -> None:
    payments, _, _ = market(seed)
    for party in Party:
        statement = payments.income_statement_neur(party)
        assert sum(statement.values()) == payments.net_neur[party]


def test_who_stabilises_gets_the_compensation() -> None:
    for stabiliser, party in (("lpd", Party.LPD), ("dso", Party.DSO)):
        payments, bills, _ = market(3, stabiliser)  # type: ignore[arg-type]
        received = payments.amount_neur[Purpose.COMPENSATION, :, party].sum()
        assert received == bills.compensation_neur.sum() > 0


def test_labels_are_what_the_model_calls_the_parties() -> None:
    assert [party.label for party in Party][:5] == [
        "consumer",
        "prosumer",
        "prosumer+",
        "producer",
        "dso",
    ]
