"""Contract style `per_trade`: the paper's steps as transactions of their own."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cosim.accounts import CommitEffect, DeclareEffect, LapseEffect, SettleEffect
from cosim.contracting import Contracting, on_chain_quality
from cosim.readings import SlotReadings
from cosim.slot_book import Commit, SlotBook
from cosim.submission import Dispatch
from emulators.chain.orders import OFFER
from emulators.chain.trades import Trade, TradeClient, reading_words
from emulators.chain.transactions import SignedTransaction
from emulators.chain.words import Readings
from twin.settlement import Settlement
from twin.units import IntArray


@dataclass(frozen=True)
class Offer:
    """A seller's offer on the ledger."""

    seller: int
    struct_hash: bytes
    quantity_wh: int
    tx_hash: str


@dataclass
class SignedTrades:
    """What was signed for a slot, and whose readings the ledger has."""

    trades: list[Trade]
    offers: list[Offer]
    read: set[int] = field(default_factory=set)
    """Participants whose reading a settlement has brought."""
    closed: bool = False


@dataclass(frozen=True)
class TradeContracting(Contracting):
    """Five transactions per contract: offer, request, proposal, signatures, settlement.

    Orders that found no match leave no trace on the ledger.
    """

    client: TradeClient

    def commit(self, book: SlotBook, deadline_s: int, send_at_s: int) -> list[Dispatch]:
        matching, slot, terms = book.matching, book.slot, book.agreements
        typed = self.typed_orders(matching.orders, slot, matching.expiry_s)
        trades = self.client.trades(slot, self.epoch_unix_s + deadline_s, terms, book.rates, typed)
        sent: list[Dispatch] = []

        def send(signed: SignedTransaction, effect: DeclareEffect | CommitEffect) -> str:
            sent.append(Dispatch(signed, signed.tx_hash, slot, send_at_s, effect))
            return signed.tx_hash

        offers = []
        hashes, words = typed.hashes(), typed.words()
        party = matching.orders.participant
        matched = np.where(
            typed.side == OFFER, np.isin(party, terms.seller), np.isin(party, terms.buyer)
        )
        for row in np.flatnonzero(matched).tolist():
            side, quantity = int(typed.side[row]), int(typed.quantity[row])
            signed = self.client.order(words[row], side, matching.signatures[row])
            if side == OFFER:
                tx_hash = send(signed, DeclareEffect(quantity))
                offers.append(Offer(int(party[row]), hashes[row], quantity, tx_hash))
            else:
                send(signed, DeclareEffect(0))
        for trade in trades:
            send(self.client.propose(trade), DeclareEffect(0))
        for row, trade in enumerate(trades):
            signed = self.client.sign(trade, self.client.signatures(trade))
            effect = CommitEffect(terms.take(np.array([row])), 0)
            book.commits.append(Commit(send(signed, effect), np.array([row])))
        book.signed = SignedTrades(trades, offers)
        book.declared = {offer.tx_hash: None for offer in offers}
        return sent

    def settle(
        self,
        book: SlotBook,
        readings: SlotReadings,
        rows: IntArray,
        outcome: Settlement,
        send_at_s: int,
    ) -> list[tuple[Dispatch, IntArray]]:
        signed: SignedTrades = book.signed
        quality = on_chain_quality(readings.quality)
        packed = reading_words(Readings(readings.net_wh, quality, np.zeros(len(quality), bool)))
        sent = []

        def reading(party: int) -> bytes | None:
            if party in signed.read:
                return None
            signed.read.add(party)
            return self.client.reading(party, book.slot, packed[party])

        for place, row in enumerate(rows.tolist()):
            trade, only = signed.trades[row], np.array([place])
            transaction = self.client.settle(trade, reading(trade.seller), reading(trade.buyer))
            effect = SettleEffect(book.agreements.take(rows[only]), outcome.take(only))
            dispatch = Dispatch(transaction, transaction.tx_hash, book.slot, send_at_s, effect)
            sent.append((dispatch, only))
        return sent

    def close(self, book: SlotBook, send_at_s: int) -> list[Dispatch]:
        """Energy of offers on the ledger that no contract took lapses."""
        signed: SignedTrades = book.signed
        if signed.closed:
            return []
        signed.closed = True
        standing, left = book.standing, {}
        for offer in signed.offers:
            taken = int(standing.quantity_wh[standing.seller == offer.seller].sum())
            if book.declared[offer.tx_hash] and offer.quantity_wh > taken:
                left[offer.struct_hash] = offer.quantity_wh - taken
        if not left:
            return []
        transaction = self.client.lapse(list(left))
        effect = LapseEffect(sum(left.values()))
        return [Dispatch(transaction, transaction.tx_hash, book.slot, send_at_s, effect)]
