"""What stands for a reading that never came (MODEL, "Missing readings"): validated estimates that
sum to what the counters around a gap say, and the value that is worst for its owner."""

from __future__ import annotations

import numpy as np

from twin.units import BoolArray, IntArray


def share_of_gap(
    total_wh: IntArray, position: int, forecast_wh: IntArray, open_slot: BoolArray
) -> IntArray:
    """Share of one slot in a total that is known over several.

    Parameters: `total_wh` (k,) what is to be shared among the open slots of each meter's gap;
    `position` the row of the slot asked for; `forecast_wh` (rows, k) the shape; `open_slot` (rows,
    k) true where a slot of the gap is still to be settled, the one asked for among them.

    Each open slot gets its forecast plus an equal part of what the forecasts leave of the total:
    the least-squares adjustment of the forecast to the total, which unlike a proportional one is
    defined where positions change sign. The parts are ⌊R·(j+1)/m⌋ − ⌊R·j/m⌋, so that they sum to R
    exactly. Returns (k,) [Wh].
    """
    rest = total_wh - np.where(open_slot, forecast_wh, 0).sum(axis=0)
    slots = open_slot.sum(axis=0)
    rank = open_slot[:position].sum(axis=0)
    part: IntArray = rest * (rank + 1) // slots - rest * rank // slots
    share: IntArray = forecast_wh[position] + part
    return share


def adverse_wh(estimate_wh: IntArray, purchases_wh: IntArray, sales_wh: IntArray) -> IntArray:
    """The position that is worst for its owner, (n,) [Wh]; all parameters (n,), the estimate and
    what was committed in the slot.

    As if the owner delivered nothing of what it sold, or absorbed nothing of what it bought,
    whichever is more. With N = purchases − sales that is N + sales or N − purchases. Who committed
    nothing keeps the estimate: no contract hangs on it.
    """
    committed = purchases_wh - sales_wh
    worst = np.where(sales_wh >= purchases_wh, committed + sales_wh, committed - purchases_wh)
    return np.where((purchases_wh == 0) & (sales_wh == 0), estimate_wh, worst)


def reconcile(
    net_wh: IntArray,
    estimated: BoolArray,
    building: IntArray,
    building_net_wh: IntArray,
    building_known: BoolArray,
) -> IntArray:
    """Hold estimates to the meter above them, so that jamming one's own link does not pay.

    Parameters: `net_wh`, `estimated`, `building` (n,), the last −1 where there is none;
    `building_net_wh`, `building_known` (buildings,) what the building's own meter says. Where it is
    known, its difference from the sum of its flats is spread equally over the flats that are only
    estimated (an exact integer split, the remainder to the first); measured ones stay. Returns
    (n,).
    """
    here = np.flatnonzero(estimated & (building >= 0))
    here = here[building_known[building[here]]]
    if not len(here):
        return net_wh
    here = here[np.argsort(building[here], kind="stable")]
    buildings = len(building_net_wh)
    sums = np.zeros(buildings, np.int64)
    np.add.at(sums, building[building >= 0], net_wh[building >= 0])
    rest, flats = (building_net_wh - sums)[building[here]], np.bincount(building[here])
    first = np.r_[0, np.cumsum(flats)[:-1]]
    rank = np.arange(len(here)) - first[building[here]]
    count = flats[building[here]]
    result = net_wh.copy()
    result[here] += rest // count + (rank < rest % count)
    return result
