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
from twin.units import IntArray

ORDER_TYPE: Final = (
    "Order(address party,uint32 slot,uint8 side,uint32 quantity,uint32 limit,uint32 wish,"
    "uint8 origins,uint64 nonce,uint64 expiry)"
)
_ORDER_HASH: Final = keccak256(ORDER_TYPE.encode())
OFFER: Final = 0
REQUEST: Final = 1
_WORDS: Final = 10


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

    def digests(self, separator: bytes) -> list[bytes]:
        """What each party signs for the market of `separator`, 32 bytes each."""
        words = np.zeros((len(self), _WORDS, 32), np.uint8)
        words[:, 0] = np.frombuffer(_ORDER_HASH, np.uint8)
        words[:, 1, 12:] = self.party
        for place, field in enumerate(fields(self)[1:], start=2):
            words[:, place, 24:] = big_endian(getattr(self, field.name), 8)
        packed = words.tobytes()
        size = 32 * _WORDS
        return [
            digest(separator, keccak256(packed[start : start + size]))
            for start in range(0, len(packed), size)
        ]


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
