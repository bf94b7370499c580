"""Energy and money close, and what does not is found."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.conservation import check_energy, check_money, delivered_wh, energy_by_tier
from twin.errors import ConservationError
from twin.settlement import Agreements, Settlement, StabilityRates, residual_wh, settle
from twin.units import IntArray

N = 5


def slot(seed: int) -> tuple[Agreements, Settlement, IntArray, IntArray]:
    """Any settled slot: agreements, settlement, meters, residuals."""
    rng = np.random.default_rng(seed)
    keys = np.unique(rng.integers(0, [3, N, N], (8, 3)), axis=0)
    keys = keys[keys[:, 1] != keys[:, 2]]
    k = len(keys)
    agreements = Agreements(
        tier=keys[:, 0],
        seller=keys[:, 1],
        buyer=keys[:, 2],
        origin=np.zeros(k, np.int64),
        quantity_wh=rng.integers(1, 2000, k),
        price_ueur_per_kwh=rng.integers(0, 190_000, k),
        fee_ueur_per_kwh=rng.integers(0, 30_000, k),
        seller_collateral_neur=rng.integers(0, 10**8, k),
        buyer_collateral_neur=rng.integers(0, 10**8, k),
    )
    net_wh = rng.integers(-4000, 4000, N)
    done = settle(agreements, net_wh, StabilityRates(90_000, 10_000))
    return agreements, done, net_wh, residual_wh(agreements, net_wh)


@settings(max_examples=100)
@given(st.integers(0, 100_000))
def test_every_settled_slot_closes(seed: int) -> None:
    agreements, done, net_wh, rest = slot(seed)
    check_energy(3, agreements, done, net_wh, rest)
    check_money(3, agreements, done)


def test_a_wh_too_much_is_found() -> None:
    agreements, done, net_wh, rest = slot(1)
    net_wh[2] += 1
    with pytest.raises(ConservationError, match="Slot 3: participant 2 is off by 1 Wh"):
        check_energy(3, agreements, done, net_wh, rest)


def test_a_neur_too_much_is_found() -> None:
    agreements, done, _, _ = slot(1)
    more = done.seller_paid_neur.copy()
    more[0] += 1
    with pytest.raises(ConservationError, match="Slot 3: agreement 0 pays out"):
        check_money(3, agreements, replace(done, seller_paid_neur=more))


def test_delivered_is_what_the_seller_gave_and_the_buyer_took() -> None:
    agreements, done, net_wh, rest = slot(2)
    delivered = delivered_wh(agreements, done)
    assert (delivered >= 0).all()
    assert (delivered <= agreements.quantity_wh - done.seller_short_wh).all()
    assert (delivered <= agreements.quantity_wh - done.buyer_short_wh).all()
    used = energy_by_tier(agreements, done, rest[None])
    assert sum(used.delivered_wh) == delivered.sum()
    assert used.residual_import_wh - used.residual_export_wh == rest.sum()
    assert net_wh.sum() == rest.sum() + used.supplied_wh - used.absorbed_wh
