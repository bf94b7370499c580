"""From matches to signed transactions: the auction house as a client of the market contract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.accounts import CommitEffect, SettleEffect
from cosim.readings import SlotReadings
from cosim.slot_book import SlotBook
from cosim.submission import Dispatch
from emulators.chain.batches import Batch
from emulators.chain.market import MarketClient
from emulators.chain.orders import (
    OFFER,
    REQUEST,
    OrderTerms,
    SignableOrders,
    sign_orders,
    valid_orders,
)
from emulators.chain.words import MEASURED, MISSING, SUBSTITUTED, Readings
from twin.bidding import ANY_ORIGIN, Orders
from twin.participants import Origin
from twin.settlement import Agreements, Settlement, StabilityRates
from twin.state import Quality
from twin.units import IntArray

EVERY_ORIGIN = sum(1 << origin for origin in Origin)
"""What a request accepts that names no origin."""
ON_CHAIN = {
    Quality.MISSING: MISSING,
    Quality.MEASURED: MEASURED,
    Quality.SUBSTITUTED: SUBSTITUTED,
}


@dataclass
class SignedBatch:
    """What everybody signed for a slot, and the readings that its settlements have used."""

    batch: Batch
    used: Readings | None = None


@dataclass(frozen=True)
class Contracting:
    """Signs for the parties, and packs what the auction house sends to the ledger."""

    client: MarketClient
    epoch_unix_s: int

    def signed_orders(self, orders: Orders, slot: int, expiry_s: int) -> tuple[Orders, list[bytes]]:
        """Steps A and B: each agent signs its order; the auction house keeps the valid ones."""
        addresses = self.client.party_addresses
        typed = SignableOrders(
            party=addresses[orders.participant],
            slot=np.full(len(orders), slot),
            side=np.where(orders.is_buy, REQUEST, OFFER),
            quantity=orders.quantity_wh,
            limit=orders.limit_ueur_per_kwh,
            wish=orders.wish_ueur_per_kwh,
            origins=_origins(orders),
            # The slot counts a party's orders, so that cancelling one cancels the slot's.
            nonce=np.full(len(orders), slot),
            expiry=np.full(len(orders), self.epoch_unix_s + expiry_s),
        )
        keys = [self.client.actors.keys[i] for i in orders.participant.tolist()]
        signatures = sign_orders(typed, self.client.separator, keys)
        valid = np.flatnonzero(valid_orders(typed, self.client.separator, signatures))
        return orders.take(valid), [signatures[row] for row in valid.tolist()]

    def commit(
        self,
        slot: int,
        orders: Orders,
        agreements: Agreements,
        rates: StabilityRates,
        deadline_s: int,
        send_at_s: int,
    ) -> tuple[Dispatch, SignedBatch]:
        """Steps E and F: the terms, every party's, the DSO's and the LPD's signature, the
        commit."""
        allowed = OrderTerms(
            orders.participant,
            orders.is_buy,
            orders.quantity_wh,
            orders.limit_ueur_per_kwh,
            _origins(orders),
            np.full(len(orders), slot),
        )
        deadline = self.epoch_unix_s + deadline_s
        batch = self.client.batch(slot, deadline, agreements, rates, allowed)
        signed = self.client.commit(batch, self.client.sign(batch))
        dispatch = Dispatch(signed, signed.tx_hash, slot, send_at_s, CommitEffect(agreements))
        return dispatch, SignedBatch(batch)

    def settle(
        self,
        book: SlotBook,
        readings: SlotReadings,
        rows: IntArray,
        outcome: Settlement,
        send_at_s: int,
    ) -> Dispatch:
        """Step G: the readings, signed by the DSO's oracle, that settle the agreements of
        `rows`."""
        signed_batch: SignedBatch = book.signed
        codes = np.zeros(len(Quality), np.uint8)
        for quality, code in ON_CHAIN.items():
            codes[quality] = code
        now = signed_batch.batch.readings(
            readings.net_wh, codes[readings.quality], signed_batch.used
        )
        signed = self.client.settle(signed_batch.batch, now)
        signed_batch.used = now.after_use()
        effect = SettleEffect(book.agreements.take(rows), outcome)
        return Dispatch(signed, signed.tx_hash, book.slot, send_at_s, effect)


def _origins(orders: Orders) -> IntArray:
    """What each order offers or accepts, a bit per origin."""
    return np.where(orders.origin == ANY_ORIGIN, EVERY_ORIGIN, 1 << orders.origin.clip(0))
