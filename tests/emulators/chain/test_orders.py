from dataclasses import replace

import numpy as np
import pytest

from emulators.chain.keys import party_key
from emulators.chain.orders import (
    OFFER,
    REQUEST,
    SignableOrders,
    addresses_of,
    sign_orders,
    valid_orders,
)
from emulators.chain.typed_data import domain_separator

KEYS = [party_key(1, f"H{i}") for i in range(4)]
SEPARATOR = domain_separator("EnergyMarket", 1, KEYS[0].address)


def make_orders() -> SignableOrders:
    return SignableOrders(
        party=addresses_of(KEYS),
        slot=np.full(4, 12),
        side=np.array([OFFER, REQUEST, OFFER, REQUEST]),
        quantity=np.array([100, 200, 300, 400]),
        limit=np.array([80_000, 190_000, 90_000, 180_000]),
        wish=np.array([190_000, 80_000, 180_000, 90_000]),
        origins=np.array([1, 7, 4, 1]),
        nonce=np.arange(4),
        expiry=np.full(4, 1_465_941_600),
    )


def test_signed_orders_are_valid() -> None:
    orders = make_orders()
    assert valid_orders(orders, SEPARATOR, sign_orders(orders, SEPARATOR, KEYS)).all()


@pytest.mark.parametrize(
    "field", ["slot", "side", "quantity", "limit", "wish", "origins", "nonce", "expiry"]
)
def test_an_order_that_was_changed_is_invalid(field: str) -> None:
    orders = make_orders()
    signatures = sign_orders(orders, SEPARATOR, KEYS)
    changed = getattr(orders, field).copy()
    changed[1] += 1
    valid = valid_orders(replace(orders, **{field: changed}), SEPARATOR, signatures)
    assert valid.tolist() == [True, False, True, True]


def test_an_order_signed_by_somebody_else_is_invalid() -> None:
    orders = make_orders()
    signatures = sign_orders(orders, SEPARATOR, KEYS[::-1])
    assert not valid_orders(orders, SEPARATOR, signatures).any()


def test_an_order_for_another_market_is_invalid() -> None:
    orders = make_orders()
    elsewhere = domain_separator("EnergyMarket", 1, KEYS[1].address)
    assert not valid_orders(orders, elsewhere, sign_orders(orders, SEPARATOR, KEYS)).any()
