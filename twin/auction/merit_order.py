"""Demand and supply of each group in merit order, cut where either steps: for all groups at
once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.units import BoolArray, IntArray


@dataclass(frozen=True)
class Curve:
    """One side of all groups, sorted by group and merit, arrays of shape (m,)."""

    row: NDArray[np.int64]
    """Row of the book's side."""
    group: NDArray[np.int64]
    quantity_wh: IntArray
    price_ueur_per_kwh: IntArray
    """Descending for demand, ascending for supply, within a group."""

    def step_end_wh(self, offset_wh: IntArray) -> IntArray:
        """Where each order's step ends on one axis on which group g begins at `offset_wh[g]`."""
        end = np.cumsum(self.quantity_wh)
        first = np.r_[True, self.group[1:] != self.group[:-1]]
        before = (end - self.quantity_wh)[first]
        return end - before[self.group] + offset_wh[self.group]


@dataclass(frozen=True)
class Segments:
    """The pieces into which the steps of both curves cut each group, arrays of shape (k,), in
    order.

    Within a piece one buyer faces one seller. No pair occurs twice, and a group has at most one
    piece fewer than orders.
    """

    demand: NDArray[np.int64]
    """Row of the demand curve."""
    supply: NDArray[np.int64]
    """Row of the supply curve."""
    quantity_wh: IntArray
    next_demand: NDArray[np.int64]
    """Row of the demand curve that the first Wh after the piece belongs to, −1 where there is
    none."""
    next_supply: NDArray[np.int64]


def segments(demand: Curve, supply: Curve, groups: int) -> Segments:
    """Overlay the curves. Every one of `groups` has both sides."""
    bought, sold = np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    np.add.at(bought, demand.group, demand.quantity_wh)
    np.add.at(sold, supply.group, supply.quantity_wh)
    longer = np.maximum(bought, sold)
    offset = np.cumsum(longer) - longer
    demand_end, supply_end = demand.step_end_wh(offset), supply.step_end_wh(offset)
    # The longer side of each group ends where the next group begins, so that pieces never span two.
    end = np.union1d(demand_end, supply_end)
    buyer, seller = np.searchsorted(demand_end, end), np.searchsorted(supply_end, end)
    both = _same_group(demand, buyer, supply, seller)
    piece_end, group = end[both], demand.group[buyer[both]]
    return Segments(
        demand=buyer[both],
        supply=seller[both],
        quantity_wh=np.diff(end, prepend=0)[both],
        next_demand=_following(demand, demand_end, piece_end, group),
        next_supply=_following(supply, supply_end, piece_end, group),
    )


def _same_group(
    demand: Curve, buyer: NDArray[np.int64], supply: Curve, seller: NDArray[np.int64]
) -> BoolArray:
    """True where both rows exist and are of one group; past the shorter side they are not."""
    inside = (buyer < len(demand.row)) & (seller < len(supply.row))
    same = np.zeros(len(buyer), np.bool_)
    same[inside] = demand.group[buyer[inside]] == supply.group[seller[inside]]
    return same


def _following(
    curve: Curve, step_end_wh: IntArray, end_wh: IntArray, group: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Row of `curve` that the first Wh after `end_wh` belongs to, −1 where `group` has no more."""
    row = np.searchsorted(step_end_wh, end_wh, side="right")
    inside = np.minimum(row, len(curve.row) - 1)
    return np.where((row < len(curve.row)) & (curve.group[inside] == group), row, -1)
