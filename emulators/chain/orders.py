"""Offers and requests as typed data (EIP-712): signed by a party, checked by the auction house."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulators.chain.keccak import keccak256
from emulators.chain.keys import Key, address_bytes, recover_address
from emulators.chain.typed_data import digest
from emulators.chain.words import big_endian
from twin.errors import ChainError
from twin.settlement import Agreements
from twin.units import BoolArray, IntArray

ORDER_TYPE: Final = (
    "Order(address party,uint32 slot,uint8 side,uint32 quantity,uint32 limit,uint32 wish,"
    "uint8 origins,uint64 nonce,uint64 expiry)"
)
_ORDER_HASH: Final = keccak256(ORDER_TYPE.encode())
OFFER: Final = 0
REQUEST: Final = 1
_WORDS: Final = 9
MAX_RATE: Final = (1 << 25) - 1
"""The highest limit that a batch can name [µ€/kWh]; a request's limit above means the
same."""


@dataclass(frozen=True)
class SignableOrders:
    """Orders as arrays of shape (k,), in the fields that a party signs."""

    party: NDArray[np.uint8]
    """(k, 20), address of who orders."""
    slot: NDArray[np.int64]
    side: NDArray[np.int64]
    """OFFER or REQUEST."""
    quantity: IntArray
    """[Wh]."""
    limit: IntArray
    """The worst price acceptable [µ€/kWh]; a buyer's includes the fee."""
    wish: IntArray
    """The price that bidding starts from [µ€/kWh]."""
    origins: NDArray[np.int64]
    """Bit o stands for origin o: what a seller has, what a buyer accepts."""
    nonce: NDArray[np.int64]
    """Counts a party's orders, so that none is good twice."""
    expiry: NDArray[np.int64]
    """Last moment at which the order may be matched [s, UTC]."""

    def __len__(self) -> int:
        return len(self.slot)

    def words(self) -> list[bytes]:
        """Each order as the contract reads it, nine words of 32 bytes."""
        words = np.zeros((len(self), _WORDS, 32), np.uint8)
        words[:, 0, 12:] = self.party
        for place, field in enumerate(fields(self)[1:], start=1):
            words[:, place, 24:] = big_endian(getattr(self, field.name), 8)
        return [order.tobytes() for order in words]

    def hashes(self) -> list[bytes]:
        """By which the contract knows each order, 32 bytes."""
        return [keccak256(_ORDER_HASH + order) for order in self.words()]

    def digests(self, separator: bytes) -> list[bytes]:
        """What each party signs for the market of `separator`, 32 bytes each."""
        return [digest(separator, struct) for struct in self.hashes()]


@dataclass(frozen=True)
class OrderTerms:
    """What orders allow, as a batch names it (`OrderTerms.sol`); arrays of shape (k,)."""

    participant: NDArray[np.int64]
    """Index of the party; one that sells and buys has two orders."""
    is_request: BoolArray
    quantity_wh: IntArray
    limit_ueur_per_kwh: IntArray
    """An offer's lowest price; a request's highest sum of price and fee."""
    origins: NDArray[np.int64]
    """Bit o is set where the seller has, or the buyer accepts, origin o."""
    nonce: NDArray[np.int64]

    def terms(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """The orders of `rows` packed as 12 bytes each.

        Raises ChainError where a quantity or an offer's limit does not fit its field.
        """
        quantity, stated = self.quantity_wh[rows], self.limit_ueur_per_kwh[rows]
        limit, offered = np.minimum(stated, MAX_RATE), stated[~self.is_request[rows]]
        if (quantity >> 32).any() or (limit < 0).any() or (offered > MAX_RATE).any():
            raise ChainError(
                f"an order on the ledger is for less than 2³² Wh, and an offer's limit is at most "
                f"{MAX_RATE} µ€/kWh, none below 0"
            )
        words = np.zeros((len(rows), 12), np.uint8)
        side = self.is_request[rows].astype(np.int64) << 63
        high = side | self.nonce[rows] << 33 | quantity << 1 | limit >> 24
        words[:, :8] = big_endian(high, 8)
        words[:, 8:11] = big_endian(limit, 3)
        words[:, 11] = self.origins[rows]
        return words

    @staticmethod
    def allowing(agreements: Agreements, nonce: int = 0) -> OrderTerms:
        """The narrowest orders that allow `agreements`: those of parties that agreed directly."""
        price = agreements.price_ueur_per_kwh
        sides = (
            (agreements.seller, False, price, np.minimum, MAX_RATE),
            (agreements.buyer, True, price + agreements.fee_ueur_per_kwh, np.maximum, 0),
        )
        parts = []
        for party, is_request, rate, worst, start in sides:
            parties, group = np.unique(party, return_inverse=True)
            limit = np.full(len(parties), start, np.int64)
            worst.at(limit, group, rate)
            origins = np.zeros(len(parties), np.int64)
            np.bitwise_or.at(origins, group, 1 << (agreements.origin & 7))
            quantity = np.zeros(len(parties), np.int64)
            np.add.at(quantity, group, agreements.quantity_wh)
            parts.append((parties, np.full(len(parties), is_request), quantity, limit, origins))
        owner, requests, quantity, limit, origins = (
            np.concatenate(column) for column in zip(*parts, strict=True)
        )
        return OrderTerms(owner, requests, quantity, limit, origins, np.full(len(owner), nonce))


def addresses_of(keys: list[Key]) -> NDArray[np.uint8]:
    """Addresses as an array, (k, 20)."""
    raw = b"".join(address_bytes(key.address) for key in keys)
    return np.frombuffer(raw, np.uint8).reshape(-1, 20)


def sign_orders(orders: SignableOrders, separator: bytes, keys: list[Key]) -> list[bytes]:
    """Each party's signature on its order, 65 bytes; `keys` one per order."""
    digests = orders.digests(separator)
    return [key.sign_digest(each) for key, each in zip(keys, digests, strict=True)]


def valid_orders(
    orders: SignableOrders, separator: bytes, signatures: list[bytes]
) -> NDArray[np.bool_]:
    """Which orders (k,) are signed by the party that they name."""
    digests = orders.digests(separator)
    return np.array(
        [
            recover_address(each, signature) == party.tobytes()
            for each, signature, party in zip(digests, signatures, orders.party, strict=True)
        ],
        bool,
    )
