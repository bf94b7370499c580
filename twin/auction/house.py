"""The auction house: one slot's orders through the market tiers (steps C to E)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.auction.book import Book
from twin.auction.collateral import stability_rates, with_collateral
from twin.auction.rule import ClearingRule, Matches, Quotes
from twin.bidding import Orders
from twin.columns import concatenate
from twin.errors import OrderError
from twin.scenario.tariffs import Stability, Tariffs
from twin.settlement import Agreements, StabilityRates
from twin.streams import Component, stream
from twin.units import IntArray

BUILDING_TIER: Final = 0
"""Behind one building meter: no transport fee."""
MICROGRID_TIER: Final = 1
OUTER_TIER: Final = 2
"""Between microgrids and unattached participants: everybody with something left over. Two of one
microgrid may still meet here, where a far seller that raised their fees is out of the book."""
LPD_TIER: Final = 3
"""What remains; it is not cleared but billed at the status-quo tariffs."""


@dataclass(frozen=True)
class Prices:
    """What each group cleared at, arrays of shape (g,), by tier and group; prices in µ€/kWh."""

    tier: NDArray[np.int64]
    group: NDArray[np.int64]
    """Building in tier 0, microgrid in tier 1, 0 in tier 2."""
    price_ueur_per_kwh: IntArray
    lowest_ueur_per_kwh: IntArray
    highest_ueur_per_kwh: IntArray


@dataclass(frozen=True)
class Clearing:
    """The outcome of one slot's auction."""

    agreements: Agreements
    """Sorted by (tier, seller, buyer), collateral filled in."""
    rates: StabilityRates
    leftover_wh: IntArray
    """(m,) what of each order found nobody, and falls to the LPD."""
    prices: Prices


@dataclass(frozen=True)
class AuctionHouse:
    """Who may trade with whom, at which fee, and by which rule; (n,) and (n, n) by participants."""

    building: NDArray[np.int64]
    """(n,) number of the building with a meter of its own, −1 where there is none."""
    microgrid: NDArray[np.int64]
    """(n,) −1 outside any."""
    fee_ueur_per_kwh: IntArray
    """(n, n) road-pricing rate, zero behind one building meter."""
    rule: ClearingRule
    tariffs: Tariffs
    stability: Stability

    def clear(self, orders: Orders, priority: IntArray) -> Clearing:
        """Match a slot's orders, tier by tier, each taking what the one before left over.

        Parameters: `priority` (n,) decides between equal prices (`tie_break`). Raises OrderError
        where a participant has two orders of one side, or an order is for nothing.
        """
        check_orders(orders)
        open_wh = orders.quantity_wh.copy()
        everybody = np.zeros(len(self.building), np.int64)
        found: list[Agreements] = []
        quoted: list[Prices] = []
        for tier, group_of in (
            (BUILDING_TIER, self.building),
            (MICROGRID_TIER, self.microgrid),
            (OUTER_TIER, everybody),
        ):
            fee = None if tier == BUILDING_TIER else self.fee_ueur_per_kwh
            book = Book.of(orders, open_wh, group_of, priority, fee)
            matches, quotes = self.rule.clear(book)
            np.subtract.at(open_wh, book.buys.order[matches.buy], matches.quantity_wh)
            np.subtract.at(open_wh, book.sells.order[matches.sell], matches.quantity_wh)
            found.append(_agreements(tier, book, matches, orders))
            quoted.append(_prices(tier, book, quotes))
        agreements = concatenate(found)
        agreements = agreements.take(
            np.lexsort((agreements.buyer, agreements.seller, agreements.tier))
        )
        rates = stability_rates(agreements, self.tariffs, self.stability)
        return Clearing(
            agreements=with_collateral(agreements, rates, self.stability.risk_permille),
            rates=rates,
            leftover_wh=open_wh,
            prices=concatenate(quoted),
        )


def tie_break(seed: int, slot: int, participants: int) -> IntArray:
    """Who comes first in `slot` where prices are equal: a permutation (n,) drawn anew for each
    slot, so that it favours nobody and no role."""
    draw = stream(seed, Component.TIE_BREAK, slot)
    return draw.permutation(participants).astype(np.int64)


def check_orders(orders: Orders) -> None:
    """Raise OrderError unless each participant has at most one order per side, each for some Wh."""
    if (orders.quantity_wh <= 0).any():
        row = int(np.flatnonzero(orders.quantity_wh <= 0)[0])
        raise OrderError(
            f"Order {row}, of participant {int(orders.participant[row])}, is for "
            f"{int(orders.quantity_wh[row])} Wh; an order must be for at least 1 Wh."
        )
    side = np.sort(orders.participant * 2 + orders.is_buy)
    twice = side[1:][side[1:] == side[:-1]]
    if len(twice):
        name = "request" if twice[0] % 2 else "offer"
        raise OrderError(
            f"Participant {int(twice[0]) // 2} has more than one {name} in a slot; an agreement is "
            "known by its tier, seller and buyer, so at most one order per side is allowed."
        )


def _agreements(tier: int, book: Book, matches: Matches, orders: Orders) -> Agreements:
    """Matches of a tier as agreements, collateral still open."""
    unset = np.zeros(len(matches.buy), np.int64)
    return Agreements(
        tier=np.full(len(matches.buy), tier, np.int64),
        seller=book.sells.participant[matches.sell],
        buyer=book.buys.participant[matches.buy],
        origin=orders.origin[book.sells.order[matches.sell]],
        quantity_wh=matches.quantity_wh,
        price_ueur_per_kwh=matches.price_ueur_per_kwh,
        fee_ueur_per_kwh=book.fee(matches.buy, matches.sell),
        seller_collateral_neur=unset,
        buyer_collateral_neur=unset,
    )


def _prices(tier: int, book: Book, quotes: Quotes) -> Prices:
    """Quotes of a tier under the callers' group numbers."""
    return Prices(
        tier=np.full(len(quotes.group), tier, np.int64),
        group=book.group_id[quotes.group],
        price_ueur_per_kwh=quotes.price_ueur_per_kwh,
        lowest_ueur_per_kwh=quotes.lowest_ueur_per_kwh,
        highest_ueur_per_kwh=quotes.highest_ueur_per_kwh,
    )
