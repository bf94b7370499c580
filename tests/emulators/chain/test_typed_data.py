"""Foreign wallets must come to the same digests: eth_account is one."""

from collections.abc import Callable
from typing import Any

import numpy as np
from eth_account import Account
from eth_account.messages import encode_typed_data

from emulators.chain.batches import Batch
from emulators.chain.keys import party_key
from emulators.chain.orders import ORDER_TYPE, OrderTerms, SignableOrders, addresses_of, sign_orders
from emulators.chain.typed_data import (
    BATCH_TYPE,
    PERMIT_TYPE,
    READINGS_TYPE,
    digest,
    domain_separator,
    permit_hash,
)
from emulators.chain.words import MEASURED, Readings
from twin.settlement import Agreements, StabilityRates

CONTRACT = party_key(1, "some contract").address
DOMAIN = {
    "name": "EnergyMarket",
    "version": "1",
    "chainId": 200307940,
    "verifyingContract": CONTRACT,
}
SEPARATOR = domain_separator("EnergyMarket", 200307940, CONTRACT)


def fields(signature: str) -> dict[str, list[dict[str, str]]]:
    """Type definitions as wallets take them, from the type's one-line form."""
    name, _, members = signature.rstrip(")").partition("(")
    pairs = (member.split() for member in members.split(","))
    return {name: [{"type": kind, "name": member} for kind, member in pairs]}


def wallet_signature(key: Any, types: str, message: dict[str, Any]) -> bytes:
    signable = encode_typed_data(DOMAIN, fields(types), message)
    return bytes(Account.sign_message(signable, key.secret).signature)


def words(packed: bytes) -> list[int]:
    return [int.from_bytes(packed[at : at + 32]) for at in range(0, len(packed), 32)]


def make_batch(terms: Agreements) -> Batch:
    keys = [party_key(1, name) for name in ("H1", "H2", "H3")]
    rates, orders = StabilityRates(7, 9), OrderTerms.allowing(terms, nonce=3)
    return Batch(5, 2, 1000, 3000, rates, terms, orders, addresses_of(keys), SEPARATOR)


def test_a_wallet_signs_a_batch_to_the_same_bytes(agreements: Callable[..., Agreements]) -> None:
    batch = make_batch(agreements((1, 0, 2, 0, 500, 100_000, 20_000, 50, 60)))
    key = party_key(1, "H1")
    message = {
        "slot": 5,
        "batch": 2,
        "commitDeadline": 1000,
        "deliveryEnd": 3000,
        "shortRate": 7,
        "longRate": 9,
        "agreements": words(batch.agreement_words),
        "parties": words(batch.party_words),
        "counterOrders": [],
    }
    assert wallet_signature(key, BATCH_TYPE, message) == key.sign_digest(batch.digest)


def test_a_wallet_signs_readings_to_the_same_bytes(agreements: Callable[..., Agreements]) -> None:
    batch = make_batch(agreements((1, 0, 2, 0, 500, 100_000, 20_000, 50, 60)))
    readings = Readings(
        np.array([-400, 500]), np.full(2, MEASURED, np.uint8), np.array([False, True])
    )
    key = party_key(1, "oracle")
    message = {"batch": batch.struct_hash, "readings": words(readings.words())}
    theirs = wallet_signature(key, READINGS_TYPE, message)
    assert theirs == key.sign_digest(batch.readings_digest(readings))


def test_a_wallet_signs_a_permit_to_the_same_bytes() -> None:
    key = party_key(1, "H1")
    message = {"owner": key.address, "spender": CONTRACT, "value": 5, "nonce": 6, "deadline": 7}
    struct = permit_hash(key.address, CONTRACT, 5, 6, 7)
    assert wallet_signature(key, PERMIT_TYPE, message) == key.sign_digest(digest(SEPARATOR, struct))


def test_a_wallet_signs_an_order_to_the_same_bytes() -> None:
    key = party_key(1, "H1")
    numbers = (3, 1, 500, 190_000, 80_000, 5, 12, 9_999_999_999)
    orders = SignableOrders(addresses_of([key]), *(np.array([number]) for number in numbers))
    names = ("slot", "side", "quantity", "limit", "wish", "origins", "nonce", "expiry")
    message = {"party": key.address, **dict(zip(names, numbers, strict=True))}
    (ours,) = sign_orders(orders, SEPARATOR, [key])
    assert wallet_signature(key, ORDER_TYPE, message) == ours
