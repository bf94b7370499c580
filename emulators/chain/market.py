"""The market as a client sees it: commit, settle, release, and what is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulators.chain.artefacts import artefact
from emulators.chain.batches import Batch, signature_bytes
from emulators.chain.deployment import Actors, Calendar, Contracts
from emulators.chain.keys import Key, address_bytes, compact_signature
from emulators.chain.nodes.base import EvmNode
from emulators.chain.orders import OrderTerms
from emulators.chain.transactions import SignedTransaction
from emulators.chain.typed_data import MARKET_NAME, address_word, domain_separator, word
from emulators.chain.words import ORIGINS, Readings
from twin.errors import ChainError
from twin.settlement import Agreements, StabilityRates
from twin.units import IntArray

_TERMS_WORDS: Final = 5


@dataclass(frozen=True)
class Balances:
    """What accounts hold, arrays of shape (n,) [n€]."""

    wallet_neur: IntArray
    """Coins outside the market."""
    free_neur: IntArray
    """In the market, withdrawable."""
    locked_neur: IntArray
    """In the market, in escrow."""


@dataclass(frozen=True)
class TokenTotals:
    """What became of all energy tokens [Wh]."""

    minted_wh: int
    burned_wh: int
    """Delivered."""
    lapsed_wh: int
    """Declared, but not delivered."""

    @property
    def held_wh(self) -> int:
        """Not settled yet."""
        return self.minted_wh - self.burned_wh - self.lapsed_wh


class Client:
    """Speaks with the market contract of one run, whatever its style."""

    def __init__(self, actors: Actors, contracts: Contracts, calendar: Calendar) -> None:
        self.actors = actors
        self.contracts = contracts
        self.calendar = calendar
        self.separator = domain_separator(MARKET_NAME, actors.chain_id, contracts.market)
        self.party_addresses = np.frombuffer(
            b"".join(address_bytes(address) for address in actors.addresses), np.uint8
        ).reshape(-1, 20)

    def balances(self, node: EvmNode, addresses: Sequence[str], wallets: bool = True) -> Balances:
        """What accounts hold; without `wallets` those stay zero and one call suffices."""
        return balances_of(node, self.contracts, addresses, wallets)

    def token_totals(self, node: EvmNode) -> TokenTotals:
        """What became of all energy tokens."""
        return token_totals_of(node, self.contracts)

    def send(self, kind: str, data: bytes, gas: int) -> SignedTransaction:
        """A call of the market that the auction house sends; `kind` labels it in the results."""
        sender = self.actors.senders["auction_house"]
        return sender.send(kind, self.contracts.market, data, gas)


class MarketClient(Client):
    """Builds and signs batches: two transactions per slot."""

    def batch(
        self,
        slot: int,
        commit_deadline: int,
        agreements: Agreements,
        rates: StabilityRates,
        orders: OrderTerms,
        number: int = 0,
    ) -> Batch:
        """What is to be signed for `slot`; the deadline is a block time [s, UTC]."""
        return Batch(
            slot=slot,
            number=number,
            commit_deadline=commit_deadline,
            delivery_end=self.calendar.delivery_end(slot),
            rates=rates,
            agreements=agreements,
            orders=orders,
            party_addresses=self.party_addresses,
            separator=self.separator,
        )

    def sign(self, batch: Batch) -> list[bytes]:
        """The signatures of all parties of the batch, the DSO and the LPD, by their own keys."""
        operators = self.actors.operators
        return batch.sign(self.actors.keys, operators["dso"], operators["lpd"])

    def commit(self, batch: Batch, signatures: Sequence[bytes]) -> SignedTransaction:
        """The commit, sent by the auction house."""
        data = _call(
            "commit",
            batch,
            _committed(batch),
            tail=signature_bytes(signatures),
        )
        return self.send("commit", data, _gas_limit(batch, 20_000, 3_000, 32_000))

    def settle(
        self, batch: Batch, readings: Readings, oracle: Key | None = None
    ) -> SignedTransaction:
        """The settlement, sent by the auction house; the oracle signs the readings."""
        key = oracle or self.actors.operators["oracle"]
        signature = compact_signature(key.sign_digest(batch.readings_digest(readings)))
        data = _call(
            "settle",
            batch,
            [*_committed(batch), readings.words()],
            extra=signature,
        )
        return self.send("settle", data, _gas_limit(batch, 12_000, 4_000, 14_000))

    def release(self, batch: Batch, used: Readings) -> SignedTransaction:
        """Gives back what no settlement came for; `used` are earlier settlements' readings."""
        data = _call("release", batch, [*_committed(batch), used.words()])
        return self.send("release", data, _gas_limit(batch, 12_000, 4_000, 14_000))


def balances_of(
    node: EvmNode, contracts: Contracts, addresses: Sequence[str], wallets: bool = True
) -> Balances:
    """What accounts hold, in two calls; without `wallets` those are zero and one call suffices."""
    output = node.call(contracts.market, _of_addresses("Market", addresses))
    free, locked = _arrays(output, 2)
    wallet = np.zeros(len(addresses), np.int64)
    if wallets:
        output = node.call(contracts.stablecoin, _of_addresses("Stablecoin", addresses))
        (wallet,) = _arrays(output, 1)
    return Balances(wallet, free, locked)


def token_totals_of(node: EvmNode, contracts: Contracts) -> TokenTotals:
    """What became of all energy tokens."""
    output = node.call(contracts.energy_token, artefact("EnergyToken").selector("totals"))
    return TokenTotals(*(int.from_bytes(output[at : at + 32]) for at in (0, 32, 64)))


def holdings_of(
    node: EvmNode, contracts: Contracts, addresses: Sequence[str], slot: int, origin: int
) -> IntArray:
    """Energy tokens of a slot and origin that accounts hold, (n,) [Wh]."""
    ids = [token_id(slot, origin)] * len(addresses)
    data = artefact("EnergyToken").encode_call("balanceOfBatch", list(addresses), ids)
    (held,) = _arrays(node.call(contracts.energy_token, data), 1)
    amounts: IntArray = held
    return amounts


def token_id(slot: int, origin: int) -> int:
    """Id of the energy tokens of a slot and origin."""
    return slot << 8 | origin


def _of_addresses(contract: str, addresses: Sequence[str]) -> bytes:
    words = b"".join(address_word(address) for address in addresses)
    return artefact(contract).selector("balancesOf") + word(32) + word(len(addresses)) + words


def _arrays(output: bytes, count: int) -> NDArray[np.int64]:
    """The `count` equally long arrays of amounts that a view returned, (count, n)."""
    words = np.frombuffer(output, np.uint8).reshape(-1, 32)[count:].reshape(count, -1, 32)
    amounts = words[:, 1:]
    if amounts[:, :, :24].any() or (amounts[:, :, 24] & 0x80).any():
        raise ChainError("an account holds 2⁶³ n€ or more, which is beyond the testbed's integers")
    return np.ascontiguousarray(amounts[:, :, 24:]).view(">i8")[:, :, 0].astype(np.int64)


def _committed(batch: Batch) -> list[bytes]:
    return [batch.agreement_words, batch.party_words, batch.counter_order_words]


def _gas_limit(batch: Batch, per_party: int, per_agreement: int, per_holding: int) -> int:
    """Enough gas for a batch: what it costs at most per party, agreement, and seller and origin."""
    agreements = batch.agreements
    holdings = len(np.unique(agreements.seller * ORIGINS + agreements.origin))
    parties, count = len(batch.parties), len(agreements)
    memory_words = 16 * parties + 4 * count + 16 * holdings
    memory = 3 * memory_words + memory_words**2 // 512
    linear = per_party * parties + per_agreement * count + per_holding * holdings
    return 150_000 + linear + memory


def _call(
    function: str,
    batch: Batch,
    arrays: list[bytes],
    extra: bytes = b"",
    tail: bytes | None = None,
) -> bytes:
    """ABI data: terms, then `arrays` of words, then fixed words (`extra`) or a byte string."""
    terms = (
        batch.slot,
        batch.number,
        batch.commit_deadline,
        batch.rates.short_ueur_per_kwh,
        batch.rates.long_ueur_per_kwh,
    )
    parts = [word(len(array) // 32) + array for array in arrays]
    if tail is not None:
        parts.append(word(len(tail)) + tail.ljust(-(-len(tail) // 32) * 32, b"\0"))
    offset = 32 * (_TERMS_WORDS + len(parts)) + len(extra)
    head = [artefact("Market").selector(function), *(word(term) for term in terms)]
    for part in parts:
        head.append(word(offset))
        offset += len(part)
    return b"".join((*head, extra, *parts))
