"""From matches to signed transactions: the auction house as a client of the market contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.readings import SlotReadings
from cosim.slot_book import SlotBook
from cosim.submission import Dispatch
from emulators.chain.market import Client
from emulators.chain.orders import (
    OFFER,
    REQUEST,
    SignableOrders,
    sign_orders,
    valid_orders,
)
from emulators.chain.words import MEASURED, MISSING, SUBSTITUTED
from twin.bidding import ANY_ORIGIN, Orders
from twin.participants import Origin
from twin.settlement import Settlement
from twin.state import Quality
from twin.units import IntArray

EVERY_ORIGIN = sum(1 << origin for origin in Origin)
"""What a request accepts that names no origin."""
ON_CHAIN = {
    Quality.MISSING: MISSING,
    Quality.MEASURED: MEASURED,
    Quality.SUBSTITUTED: SUBSTITUTED,
}


@dataclass(frozen=True)
class Contracting(ABC):
    """Signs for the parties, and packs what the auction house sends to the ledger.

    Every contract style is one of these.
    """

    client: Client
    epoch_unix_s: int

    @abstractmethod
    def commit(self, book: SlotBook, deadline_s: int, send_at_s: int) -> list[Dispatch]:
        """Everything until the agreements of `book` are committed (E and F, and what goes before
        on the ledger), in its order; leaves the commits, and what was signed, in the book."""

    @abstractmethod
    def settle(
        self,
        book: SlotBook,
        readings: SlotReadings,
        rows: IntArray,
        outcome: Settlement,
        send_at_s: int,
    ) -> list[tuple[Dispatch, IntArray]]:
        """Step G: the settlements of the agreements of `rows` (m,), whose outcome is given; each
        with which of the m it settles."""

    def close(self, book: SlotBook, send_at_s: int) -> list[Dispatch]:
        """What is left to do once the slot is over and no commit can come any more."""
        return []

    def signed_orders(self, orders: Orders, slot: int, expiry_s: int) -> tuple[Orders, list[bytes]]:
        """Steps A and B: each agent signs its order; the auction house keeps the valid ones."""
        typed = self.typed_orders(orders, slot, expiry_s)
        keys = [self.client.actors.keys[i] for i in orders.participant.tolist()]
        signatures = sign_orders(typed, self.client.separator, keys)
        valid = np.flatnonzero(valid_orders(typed, self.client.separator, signatures))
        return orders.take(valid), [signatures[row] for row in valid.tolist()]

    def typed_orders(self, orders: Orders, slot: int, expiry_s: int) -> SignableOrders:
        """Orders in the fields that their parties sign."""
        addresses = self.client.party_addresses
        return SignableOrders(
            party=addresses[orders.participant],
            slot=np.full(len(orders), slot),
            side=np.where(orders.is_buy, REQUEST, OFFER),
            quantity=orders.quantity_wh,
            limit=orders.limit_ueur_per_kwh,
            wish=orders.wish_ueur_per_kwh,
            origins=origins_of(orders),
            # The slot counts a party's orders, so that cancelling one cancels the slot's.
            nonce=np.full(len(orders), slot),
            expiry=np.full(len(orders), self.epoch_unix_s + expiry_s),
        )


def on_chain_quality(quality: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Codes of `Quality` as the contracts know them."""
    codes = np.zeros(len(Quality), np.uint8)
    for each, code in ON_CHAIN.items():
        codes[each] = code
    found: NDArray[np.uint8] = codes[quality]
    return found


def origins_of(orders: Orders) -> IntArray:
    """What each order offers or accepts, a bit per origin."""
    return np.where(orders.origin == ANY_ORIGIN, EVERY_ORIGIN, 1 << orders.origin.clip(0))
