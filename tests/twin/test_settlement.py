"""The incomplete settlement against MODEL's table, and what must hold whatever happens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.settlement import (
    Agreements,
    StabilityRates,
    deviation_shares,
    positions,
    residual_wh,
    settle,
    settle_shares,
)
from twin.units import IntArray

CT = 10_000
KWH = 1000
NEUR_PER_CT = 10_000_000


def one_contract() -> Agreements:
    """MODEL's check: q = 10 kWh, p = 20, f = 2 ct/kWh, collateral signed at 50 ct each."""
    fields = {
        "tier": 1,
        "seller": 0,
        "buyer": 1,
        "origin": 0,
        "quantity_wh": 10 * KWH,
        "price_ueur_per_kwh": 20 * CT,
        "fee_ueur_per_kwh": 2 * CT,
        "seller_collateral_neur": 50 * NEUR_PER_CT,
        "buyer_collateral_neur": 50 * NEUR_PER_CT,
    }
    return Agreements(**{name: np.array([value], np.int64) for name, value in fields.items()})


@pytest.mark.parametrize(
    ("short", "paid", "returned", "buyer_returned", "stabiliser", "dso"),
    [
        ((4, 0), 120, 10, 50, 120, 20),
        ((0, 4), 200, 50, 10, 40, 20),
        ((4, 7), 120, 50, 108, 30, 12),
        ((7, 4), 60, 20, 138, 90, 12),
        ((10, 0), 0, 0, 50, 250, 20),
    ],
)
def test_one_contract_settles_as_in_the_models_table(
    short: tuple[int, int],
    paid: int,
    returned: int,
    buyer_returned: int,
    stabiliser: int,
    dso: int,
) -> None:
    x, y = (np.array([kwh * KWH]) for kwh in short)
    done = settle_shares(one_contract(), x, y, StabilityRates(10 * CT, 10 * CT))
    assert done.buyer_escrow_neur[0] + 50 * NEUR_PER_CT == 320 * NEUR_PER_CT
    amounts = [
        done.seller_paid_neur,
        done.seller_returned_neur,
        done.buyer_returned_neur,
        done.stabiliser_paid_neur,
        done.dso_paid_neur,
    ]
    expected = [paid, returned, buyer_returned, stabiliser, dso]
    assert [int(a[0]) // NEUR_PER_CT for a in amounts] == expected


PARTIES = 6


@st.composite
def slots(draw: st.DrawFn) -> tuple[Agreements, IntArray, StabilityRates]:
    """Agreements of a slot among six parties, any readings, any rates."""
    pairs = draw(
        st.lists(
            st.tuples(
                st.integers(0, 2), st.integers(0, PARTIES - 1), st.integers(0, PARTIES - 1)
            ).filter(lambda key: key[1] != key[2]),
            unique=True,
            max_size=12,
        )
    )
    keys = np.array(sorted(pairs), np.int64).reshape(-1, 3)
    k = len(keys)

    def column(most: int, least: int = 0) -> IntArray:
        values = draw(st.lists(st.integers(least, most), min_size=k, max_size=k))
        return np.array(values, np.int64)

    agreements = Agreements(
        tier=keys[:, 0],
        seller=keys[:, 1],
        buyer=keys[:, 2],
        origin=np.zeros(k, np.int64),
        quantity_wh=column(50_000, 1),
        price_ueur_per_kwh=column(400_000),
        fee_ueur_per_kwh=column(100_000),
        seller_collateral_neur=column(10**10),
        buyer_collateral_neur=column(10**10),
    )
    readings = st.lists(st.integers(-150_000, 150_000), min_size=PARTIES, max_size=PARTIES)
    net_wh = np.array(draw(readings), np.int64)
    rates = StabilityRates(draw(st.integers(0, 400_000)), draw(st.integers(0, 400_000)))
    return agreements, net_wh, rates


@given(slots())
def test_shares_sum_to_the_deviation_and_never_exceed_the_quantity(
    slot: tuple[Agreements, IntArray, StabilityRates],
) -> None:
    agreements, net_wh, _ = slot
    where = positions(agreements, net_wh)
    for party, deviation_wh in (
        (agreements.seller, where.short_as_seller_wh),
        (agreements.buyer, where.short_as_buyer_wh),
    ):
        shares = deviation_shares(party, agreements.quantity_wh, deviation_wh)
        assert (shares >= 0).all()
        assert (shares <= agreements.quantity_wh).all()
        by_party = np.zeros(PARTIES, np.int64)
        np.add.at(by_party, party, shares)
        assert (by_party == deviation_wh).all()


@given(slots())
def test_money_paid_in_is_money_paid_out(
    slot: tuple[Agreements, IntArray, StabilityRates],
) -> None:
    agreements, net_wh, rates = slot
    done = settle(agreements, net_wh, rates)
    parts = [
        done.seller_paid_neur,
        done.seller_returned_neur,
        done.buyer_returned_neur,
        done.stabiliser_paid_neur,
        done.dso_paid_neur,
    ]
    assert all((part >= 0).all() for part in parts)
    paid_in = done.buyer_escrow_neur + agreements.seller_collateral_neur
    assert (np.sum(parts, axis=0) == paid_in).all()


@given(slots())
def test_nobody_loses_more_than_its_escrow(
    slot: tuple[Agreements, IntArray, StabilityRates],
) -> None:
    agreements, net_wh, rates = slot
    done = settle(agreements, net_wh, rates)
    assert (done.seller_compensation_neur <= agreements.seller_collateral_neur).all()
    assert (done.buyer_compensation_neur <= agreements.buyer_collateral_neur).all()
    assert (done.buyer_returned_neur <= done.buyer_escrow_neur).all()


@given(slots(), st.integers(0, PARTIES - 1))
def test_who_keeps_its_word_gets_what_the_contract_promised_whatever_others_do(
    slot: tuple[Agreements, IntArray, StabilityRates], honest: int
) -> None:
    agreements, net_wh, rates = slot
    where = positions(agreements, net_wh)
    net_wh[honest] = where.purchases_wh[honest] - where.sales_wh[honest]
    done = settle(agreements, net_wh, rates)
    sells, buys = agreements.seller == honest, agreements.buyer == honest
    full = agreements.price_ueur_per_kwh * agreements.quantity_wh
    fee = agreements.fee_ueur_per_kwh * agreements.quantity_wh
    assert (done.seller_paid_neur == full)[sells].all()
    assert (done.seller_returned_neur == agreements.seller_collateral_neur)[sells].all()
    paid = done.buyer_escrow_neur - done.buyer_returned_neur
    assert (paid == full + fee)[buys].all()


@given(slots())
def test_residuals_and_stabilised_energy_account_for_all_meters(
    slot: tuple[Agreements, IntArray, StabilityRates],
) -> None:
    agreements, net_wh, rates = slot
    done = settle(agreements, net_wh, rates)
    rest = residual_wh(agreements, net_wh)
    stabilised = (done.seller_short_wh - done.buyer_short_wh).sum()
    assert net_wh.sum() == rest.sum() + stabilised


def test_a_slot_without_agreements_leaves_everything_to_the_lpd() -> None:
    net_wh = np.array([5, -3])
    assert (residual_wh(Agreements.empty(), net_wh) == net_wh).all()
    assert len(settle(Agreements.empty(), net_wh, StabilityRates(1, 1)).void_wh) == 0
