"""Road pricing (paper, section IV): the DSO's fee on the shortest path between seller and buyer."""

from __future__ import annotations

import numpy as np

from twin.scenario.tariffs import RoadPricing
from twin.units import BoolArray, FloatArray, IntArray


def fee_rates(
    distance_km: FloatArray,
    transformers: IntArray,
    same_building: BoolArray,
    road_pricing: RoadPricing,
) -> IntArray:
    """The fee rate of every pair, (n, n) [µ€/kWh], symmetric.

    Parameters, all (n, n): `distance_km` of line and `transformers` on the shortest path,
    `same_building` true where both are behind one building meter: there no grid is used and the fee
    is zero (ZTF). Elsewhere the line rate per km, rounded to a whole µ€/kWh, plus the transformers.
    """
    # A thousandth of a µ€ is cut before rounding, so that a float's last bit never decides it and
    # both directions of a pair round alike.
    line = np.rint(np.round(distance_km * road_pricing.line_ueur_per_kwh_per_km, 3))
    fee = line.astype(np.int64) + transformers * road_pricing.transformer_ueur_per_kwh
    return np.where(same_building, np.int64(0), fee)


def same_building_pairs(building: IntArray) -> BoolArray:
    """True for pairs behind one building meter, (n, n); `building` (n,) is −1 where there is
    none."""
    same: BoolArray = (building[:, None] == building[None, :]) & (building >= 0)[:, None]
    return same
