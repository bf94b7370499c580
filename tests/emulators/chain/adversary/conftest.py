"""What every attack ends in: a named refusal, and nothing moved."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import refusal_name
from emulators.chain.market import MarketClient, holdings_of
from emulators.chain.nodes import Receipt
from emulators.chain.transactions import Sender
from twin.settlement import Agreements
from twin.units import IntArray

ORIGINS = 8
SLOTS = 4


@dataclass(frozen=True)
class Holdings:
    """All coins and energy tokens, by who holds them [n€; Wh]."""

    wallet_neur: tuple[int, ...]
    free_neur: tuple[int, ...]
    locked_neur: tuple[int, ...]
    market_neur: int
    """Coins of the market contract itself."""
    minted_burned_lapsed_wh: tuple[int, int, int]
    tokens_wh: tuple[int, ...]
    """Of every holder in the first slots, all origins."""


def holdings(world: Any) -> Holdings:
    """What everybody has now: participants, DSO, LPD."""
    held = world.balances()
    totals = world.client.token_totals(world.node)
    market = world.client.balances(world.node, [world.contracts.market]).wallet_neur
    tokens = [
        holdings_of(world.node, world.contracts, world.holders, slot, origin)
        for slot in range(SLOTS)
        for origin in range(2)
    ]
    return Holdings(
        tuple(held.wallet_neur.tolist()),
        tuple(held.free_neur.tolist()),
        tuple(held.locked_neur.tolist()),
        int(market[0]),
        (totals.minted_wh, totals.burned_wh, totals.lapsed_wh),
        tuple(np.concatenate(tokens).tolist()),
    )


@pytest.fixture
def refused(world: Any) -> Callable[[Callable[[], Receipt], str], None]:
    """Checks that an attack is refused with the error named and that nothing moved."""

    def check(attack: Callable[[], Receipt], error: str) -> None:
        before = holdings(world)
        assert refusal_name(attack()) == error
        assert holdings(world) == before

    return check


@pytest.fixture
def kept(world: Any) -> Callable[[Agreements], IntArray]:
    """What the meters show where everybody keeps its word (n,) [Wh]."""

    def net(terms: Agreements) -> IntArray:
        position = np.zeros(len(world.actors.keys), np.int64)
        np.add.at(position, terms.buyer, terms.quantity_wh)
        np.subtract.at(position, terms.seller, terms.quantity_wh)
        return position

    return net


@pytest.fixture
def market(world: Any) -> MarketClient:
    """The market's client, as the auction house has it."""
    client: MarketClient = world.client
    return client


@pytest.fixture
def carried_by(world: Any) -> Callable[[int], MarketClient]:
    """The market's client in the hands of a participant, who sends what it saw others sign."""

    def client(index: int) -> MarketClient:
        key = world.actors.keys[index]
        sender = world.own_senders.setdefault(index, Sender(f"party {index}", key))
        actors = copy.copy(world.actors)
        actors.senders = {**actors.senders, "auction_house": sender}
        return MarketClient(actors, world.contracts, world.calendar)

    return client
