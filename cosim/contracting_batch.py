"""Contract style `batch`: two transactions per slot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.accounts import CommitEffect, SettleEffect
from cosim.contracting import Contracting, on_chain_quality, origins_of
from cosim.readings import SlotReadings
from cosim.slot_book import Commit, SlotBook
from cosim.submission import Dispatch
from emulators.chain.batches import Batch
from emulators.chain.market import MarketClient
from emulators.chain.orders import OrderTerms
from emulators.chain.words import Readings
from twin.settlement import Settlement
from twin.units import IntArray


@dataclass
class SignedBatch:
    """What everybody signed for a slot, and the readings that its settlements have used."""

    batch: Batch
    used: Readings | None = None


@dataclass(frozen=True)
class BatchContracting(Contracting):
    """One signature per party covers its order and all agreements of the slot."""

    client: MarketClient

    def commit(self, book: SlotBook, deadline_s: int, send_at_s: int) -> list[Dispatch]:
        orders, terms = book.matching.orders, book.agreements
        allowed = OrderTerms(
            orders.participant,
            orders.is_buy,
            orders.quantity_wh,
            orders.limit_ueur_per_kwh,
            origins_of(orders),
            np.full(len(orders), book.slot),
        )
        deadline = self.epoch_unix_s + deadline_s
        batch = self.client.batch(book.slot, deadline, terms, book.rates, allowed)
        signed = self.client.commit(batch, self.client.sign(batch))
        book.signed = SignedBatch(batch)
        book.commits = [Commit(signed.tx_hash, np.arange(len(terms)))]
        effect = CommitEffect(terms, int(terms.quantity_wh.sum()))
        return [Dispatch(signed, signed.tx_hash, book.slot, send_at_s, effect)]

    def settle(
        self,
        book: SlotBook,
        readings: SlotReadings,
        rows: IntArray,
        outcome: Settlement,
        send_at_s: int,
    ) -> list[tuple[Dispatch, IntArray]]:
        signed_batch: SignedBatch = book.signed
        now = signed_batch.batch.readings(
            readings.net_wh, on_chain_quality(readings.quality), signed_batch.used
        )
        signed = self.client.settle(signed_batch.batch, now)
        signed_batch.used = now.after_use()
        effect = SettleEffect(book.agreements.take(rows), outcome)
        dispatch = Dispatch(signed, signed.tx_hash, book.slot, send_at_s, effect)
        return [(dispatch, np.arange(len(rows)))]
