"""One price per group: the k-double auction (Chatterjee & Samuelson 1983; Rustichini, Satterthwaite
& Williams 1994), by the Wh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from twin.auction.book import Book
from twin.auction.merit_order import Curve, Segments, segments
from twin.auction.rule import ClearingRule, Matches, Quotes
from twin.units import BoolArray, IntArray

PERMILLE: Final = 1000


@dataclass(frozen=True)
class UniformPrice(ClearingRule):
    """A call auction at a uniform price per group.

    Bids in descending and offers in ascending order; as many Wh trade as have a bid not below the
    offer. Every price in [max(last accepted offer, first rejected bid), min(last accepted bid,
    first rejected offer)] clears the market; the price is the share k of the way up, rounded down.
    Accepted and rejected mean Wh: of an order that is filled in part, the rest is the first
    rejected.

    Road pricing: one price for all cannot see the path of each pair, so a bid counts net of the
    highest fee to any seller that offers in its group. That is individually rational whatever pairs
    are made, and conservative: trades that only a short path would allow are left to the next tier.
    """

    k_permille: int
    """Where in the interval the price lies [‰]: 0 at its lower end, 1000 at its upper."""

    def clear(self, book: Book) -> tuple[Matches, Quotes]:
        buys, sells = book.buys, book.sells
        if not len(book.group_id):
            none = np.zeros(0, np.int64)
            return Matches(none, none, none, none), Quotes(none, none, none, none)
        bid = buys.limit_ueur_per_kwh - book.highest_fee()
        by_bid = np.lexsort((buys.priority, -bid, buys.group))
        by_offer = np.lexsort((sells.priority, sells.limit_ueur_per_kwh, sells.group))
        demand = Curve(by_bid, buys.group[by_bid], buys.quantity_wh[by_bid], bid[by_bid])
        supply = Curve(
            by_offer,
            sells.group[by_offer],
            sells.quantity_wh[by_offer],
            sells.limit_ueur_per_kwh[by_offer],
        )
        pieces = segments(demand, supply, len(book.group_id))
        bids = demand.price_ueur_per_kwh[pieces.demand]
        trades = np.flatnonzero(bids >= supply.price_ueur_per_kwh[pieces.supply])
        quotes, price = self._price(demand, supply, pieces, trades)
        matches = Matches(
            buy=demand.row[pieces.demand[trades]],
            sell=supply.row[pieces.supply[trades]],
            quantity_wh=pieces.quantity_wh[trades],
            price_ueur_per_kwh=price,
        )
        # Nobody trades with itself; what such a pair would have taken stays open.
        other = buys.participant[matches.buy] != sells.participant[matches.sell]
        return _take(matches, other), quotes

    def _price(
        self, demand: Curve, supply: Curve, pieces: Segments, trades: IntArray
    ) -> tuple[Quotes, IntArray]:
        """Price of each group that trades, and of each of the `trades` (rows of `pieces`)."""
        group = demand.group[pieces.demand[trades]]
        is_last = np.r_[group[1:] != group[:-1], True] if len(group) else np.zeros(0, np.bool_)
        last = trades[is_last]
        last_bid = demand.price_ueur_per_kwh[pieces.demand[last]]
        last_offer = supply.price_ueur_per_kwh[pieces.supply[last]]
        rejected_bid = _price_or(demand, pieces.next_demand[last], last_offer)
        rejected_offer = _price_or(supply, pieces.next_supply[last], last_bid)
        lowest = np.maximum(last_offer, rejected_bid)
        highest = np.minimum(last_bid, rejected_offer)
        price = lowest + self.k_permille * (highest - lowest) // PERMILLE
        traded = np.cumsum(np.r_[False, is_last[:-1]]) if len(group) else group
        return Quotes(group[is_last], price, lowest, highest), price[traded]


def _price_or(curve: Curve, row: IntArray, otherwise: IntArray) -> IntArray:
    """Price of the curve's rows; `otherwise` where the row is −1."""
    return np.where(row >= 0, curve.price_ueur_per_kwh[row], otherwise)


def _take(matches: Matches, keep: BoolArray) -> Matches:
    """The matches to keep."""
    return Matches(
        matches.buy[keep],
        matches.sell[keep],
        matches.quantity_wh[keep],
        matches.price_ueur_per_kwh[keep],
    )
