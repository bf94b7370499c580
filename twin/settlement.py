"""The incomplete settlement (paper, section V and Fig. 7): the reference arithmetic, in integers.

A contract on the ledger computes the same; a run whose chain disagrees with this file fails. All
energies are Wh, all rates µ€/kWh = n€/Wh, all amounts n€, all arrays int64.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from twin.units import BoolArray, IntArray


@dataclass(frozen=True)
class Agreements:
    """The agreements of one slot as a structure of arrays, each of shape (k,).

    The rank of an agreement by (tier, seller, buyer) is its id; rows are in that order.
    """

    tier: NDArray[np.int64]
    """Market tier, 0 (behind one meter), 1 (inside a microgrid) or 2 (between microgrids)."""
    seller: NDArray[np.int64]
    """Participant index of the seller."""
    buyer: NDArray[np.int64]
    """Participant index of the buyer."""
    origin: NDArray[np.int64]
    """Origin code of the energy (`twin.participants.Origin`)."""
    quantity_wh: IntArray
    price_ueur_per_kwh: IntArray
    fee_ueur_per_kwh: IntArray
    """Road-pricing rate on the path between the two, paid by the buyer to the DSO."""
    seller_collateral_neur: IntArray
    buyer_collateral_neur: IntArray

    def __len__(self) -> int:
        return len(self.quantity_wh)

    def take(self, rows: NDArray[np.int64] | BoolArray) -> Agreements:
        """The agreements of `rows` (indices or mask), in their order."""
        return Agreements(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @staticmethod
    def empty() -> Agreements:
        return Agreements(**{f.name: np.zeros(0, np.int64) for f in fields(Agreements)})


@dataclass(frozen=True)
class StabilityRates:
    """What stabilisation costs in a slot [µ€/kWh], signed by the stabiliser before gate closure."""

    short_ueur_per_kwh: int
    """π_short, per Wh that a seller did not deliver."""
    long_ueur_per_kwh: int
    """π_long, per Wh that a buyer did not absorb."""


@dataclass(frozen=True)
class Positions:
    """What each participant owes and did in a slot, arrays of shape (n,) [Wh]."""

    purchases_wh: IntArray
    sales_wh: IntArray
    short_as_buyer_wh: IntArray
    short_as_seller_wh: IntArray


@dataclass(frozen=True)
class Settlement:
    """The outcome per agreement, arrays of shape (k,); `*_neur` are n€, `*_wh` Wh."""

    seller_short_wh: IntArray
    """x, what the seller's deviation puts on this agreement."""
    buyer_short_wh: IntArray
    """y, what the buyer's deviation puts on this agreement."""
    void_wh: IntArray
    """m = min(x, y): neither delivered nor absorbed; not paid, no stabilisation."""
    seller_paid_neur: IntArray
    seller_returned_neur: IntArray
    buyer_escrow_neur: IntArray
    """(p + f)·q + buyer collateral, what the buyer had put in."""
    buyer_returned_neur: IntArray
    stabiliser_paid_neur: IntArray
    dso_paid_neur: IntArray
    seller_compensation_neur: IntArray
    """u_s, the part of the seller's collateral that went to the stabiliser."""
    buyer_compensation_neur: IntArray
    """u_b, the part of the buyer's collateral that went to the stabiliser."""

    def take(self, rows: NDArray[np.int64] | BoolArray) -> Settlement:
        """The outcome of `rows` (indices or mask), in their order."""
        return Settlement(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def positions(agreements: Agreements, net_wh: IntArray) -> Positions:
    """Each participant's committed totals and its deviation from them, by side.

    Parameters: `agreements` of the slot (all committed ones, of every microgrid and tier),
    `net_wh` of shape (n,), measured import − export. MODEL "Shares of a deviation": n < N is short
    as a buyer by min(Q_b, N − n); n > N short as a seller by min(Q_s, n − N).
    """
    n = len(net_wh)
    purchases = np.bincount(agreements.buyer, agreements.quantity_wh, n).astype(np.int64)
    sales = np.bincount(agreements.seller, agreements.quantity_wh, n).astype(np.int64)
    excess = net_wh - (purchases - sales)
    return Positions(
        purchases_wh=purchases,
        sales_wh=sales,
        short_as_buyer_wh=np.minimum(purchases, np.maximum(-excess, 0)),
        short_as_seller_wh=np.minimum(sales, np.maximum(excess, 0)),
    )


def deviation_shares(
    party: NDArray[np.int64], quantity_wh: IntArray, deviation_wh: IntArray
) -> IntArray:
    """Spread each party's deviation over its agreements of one side, exactly.

    Parameters: `party` (k,) the participant of that side per agreement, in order of agreement id;
    `quantity_wh` (k,); `deviation_wh` (n,) the party's D. With S the running sum of the party's
    quantities and Q its total, agreement k bears ⌊D·S_k/Q⌋ − ⌊D·S_{k−1}/Q⌋ (MODEL, "Shares of a
    deviation"); the shares sum to D and none exceeds its quantity. Returns (k,) [Wh].
    """
    if len(party) == 0:
        return np.zeros(0, np.int64)
    order = np.argsort(party, kind="stable")
    p, q = party[order], quantity_wh[order]
    total = np.cumsum(q)
    first = np.r_[True, p[1:] != p[:-1]]
    start = np.flatnonzero(first)
    group = np.cumsum(first) - 1
    before_group = (total - q)[start][group]
    after = total - before_group
    whole = np.add.reduceat(q, start)[group]
    d = deviation_wh[p]
    shares = np.empty(len(party), np.int64)
    # Quantities stay far below 2³¹ Wh, so that D·S fits an int64.
    shares[order] = d * after // np.maximum(whole, 1) - d * (after - q) // np.maximum(whole, 1)
    return shares


def settle(agreements: Agreements, net_wh: IntArray, rates: StabilityRates) -> Settlement:
    """Settle all agreements of a slot against the measured net positions `net_wh` (n,) [Wh].

    To hold an agreement back for want of a reading, settle all and use `rows` of those that may be
    settled: a share depends on the own meter's reading only, so a placeholder for a reading that is
    not in changes nothing for agreements that do not need it.
    """
    where = positions(agreements, net_wh)
    x = deviation_shares(agreements.seller, agreements.quantity_wh, where.short_as_seller_wh)
    y = deviation_shares(agreements.buyer, agreements.quantity_wh, where.short_as_buyer_wh)
    return settle_shares(agreements, x, y, rates)


def settle_shares(
    agreements: Agreements, x: IntArray, y: IntArray, rates: StabilityRates
) -> Settlement:
    """MODEL, "One contract": who is paid what when the seller is short by x and the buyer by y."""
    q, p, f = agreements.quantity_wh, agreements.price_ueur_per_kwh, agreements.fee_ueur_per_kwh
    void = np.minimum(x, y)
    x_net, y_net = x - void, y - void
    u_s = np.minimum(agreements.seller_collateral_neur, x_net * rates.short_ueur_per_kwh)
    u_b = np.minimum(agreements.buyer_collateral_neur, y_net * rates.long_ueur_per_kwh)
    escrow = (p + f) * q + agreements.buyer_collateral_neur
    return Settlement(
        seller_short_wh=x,
        buyer_short_wh=y,
        void_wh=void,
        seller_paid_neur=p * (q - x),
        seller_returned_neur=agreements.seller_collateral_neur - u_s,
        buyer_escrow_neur=escrow,
        buyer_returned_neur=escrow - (p + f) * (q - void) - u_b,
        stabiliser_paid_neur=p * x_net + u_s + u_b,
        dso_paid_neur=f * (q - void),
        seller_compensation_neur=u_s,
        buyer_compensation_neur=u_b,
    )


def residual_wh(agreements: Agreements, net_wh: IntArray) -> IntArray:
    """What no contract covers, per participant (n,): import > 0 and export < 0 go to tier 3."""
    where = positions(agreements, net_wh)
    taken = where.purchases_wh - where.short_as_buyer_wh
    given = where.sales_wh - where.short_as_seller_wh
    return net_wh - (taken - given)
