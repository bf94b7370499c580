"""The order book of one market tier: who may trade with whom, at which fee."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.bidding import Orders
from twin.units import BoolArray, IntArray

PAIRS_AT_A_TIME = 1 << 20
"""How many pairs of buyer and seller are looked at together; bounds the memory of large tiers."""


@dataclass(frozen=True)
class Side:
    """Requests or offers of a tier, arrays of shape (m,), sorted by group."""

    order: NDArray[np.int64]
    """Row of the slot's `Orders`."""
    participant: NDArray[np.int64]
    group: NDArray[np.int64]
    """Number of the building or microgrid within the tier, without gaps."""
    quantity_wh: IntArray
    limit_ueur_per_kwh: IntArray
    priority: IntArray
    """Decides between equal prices, the lower first."""

    def __len__(self) -> int:
        return len(self.order)

    def first_of(self, groups: int) -> NDArray[np.int64]:
        """Where each of `groups` begins, and the end: (groups + 1,)."""
        return np.searchsorted(self.group, np.arange(groups + 1))


@dataclass(frozen=True)
class Book:
    """A tier: groups within which any buyer may trade with any seller."""

    buys: Side
    sells: Side
    group_id: NDArray[np.int64]
    """(groups,) the caller's number of each group; every group has both sides."""
    fee_ueur_per_kwh: IntArray | None
    """(n, n) by participants; none where there is no fee."""

    @staticmethod
    def of(
        orders: Orders,
        open_wh: IntArray,
        group_of: NDArray[np.int64],
        priority: IntArray,
        fee_ueur_per_kwh: IntArray | None,
    ) -> Book:
        """The book of what is still open.

        Parameters: `open_wh` (m,) of each order, `group_of` and `priority` (n,) of each
        participant, the group −1 for those outside the tier.
        """
        group = group_of[orders.participant]
        rows = np.flatnonzero((open_wh > 0) & (group >= 0))
        buy, sell = rows[orders.is_buy[rows]], rows[~orders.is_buy[rows]]
        group_id = np.intersect1d(group[buy], group[sell])

        def side(rows: NDArray[np.int64]) -> Side:
            """The orders of `rows` in groups that have both sides."""
            rows = rows[np.isin(group[rows], group_id)]
            rows = rows[np.argsort(group[rows], kind="stable")]
            return Side(
                order=rows,
                participant=orders.participant[rows],
                group=np.searchsorted(group_id, group[rows]),
                quantity_wh=open_wh[rows],
                limit_ueur_per_kwh=orders.limit_ueur_per_kwh[rows],
                priority=priority[orders.participant[rows]],
            )

        return Book(side(buy), side(sell), group_id, fee_ueur_per_kwh)

    def fee(self, buy: NDArray[np.int64] | BoolArray, sell: NDArray[np.int64]) -> IntArray:
        """Fee rate between rows `buy` and `sell` of the sides, elementwise [µ€/kWh]."""
        if self.fee_ueur_per_kwh is None:
            return np.zeros(len(sell), np.int64)
        fee: IntArray = self.fee_ueur_per_kwh[
            self.buys.participant[buy], self.sells.participant[sell]
        ]
        return fee

    def highest_fee(self) -> IntArray:
        """For each buy the highest fee to any seller of its group (buys,) [µ€/kWh]."""
        highest = np.zeros(len(self.buys), np.int64)
        if self.fee_ueur_per_kwh is None or not len(self.buys):
            return highest
        sellers_from = self.sells.first_of(len(self.group_id))
        start = sellers_from[self.buys.group]
        pairs = sellers_from[self.buys.group + 1] - start
        total = np.cumsum(pairs)
        lo = 0
        while lo < len(self.buys):
            before = int(total[lo] - pairs[lo])
            hi = max(lo + 1, int(np.searchsorted(total, before + PAIRS_AT_A_TIME, side="right")))
            first = total[lo:hi] - pairs[lo:hi] - before
            buy = np.repeat(np.arange(lo, hi), pairs[lo:hi])
            sell = np.arange(len(buy)) + np.repeat(start[lo:hi] - first, pairs[lo:hi])
            highest[lo:hi] = np.maximum.reduceat(self.fee(buy, sell), first)
            lo = hi
        return highest
