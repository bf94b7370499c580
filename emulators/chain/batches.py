"""A batch of agreements as it is signed, committed and settled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emulators.chain.keys import Key, compact_signature, recover_address
from emulators.chain.orders import OrderTerms
from emulators.chain.typed_data import batch_hash, digest, readings_hash
from emulators.chain.words import MEASURED, MISSING, Readings, agreement_words, big_endian
from twin.settlement import Agreements, StabilityRates
from twin.units import BoolArray, IntArray

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Batch:
    """All agreements of a slot among a set of parties, on the terms that everyone signs."""

    slot: int
    number: int
    """Of the batch within its slot."""
    commit_deadline: int
    """Last block time at which the contract takes it [s, UTC]."""
    delivery_end: int
    """[s, UTC]."""
    rates: StabilityRates
    agreements: Agreements
    """By participant, in order of tier, seller, buyer."""
    orders: OrderTerms
    """What the parties' orders allow; others' orders do no harm."""
    party_addresses: NDArray[np.uint8]
    """(n, 20), addresses of all participants."""
    separator: bytes
    """Of the market's signing domain."""

    @cached_property
    def parties(self) -> NDArray[np.int64]:
        """Participants that buy or sell, ascending, (m,): the list that is signed."""
        return np.unique(np.concatenate((self.agreements.seller, self.agreements.buyer)))

    @cached_property
    def agreement_words(self) -> bytes:
        """The agreements as the contract reads them, 32 bytes each."""
        position = np.zeros(len(self.party_addresses), np.int64)
        position[self.parties] = np.arange(len(self.parties))
        return agreement_words(self.agreements, position)

    @cached_property
    def _order_rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Of each party the row of its first order, −1 where it has none; rows of second orders."""
        mine = np.flatnonzero(np.isin(self.orders.participant, self.parties))
        party, first = np.unique(self.orders.participant[mine], return_index=True)
        rows = np.full(len(self.parties), -1, np.int64)
        rows[np.searchsorted(self.parties, party)] = mine[first]
        return rows, np.delete(mine, first)

    @cached_property
    def party_words(self) -> bytes:
        """What each party's order allows and its address, 32 bytes each."""
        rows, _ = self._order_rows
        words = np.zeros((len(self.parties), 32), np.uint8)
        words[rows >= 0, :12] = self.orders.terms(rows[rows >= 0])
        words[:, 12:] = self.party_addresses[self.parties]
        return words.tobytes()

    @cached_property
    def counter_order_words(self) -> bytes:
        """Second orders of parties that both sell and buy, 32 bytes each."""
        _, rows = self._order_rows
        words = np.zeros((len(rows), 32), np.uint8)
        words[:, :12] = self.orders.terms(rows)
        position = np.searchsorted(self.parties, self.orders.participant[rows])
        words[:, 24:] = big_endian(position, 8)
        return words.tobytes()

    @cached_property
    def struct_hash(self) -> bytes:
        """What the contract keeps of a committed batch."""
        return batch_hash(
            self.slot,
            self.number,
            self.commit_deadline,
            self.delivery_end,
            self.rates.short_ueur_per_kwh,
            self.rates.long_ueur_per_kwh,
            self.agreement_words,
            self.party_words,
            self.counter_order_words,
        )

    @cached_property
    def digest(self) -> bytes:
        """What every party, the DSO and the LPD sign, 32 bytes."""
        return digest(self.separator, self.struct_hash)

    def sign(self, keys: Sequence[Key], dso: Key, lpd: Key) -> list[bytes]:
        """Everyone's signature: the parties of `keys` (one key per participant), DSO, LPD."""
        signers = [*(keys[party] for party in self.parties), dso, lpd]
        return [key.sign_digest(self.digest) for key in signers]

    def unsigned_by(self, signatures: Sequence[bytes | None]) -> NDArray[np.int64]:
        """Participants whose signature (m, in the order of `parties`) is missing or wrong."""
        wrong = [
            signature is None
            or recover_address(self.digest, signature) != self.party_addresses[party].tobytes()
            for party, signature in zip(self.parties, signatures, strict=False)
        ]
        unsigned: NDArray[np.int64] = self.parties[np.array(wrong, bool)]
        return unsigned

    def readings_digest(self, readings: Readings) -> bytes:
        """What the oracle signs, 32 bytes."""
        return digest(self.separator, readings_hash(self.struct_hash, readings.words()))

    def readings(
        self,
        net_wh: IntArray,
        quality: NDArray[np.uint8],
        earlier: Readings | None = None,
    ) -> Readings:
        """The readings of this batch from those of all participants.

        Parameters: `net_wh` (n,) import − export, `quality` (n,) as in `words`; `earlier` what the
        batch's last settlement used: those stay as they were.
        """
        net, quality = net_wh[self.parties], quality[self.parties]
        if earlier is None:
            return Readings(net, quality, np.zeros(len(net), bool))
        used = earlier.known
        return Readings(
            np.where(used, earlier.net_wh, net), np.where(used, earlier.quality, quality), used
        )

    def all_measured(self, net_wh: IntArray) -> Readings:
        """Readings (n,) that all came in time."""
        return self.readings(net_wh, np.full(len(net_wh), MEASURED, np.uint8))

    def none_read(self) -> Readings:
        """No reading of anybody."""
        n = len(self.party_addresses)
        return self.readings(np.zeros(n, np.int64), np.full(n, MISSING, np.uint8))

    def settled_by(self, readings: Readings) -> BoolArray:
        """Agreements (k,) that a settlement with these readings settles: both known, not before."""
        position = np.searchsorted(self.parties, self.agreements.seller)
        counterpart = np.searchsorted(self.parties, self.agreements.buyer)
        known, used = readings.known, readings.used
        both_used: BoolArray = used[position] & used[counterpart]
        settled: BoolArray = known[position] & known[counterpart] & ~both_used
        return settled


class WalletSignature(bytes):
    """What a smart-contract wallet wants to see instead of a signature (ERC-1271)."""


def signature_bytes(signatures: Sequence[bytes]) -> bytes:
    """Signatures as `Signatures.sol` reads them: 64 bytes each, then the wallets'."""
    return b"".join(
        len(each).to_bytes(64) if isinstance(each, WalletSignature) else compact_signature(each)
        for each in signatures
    ) + b"".join(each for each in signatures if isinstance(each, WalletSignature))
