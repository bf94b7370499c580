"""Energy: how much of its own the neighbourhood uses, physically and by contract.

Three views of one neighbourhood, since "self-sufficiency" means a different thing in each:

- *household*: every household for itself, as in the status quo; all that any of them draws counts
as from outside, also while a neighbour feeds in. - *contract* (the market): as above, but what a
neighbour delivered under contract counts as own. - *physical*: what crosses the boundary of the
neighbourhood, or of each microgrid, in each slot, whoever was paid for it; a feeder's surplus flows
next door with or without a contract, so this is what trade can reach at most. Losses are left out.

Consumption is the load; energy that a battery holds more or less at the end is not corrected for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.conservation import EnergyByTier
from twin.indicators.indicator import SHARE, Indicator, Indicators, Provenance, share
from twin.units import MWH_PER_WH, FloatArray, IntArray


@dataclass(frozen=True)
class EnergyRecord:
    """What the neighbourhood did, (slots, n) each."""

    load_mwh: IntArray
    generation_mwh: IntArray
    net_wh: IntArray
    """Meters' positions in the market, import − export."""
    status_quo_net_wh: IntArray
    microgrid: NDArray[np.int64]
    """(n,), −1 outside any."""


@dataclass(frozen=True)
class MicrogridBalance:
    """Physical balance per microgrid, arrays of shape (g,)."""

    microgrid: NDArray[np.int64]
    members: NDArray[np.int64]
    load_wh: FloatArray
    generation_wh: FloatArray
    import_wh: IntArray
    """Over the microgrid's boundary, summed over the slots in which it drew."""
    export_wh: IntArray
    self_sufficiency: FloatArray
    """1 − import/load; not a number without load."""
    self_consumption: FloatArray
    """1 − export/generation; not a number without generation."""


def microgrid_balance(record: EnergyRecord) -> MicrogridBalance:
    """Physical balance of every microgrid; participants outside any are left out."""
    order = np.argsort(record.microgrid, kind="stable")
    order = order[record.microgrid[order] >= 0]
    microgrid, start = np.unique(record.microgrid[order], return_index=True)
    if not len(microgrid):
        no_wh, no_share = np.zeros(0, np.int64), np.zeros(0)
        return MicrogridBalance(
            microgrid, no_wh, no_share, no_share, no_wh, no_wh, no_share, no_share
        )
    net_wh = np.add.reduceat(record.net_wh[:, order], start, axis=1)
    load_wh = np.add.reduceat(record.load_mwh.sum(axis=0)[order], start) / MWH_PER_WH
    generation_wh = np.add.reduceat(record.generation_mwh.sum(axis=0)[order], start) / MWH_PER_WH
    import_wh = np.maximum(net_wh, 0).sum(axis=0)
    export_wh = np.maximum(-net_wh, 0).sum(axis=0)
    return MicrogridBalance(
        microgrid=microgrid,
        members=np.diff(np.r_[start, len(order)]),
        load_wh=load_wh,
        generation_wh=generation_wh,
        import_wh=import_wh,
        export_wh=export_wh,
        self_sufficiency=_one_minus(import_wh, load_wh),
        self_consumption=_one_minus(export_wh, generation_wh),
    )


def energy_indicators(record: EnergyRecord, tiers: EnergyByTier) -> Indicators:
    """Self-sufficiency, self-consumption and energy by tier."""
    load_wh = int(record.load_mwh.sum()) / MWH_PER_WH
    generation_wh = int(record.generation_mwh.sum()) / MWH_PER_WH
    drawn, fed_in = _flows(record.net_wh)
    drawn_before, fed_in_before = _flows(record.status_quo_net_wh)
    through = record.net_wh.sum(axis=1)
    drawn_all, fed_in_all = _flows(through)
    microgrids = microgrid_balance(record)
    outside_drawn, outside_fed_in = _flows(record.net_wh[:, record.microgrid < 0])
    drawn_microgrids = int(microgrids.import_wh.sum()) + outside_drawn
    fed_in_microgrids = int(microgrids.export_wh.sum()) + outside_fed_in
    traded = sum(tiers.delivered_wh)
    views = {
        "": (drawn - traded, fed_in - traded, "by contract: neighbours' deliveries count as own"),
        "_status_quo": (drawn_before, fed_in_before, "every household for itself, no trade"),
        "_physical": (drawn_all, fed_in_all, "over the neighbourhood's boundary, whoever is paid"),
        "_microgrids_physical": (
            drawn_microgrids,
            fed_in_microgrids,
            "over the boundaries of the microgrids, those outside any for themselves",
        ),
    }
    result: Indicators = {}
    for name, (bought, surplus, view) in views.items():
        result[f"self_sufficiency{name}"] = _simulated(
            _complement(bought, load_wh), SHARE, f"1 − energy from outside / load, {view}"
        )
        result[f"self_consumption{name}"] = _simulated(
            _complement(surplus, generation_wh),
            SHARE,
            f"1 − energy to outside / generation, {view}",
        )
    result["local_share_of_import"] = _simulated(
        share(traded, drawn), SHARE, "Delivered by neighbours under contract / drawn at the meters"
    )
    result["load_wh"] = _simulated(round(load_wh), "Wh", "Consumption")
    result["generation_wh"] = _simulated(round(generation_wh), "Wh", "Generation")
    result |= {
        f"energy_tier_{tier}_wh": _simulated(wh, "Wh", f"Delivered under contracts of tier {tier}")
        for tier, wh in enumerate(tiers.delivered_wh)
    }
    result["energy_tier_3_import_wh"] = _simulated(
        tiers.residual_import_wh, "Wh", "Drawn from the LPD beyond contracts"
    )
    result["energy_tier_3_export_wh"] = _simulated(
        tiers.residual_export_wh, "Wh", "Given to the LPD beyond contracts"
    )
    result["stabiliser_supplied_wh"] = _simulated(
        tiers.supplied_wh, "Wh", "Supplied by the stabiliser in sellers' places"
    )
    result["stabiliser_absorbed_wh"] = _simulated(
        tiers.absorbed_wh, "Wh", "Absorbed by the stabiliser in buyers' places"
    )
    result["stabiliser_wh"] = _simulated(
        tiers.supplied_wh + tiers.absorbed_wh, "Wh", "Supplied and absorbed by the stabiliser"
    )
    result["net_imbalance_wh"] = _simulated(
        tiers.supplied_wh - tiers.absorbed_wh, "Wh", "Supplied less absorbed by the stabiliser"
    )
    return result


def _flows(net_wh: IntArray) -> tuple[int, int]:
    """Sums of what is drawn and of what is fed in."""
    return int(np.maximum(net_wh, 0).sum()), int(np.maximum(-net_wh, 0).sum())


def _complement(part: int, whole: float) -> float | None:
    """1 − part/whole, none where there is no whole."""
    outside = share(part, whole)
    return None if outside is None else 1 - outside


def _one_minus(part: IntArray, whole: FloatArray) -> FloatArray:
    """1 − part/whole, not a number where there is no whole."""
    known = whole > 0
    result = np.full(len(whole), np.nan)
    result[known] = 1 - part[known] / whole[known]
    return result


def _simulated(value: int | float | None, unit: str, meaning: str) -> Indicator:
    """An indicator of the model."""
    return Indicator(value, unit, Provenance.SIMULATED, meaning)
