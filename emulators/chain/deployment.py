"""From an empty chain to a market with admitted parties that hold deposits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from emulators.chain.artefacts import artefact
from emulators.chain.keys import Key, party_key
from emulators.chain.transactions import (
    CHAIN_ID,
    Sender,
    SignedTransaction,
    contract_address,
)
from emulators.chain.typed_data import STABLECOIN_NAME, digest, domain_separator, permit_hash
from twin.units import IntArray

OPERATORS: Final = ("governor", "auction_house", "dso", "lpd", "oracle")
"""Who has a key besides the participants. The LPD issues the coins; the oracle is the DSO's."""
MARKETS: Final = {"batch": "Market", "per_trade": "TradeMarket"}
"""The market contract of each contract style."""
CHUNK: Final = 100
"""Parties per set-up transaction, so that a block holds it."""
NO_DEADLINE: Final = (1 << 64) - 1


@dataclass(frozen=True)
class Calendar:
    """When slots are and how long what may take, as the market enforces it [s]."""

    first_slot_start: int
    """UTC."""
    slot_s: int
    correction_window_s: int = 86_400
    """After a slot, only measured readings count for this long; later, substitutes do too."""
    release_delay_s: int = 7 * 86_400
    """After that, a batch may be settled for this long; then anybody may release it. Assumption."""

    def delivery_start(self, slot: int) -> int:
        return self.first_slot_start + slot * self.slot_s

    def delivery_end(self, slot: int) -> int:
        return self.delivery_start(slot + 1)

    def substitutes_from(self, slot: int) -> int:
        return self.delivery_end(slot) + self.correction_window_s

    def last_settlement(self, slot: int) -> int:
        return self.substitutes_from(slot) + self.release_delay_s


@dataclass(frozen=True)
class Contracts:
    """Addresses of the deployed contracts."""

    registry: str
    stablecoin: str
    energy_token: str
    market: str

    @staticmethod
    def of(governor: Key) -> Contracts:
        """Where the governor's first four transactions put them."""
        made = [contract_address(governor.address_bytes, nonce) for nonce in range(4)]
        return Contracts(*made)


class Actors:
    """Everybody who signs in a run: operators and participants, with their keys."""

    def __init__(self, seed: int, participants: Sequence[str], chain_id: int = CHAIN_ID) -> None:
        self.participants = tuple(participants)
        self.keys = tuple(party_key(seed, name) for name in participants)
        self.meters = tuple(party_key(seed, f"meter:{name}") for name in participants)
        self.operators = {name: party_key(seed, name) for name in OPERATORS}
        self.chain_id = chain_id
        self.senders = {
            name: Sender(name, key, chain_id=chain_id) for name, key in self.operators.items()
        }

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of the participants, in their order."""
        return tuple(key.address for key in self.keys)

    @property
    def funded(self) -> tuple[str, ...]:
        """Whom the genesis block gives something to pay gas with."""
        return tuple(key.address for key in self.operators.values())


def set_up(
    actors: Actors,
    calendar: Calendar,
    roles: IntArray,
    deposits_neur: IntArray,
    stabiliser: Literal["lpd", "dso"] = "lpd",
    style: Literal["batch", "per_trade"] = "batch",
) -> tuple[Contracts, list[SignedTransaction]]:
    """The transactions that make the market, in their order.

    Parameters: `roles` (n,) as `twin.participants.Role`; `deposits_neur` (n,) what each participant
    pays in and deposits in the market; `style` of the contracts. Every participant authorises its
    own deposit (ERC-2612), which the auction house carries.
    """
    contracts = Contracts.of(actors.operators["governor"])
    operators = actors.operators
    governor = actors.senders["governor"]
    appointed = (
        operators["auction_house"].address,
        operators["dso"].address,
        operators["lpd"].address,
        operators[stabiliser].address,
        operators["oracle"].address,
    )
    times = (
        calendar.first_slot_start,
        calendar.slot_s,
        calendar.correction_window_s,
        calendar.release_delay_s,
    )
    creations = (
        ("Registry", "registry", (governor.key.address, appointed)),
        ("Stablecoin", "stablecoin", (operators["lpd"].address,)),
        ("EnergyToken", "energy-token", (contracts.market,)),
        (
            MARKETS[style],
            "market",
            (contracts.stablecoin, contracts.registry, contracts.energy_token, times),
        ),
    )
    transactions = [
        governor.send(
            f"deploy-{label}", None, artefact(name).encode_deployment(*arguments), 6_000_000
        )
        for name, label, arguments in creations
    ]
    bind = artefact("Registry").encode_call("bindMarket", contracts.market)
    transactions.append(governor.send("bind-market", contracts.registry, bind, 100_000))
    for rows in _chunks(len(actors.keys)):
        transactions += _admission(actors, contracts, roles, rows)
        transactions += _funding(actors, contracts, deposits_neur, rows)
    return contracts, transactions


def _chunks(count: int) -> Iterator[range]:
    for start in range(0, count, CHUNK):
        yield range(start, min(start + CHUNK, count))


def _admission(
    actors: Actors, contracts: Contracts, roles: IntArray, rows: range
) -> list[SignedTransaction]:
    registry = artefact("Registry")
    owners = [actors.keys[row].address for row in rows]
    meters = [actors.meters[row].address for row in rows]
    # The contract's enumeration begins with NONE.
    admit = registry.encode_call("admit", owners, [int(roles[row]) + 1 for row in rows])
    bind = registry.encode_call("bindMeters", meters, owners)
    gas = 100_000 + 190_000 * len(rows)
    return [
        actors.senders["auction_house"].send("admit", contracts.registry, admit, gas),
        actors.senders["dso"].send("bind-meters", contracts.registry, bind, gas),
    ]


def _funding(
    actors: Actors, contracts: Contracts, deposits_neur: IntArray, rows: range
) -> list[SignedTransaction]:
    rows_paying = [row for row in rows if deposits_neur[row] > 0]
    if not rows_paying:
        return []
    amounts = [int(deposits_neur[row]) for row in rows_paying]
    owners = [actors.keys[row].address for row in rows_paying]
    issue = artefact("Stablecoin").encode_call("deposit", owners, amounts)
    separator = domain_separator(STABLECOIN_NAME, actors.chain_id, contracts.stablecoin)
    permits = []
    for row, amount in zip(rows_paying, amounts, strict=True):
        key = actors.keys[row]
        struct = permit_hash(key.address, contracts.market, amount, 0, NO_DEADLINE)
        signature = key.sign_digest(digest(separator, struct))
        permits.append(
            (key.address, amount, NO_DEADLINE, signature[64], signature[:32], signature[32:64])
        )
    carry = artefact("Market").encode_call("depositPermitted", permits)
    lpd, auction_house = actors.senders["lpd"], actors.senders["auction_house"]
    gas = 100_000 + 200_000 * len(rows_paying)
    return [
        lpd.send("issue", contracts.stablecoin, issue, gas),
        auction_house.send("deposit", contracts.market, carry, gas),
    ]


def equal_deposits(count: int, amount_neur: int) -> IntArray:
    """The same deposit for each of `count` participants [n€]."""
    return np.full(count, amount_neur, np.int64)
