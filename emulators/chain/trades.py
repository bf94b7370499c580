"""Contracts one by one: the steps of the paper as transactions of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from emulators.chain.artefacts import artefact
from emulators.chain.batches import signature_bytes
from emulators.chain.keys import Key, compact_signature
from emulators.chain.market import Client
from emulators.chain.orders import REQUEST, SignableOrders
from emulators.chain.transactions import SignedTransaction
from emulators.chain.typed_data import contract_hash, digest, meter_reading_hash, word
from emulators.chain.words import Readings, agreement_words
from twin.settlement import Agreements, StabilityRates

_GAS: Final = {
    "offer": 320_000,
    "request": 240_000,
    "propose": 160_000,
    "sign": 400_000,
    "settle": 420_000,
    "release": 320_000,
    "lapse": 160_000,
}
"""More than any of these needs (`lapse`: the first offer)."""
_KNOWN: Final = bytes(96)
"""In place of a reading that the ledger has."""


@dataclass(frozen=True)
class Trade:
    """One contract between the parties of two orders, on the terms that its four signers sign."""

    offer: bytes
    """Hash of the seller's order, 32 bytes."""
    request: bytes
    """Hash of the buyer's order, 32 bytes."""
    slot: int
    seller: int
    """Index of the participant."""
    buyer: int
    agreement: bytes
    """The agreement's word without parties, 32 bytes."""
    rates: StabilityRates
    commit_deadline: int
    """[s, UTC]."""

    @cached_property
    def words(self) -> bytes:
        """The terms as the contract reads them, six words."""
        numbers = (
            self.rates.short_ueur_per_kwh,
            self.rates.long_ueur_per_kwh,
            self.commit_deadline,
        )
        return b"".join((self.offer, self.request, self.agreement, *map(word, numbers)))

    @cached_property
    def struct_hash(self) -> bytes:
        """By which the contract is known, 32 bytes."""
        return contract_hash(self.words)


class TradeClient(Client):
    """Builds and signs contracts one by one; all is sent by the auction house."""

    def order(self, words: bytes, side: int, signature: bytes) -> SignedTransaction:
        """Steps A and B: a signed order (its nine words) is put on the ledger."""
        function = "request" if side == REQUEST else "offer"
        return self._call(function, words + word(320) + _tail(signature_bytes([signature])))

    def trades(
        self,
        slot: int,
        commit_deadline: int,
        agreements: Agreements,
        rates: StabilityRates,
        orders: SignableOrders,
    ) -> list[Trade]:
        """Step E: the terms of each agreement, from the orders that it was matched from."""
        by_party = {
            (party.tobytes(), int(side)): struct
            for party, side, struct in zip(orders.party, orders.side, orders.hashes(), strict=True)
        }
        nobody = np.zeros(len(self.party_addresses), np.int64)
        packed = agreement_words(agreements, nobody)
        trades = []
        for row in range(len(agreements)):
            seller, buyer = int(agreements.seller[row]), int(agreements.buyer[row])
            trades.append(
                Trade(
                    by_party[self.party_addresses[seller].tobytes(), 1 - REQUEST],
                    by_party[self.party_addresses[buyer].tobytes(), REQUEST],
                    slot,
                    seller,
                    buyer,
                    packed[32 * row : 32 * row + 32],
                    rates,
                    commit_deadline,
                )
            )
        return trades

    def propose(self, trade: Trade) -> SignedTransaction:
        """Steps C to E: the auction house proposes the contract."""
        return self._call("propose", trade.words)

    def signatures(self, trade: Trade) -> list[bytes]:
        """Of buyer, seller, DSO and LPD, by their own keys."""
        keys, operators = self.actors.keys, self.actors.operators
        signers = (keys[trade.buyer], keys[trade.seller], operators["dso"], operators["lpd"])
        signed = digest(self.separator, trade.struct_hash)
        return [key.sign_digest(signed) for key in signers]

    def sign(self, trade: Trade, signatures: Sequence[bytes]) -> SignedTransaction:
        """Step F: the four signatures bring the contract into force."""
        return self._call("sign", trade.words + word(224) + _tail(signature_bytes(signatures)))

    def reading(self, party: int, slot: int, packed: bytes, signer: Key | None = None) -> bytes:
        """A party's reading (its word) with the oracle's signature, 96 bytes."""
        key = signer or self.actors.operators["oracle"]
        struct = meter_reading_hash(self.actors.addresses[party], slot, packed)
        return packed + compact_signature(key.sign_digest(digest(self.separator, struct)))

    def settle(self, trade: Trade, seller: bytes | None, buyer: bytes | None) -> SignedTransaction:
        """Step G: the settlement; a reading that the ledger has already need not be given."""
        return self._call("settle", trade.words + (seller or _KNOWN) + (buyer or _KNOWN))

    def release(self, trade: Trade) -> SignedTransaction:
        """Gives back what no settlement came for."""
        return self._call("release", trade.words)

    def lapse(self, offers: Sequence[bytes]) -> SignedTransaction:
        """Ends the tokens of what nobody bought of `offers` (hashes)."""
        data = word(32) + word(len(offers)) + b"".join(offers)
        return self._call("lapse", data, 60_000 * len(offers))

    def _call(self, function: str, data: bytes, more_gas: int = 0) -> SignedTransaction:
        selector = artefact("TradeMarket").selector(function)
        kind = "commit" if function == "sign" else function
        return self.send(kind, selector + data, _GAS[function] + more_gas)


def _tail(data: bytes) -> bytes:
    """A byte string as the ABI has it behind everything else."""
    return word(len(data)) + data.ljust(-(-len(data) // 32) * 32, b"\0")


def reading_words(readings: Readings) -> list[bytes]:
    """Each party's reading as a word of 32 bytes."""
    packed = readings.words()
    return [packed[at : at + 32] for at in range(0, len(packed), 32)]
