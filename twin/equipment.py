"""PV and batteries of the participants: drawn by shares, or as SimBench has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import GridDataError
from twin.scenario.neighbourhood import Neighbourhood
from twin.simbench import GridData
from twin.streams import Component, stream
from twin.units import MWH_PER_WH, BoolArray, IntArray

LOSSLESS_PERMILLE = 1000


@dataclass(frozen=True)
class Equipment:
    """PV and batteries per participant, arrays of shape (n,)."""

    peak_w: IntArray
    pv_profile: IntArray
    """Row of `GridData.profile_ppm`; −1 without PV."""
    annual_generation_wh: IntArray
    capacity_mwh: IntArray
    """Usable capacity [milliwatt-hours]."""
    power_w: IntArray
    efficiency_permille: IntArray


def equip_by_shares(
    grid: GridData, neighbourhood: Neighbourhood, seed: int, annual_load_wh: IntArray
) -> Equipment:
    """PV and batteries for drawn shares of the participants, sized by their consumption, (n,).

    One permutation ranks the participants: the first `round(share · n)` get PV and, of these, the
    first `round(share_of_pv · that)` a battery, so that a larger share only adds owners. The shape
    of the generation is the PV profile that most plants of the grid have, scaled to the yield.

    Raises GridDataError where the grid has no PV profile.
    """
    pv, battery = neighbourhood.pv, neighbourhood.battery
    n = len(annual_load_wh)
    ranked = stream(seed, Component.EQUIPMENT).permutation(n)
    owners = round(pv.share * n)
    has_pv, has_battery = np.zeros((2, n), dtype=np.bool_)
    has_pv[ranked[:owners]] = True
    has_battery[ranked[: round(battery.share_of_pv * owners)]] = True
    if owners and not len(grid.plants.profile):
        raise GridDataError(
            f"{grid.name} has no PV profile that could shape the generation of new plants; "
            f"expected is at least one plant, or neighbourhood.pv.share 0"
        )
    usual = int(np.bincount(grid.plants.profile).argmax()) if owners else -1
    peak_w = _rounded(has_pv, annual_load_wh * (pv.kwp_per_mwh / 1000))
    capacity_mwh = _rounded(has_battery, annual_load_wh * battery.kwh_per_mwh)
    return Equipment(
        peak_w=peak_w,
        pv_profile=np.where(has_pv, usual, -1),
        annual_generation_wh=_rounded(has_pv, peak_w * pv.yield_kwh_per_kwp),
        capacity_mwh=capacity_mwh,
        power_w=_rounded(has_battery, capacity_mwh * (battery.power_kw_per_kwh / MWH_PER_WH)),
        efficiency_permille=np.where(
            has_battery, round(battery.efficiency * 1000), LOSSLESS_PERMILLE
        ),
    )


def equip_by_simbench(grid: GridData, owner: IntArray, participants: int) -> Equipment:
    """The grid's own plants and storages, given to the owners of their buses, (participants,).

    `owner` is the participant at each bus, (buses,). Several plants behind one meter count with the
    profile of the largest, several storages with its efficiency (the six grids have one at most).
    """
    plants, storages = grid.plants, grid.storages
    peak_w, annual_mwh, capacity_wh, power_w = np.zeros((4, participants), dtype=np.int64)
    pv_profile = np.full(participants, -1, dtype=np.int64)
    efficiency = np.full(participants, LOSSLESS_PERMILLE, dtype=np.int64)

    of = owner[plants.bus]
    smallest_first = np.argsort(plants.peak_w, kind="stable")
    here = smallest_first[of[smallest_first] < participants]
    np.add.at(peak_w, of[here], plants.peak_w[here])
    np.add.at(annual_mwh, of[here], grid.annual_mwh(plants.profile[here], plants.peak_w[here]))
    pv_profile[of[here]] = plants.profile[here]  # of several assignments the last stays

    of = owner[storages.bus]
    smallest_first = np.argsort(storages.capacity_wh, kind="stable")
    here = smallest_first[of[smallest_first] < participants]
    np.add.at(capacity_wh, of[here], storages.capacity_wh[here])
    np.add.at(power_w, of[here], storages.power_w[here])
    efficiency[of[here]] = np.rint(storages.efficiency[here] * 1000).astype(np.int64)
    return Equipment(
        peak_w=peak_w,
        pv_profile=pv_profile,
        annual_generation_wh=(annual_mwh + MWH_PER_WH // 2) // MWH_PER_WH,
        capacity_mwh=capacity_wh * MWH_PER_WH,
        power_w=power_w,
        efficiency_permille=efficiency,
    )


def _rounded(chosen: BoolArray, values: NDArray[np.floating[Any]]) -> IntArray:
    """`values` rounded to integers where `chosen`, else 0."""
    return np.where(chosen, np.rint(values), 0).astype(np.int64)
