"""What must add up in every slot, to the Wh and to the n€."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.columns import sum_by
from twin.errors import ConservationError
from twin.settlement import Agreements, Settlement
from twin.units import IntArray


@dataclass(frozen=True)
class EnergyByTier:
    """Where a run's settled energy went [Wh]."""

    delivered_wh: tuple[int, int, int]
    """From seller to buyer by tier 0, 1, 2: q − max(x, y)."""
    supplied_wh: int
    """By the stabiliser in sellers' places, Σx'."""
    absorbed_wh: int
    """By the stabiliser in buyers' places, Σy'."""
    residual_import_wh: int
    """From the LPD (tier 3)."""
    residual_export_wh: int
    """To the LPD (tier 3)."""


def delivered_wh(agreements: Agreements, settlement: Settlement) -> IntArray:
    """What went from seller to buyer, (k,): the seller gave it and the buyer took it."""
    short = np.maximum(settlement.seller_short_wh, settlement.buyer_short_wh)
    return agreements.quantity_wh - short


def energy_by_tier(
    agreements: Agreements, settlement: Settlement, residual_wh: IntArray
) -> EnergyByTier:
    """Account for settled agreements (k,) and what they left over, `residual_wh` (slots, n)."""
    tiers = sum_by(agreements.tier, delivered_wh(agreements, settlement), 3)
    return EnergyByTier(
        delivered_wh=(int(tiers[0]), int(tiers[1]), int(tiers[2])),
        supplied_wh=int((settlement.seller_short_wh - settlement.void_wh).sum()),
        absorbed_wh=int((settlement.buyer_short_wh - settlement.void_wh).sum()),
        residual_import_wh=int(np.maximum(residual_wh, 0).sum()),
        residual_export_wh=int(np.maximum(-residual_wh, 0).sum()),
    )


def check_energy(
    slot: int,
    agreements: Agreements,
    settlement: Settlement,
    net_wh: IntArray,
    residual_wh: IntArray,
) -> None:
    """Raise ConservationError unless the slot's energy closes: for every participant
    net = bought − sold + residual, and Σ net = Σ residual + Σx' − Σy'.

    Parameters: all settled agreements of the slot (k,); `net_wh`, `residual_wh` (n,).
    """
    n = len(net_wh)
    bought = sum_by(agreements.buyer, agreements.quantity_wh - settlement.buyer_short_wh, n)
    sold = sum_by(agreements.seller, agreements.quantity_wh - settlement.seller_short_wh, n)
    off = net_wh - (bought - sold + residual_wh)
    if off.any():
        row = int(np.flatnonzero(off)[0])
        raise ConservationError(
            f"Slot {slot}: participant {row} is off by {int(off[row])} Wh; its meter's position "
            "must be what it bought less what it sold plus its residual."
        )
    used = energy_by_tier(agreements, settlement, residual_wh)
    from_grid = int(residual_wh.sum()) + used.supplied_wh - used.absorbed_wh
    if int(net_wh.sum()) != from_grid:
        raise ConservationError(
            f"Slot {slot}: the meters say {int(net_wh.sum())} Wh were drawn in all, LPD and "
            f"stabiliser account for {from_grid} Wh; both must be equal."
        )


def check_money(slot: int, agreements: Agreements, settlement: Settlement) -> None:
    """Raise ConservationError unless each agreement pays out exactly what was paid in, and nobody
    gets a negative amount."""
    paid_in = settlement.buyer_escrow_neur + agreements.seller_collateral_neur
    parts = (
        settlement.seller_paid_neur,
        settlement.seller_returned_neur,
        settlement.buyer_returned_neur,
        settlement.stabiliser_paid_neur,
        settlement.dso_paid_neur,
    )
    paid_out = np.sum(parts, axis=0)
    wrong = (paid_in != paid_out) | (np.array(parts) < 0).any(axis=0)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise ConservationError(
            f"Slot {slot}: agreement {row} pays out {int(paid_out[row])} n€ of the "
            f"{int(paid_in[row])} n€ paid in; both must be equal and no part negative."
        )
