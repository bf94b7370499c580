"""Orders (steps A and B): what each agent offers or requests for a slot, and up to which price.

An agent's own alternative is the LPD: a buyer would pay retail, of which taxes and levies stay in
any case, a seller would get the feed-in tariff. That is its own limit; the other side's alternative
is the best it can wish for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from twin.scenario.tariffs import Tariffs
from twin.streams import Component, stream
from twin.units import BoolArray, IntArray

ANY_ORIGIN: Final = -1
"""Origin of a request: whatever the neighbourhood generates."""
PERMILLE: Final = 1000


@dataclass(frozen=True)
class Orders:
    """Orders of one slot, arrays of shape (m,); at most one per participant and side."""

    participant: NDArray[np.int64]
    is_buy: BoolArray
    quantity_wh: IntArray
    limit_ueur_per_kwh: IntArray
    """A buyer pays at most this, road pricing included and taxes not; a seller takes at least
    this."""
    wish_ueur_per_kwh: IntArray
    """Where the price range starts; the limit is where it ends."""
    origin: NDArray[np.int64]
    """Origin of what is offered; `ANY_ORIGIN` for a request."""

    def __len__(self) -> int:
        return len(self.participant)

    def take(self, rows: NDArray[np.int64] | BoolArray) -> Orders:
        """The orders of `rows` (indices or mask), in their order."""
        return Orders(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


class Bidding(ABC):
    """How an agent sets the limit of its order."""

    @abstractmethod
    def limit_ueur_per_kwh(
        self,
        participant: NDArray[np.int64],
        wish_ueur_per_kwh: IntArray,
        own_limit_ueur_per_kwh: IntArray,
        slot: int,
    ) -> IntArray:
        """Limits of orders for `slot`, (m,), between the wish and the agent's own limit."""


class Truthful(Bidding):
    """Bids its own limit."""

    def limit_ueur_per_kwh(
        self,
        participant: NDArray[np.int64],
        wish_ueur_per_kwh: IntArray,
        own_limit_ueur_per_kwh: IntArray,
        slot: int,
    ) -> IntArray:
        return own_limit_ueur_per_kwh.copy()


@dataclass(frozen=True)
class Linear(Bidding):
    """Moves in a straight line from its wish to its own limit while the gate is coming nearer.

    The order book opens when the gate before closes; an agent's line starts at its own starting
    point then and reaches its own limit as the gate closes. In a call auction only the last order
    counts: an agent looks at its order once in that time, at a moment of its own, drawn anew for
    each slot. With start a and moment t, both in [0, 1), limit = wish + (own limit − wish)·(a + (1
    − a)·t). Assumption: both are uniform; the paper only asks for a price range (steps A and B).
    """

    start_permille: IntArray
    """(n,) starting point of each agent [‰], 0 to 999."""
    seed: int

    @staticmethod
    def seeded(seed: int, participants: int) -> Linear:
        """Starting points drawn once for a run."""
        draw = stream(seed, Component.BIDDING, 0)
        return Linear(draw.integers(0, PERMILLE, participants), seed)

    def limit_ueur_per_kwh(
        self,
        participant: NDArray[np.int64],
        wish_ueur_per_kwh: IntArray,
        own_limit_ueur_per_kwh: IntArray,
        slot: int,
    ) -> IntArray:
        draw = stream(self.seed, Component.BIDDING, 1, slot)
        moment_permille = draw.integers(0, PERMILLE, len(self.start_permille))
        millionths = self.start_permille * PERMILLE + (
            (PERMILLE - self.start_permille) * moment_permille
        )
        way = own_limit_ueur_per_kwh - wish_ueur_per_kwh
        return wish_ueur_per_kwh + way * millionths[participant] // PERMILLE**2


def bidding_rule(kind: Literal["truthful", "linear"], seed: int, participants: int) -> Bidding:
    """The rule a scenario names."""
    return Truthful() if kind == "truthful" else Linear.seeded(seed, participants)


def orders_of(
    forecast_net_wh: IntArray,
    origin: NDArray[np.int64],
    tariffs: Tariffs,
    bidding: Bidding,
    min_order_wh: int,
    slot: int,
) -> Orders:
    """One order per participant that expects to draw or give at least `min_order_wh` in `slot`.

    Parameters (n,): `forecast_net_wh` expected import − export, whose amount is the quantity;
    `origin` of what each would sell. Rows are in the order of participants.
    """
    participant = np.flatnonzero(np.abs(forecast_net_wh) >= max(min_order_wh, 1))
    net_wh = forecast_net_wh[participant]
    is_buy = net_wh > 0
    buyer, seller = tariffs.buyer_value_ueur_per_kwh, tariffs.feed_in_ueur_per_kwh
    own_limit = np.where(is_buy, buyer, seller)
    # Where no price suits both sides there is no range: the wish must not lie beyond the own limit.
    wish = np.where(is_buy, min(buyer, seller), max(buyer, seller))
    return Orders(
        participant=participant,
        is_buy=is_buy,
        quantity_wh=np.abs(net_wh),
        limit_ueur_per_kwh=bidding.limit_ueur_per_kwh(participant, wish, own_limit, slot),
        wish_ueur_per_kwh=wish,
        origin=np.where(is_buy, ANY_ORIGIN, origin[participant]),
    )
