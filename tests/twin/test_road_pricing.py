"""Road pricing by path."""

import numpy as np

from twin.road_pricing import fee_rates, same_building_pairs
from twin.scenario import RoadPricing

RATES = RoadPricing(line_ueur_per_kwh_per_km=40_000, transformer_ueur_per_kwh=30_000)
KM = np.array([[0.0, 0.25, 0.0], [0.25, 0.0, 1.0], [0.0, 1.0, 0.0]])
TRANSFORMERS = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 0]])


def test_fee_is_the_line_rate_by_length_plus_the_transformers() -> None:
    nowhere = np.zeros((3, 3), np.bool_)
    fees = fee_rates(KM, TRANSFORMERS, nowhere, RATES)
    assert fees.dtype == np.int64
    assert (fees == [[0, 10_000, 0], [10_000, 0, 70_000], [0, 70_000, 0]]).all()


def test_fee_is_zero_behind_one_building_meter() -> None:
    building = np.array([4, 4, -1])
    fees = fee_rates(KM, TRANSFORMERS, same_building_pairs(building), RATES)
    assert fees[0, 1] == fees[1, 0] == 0
    assert fees[1, 2] == 70_000


def test_households_without_a_building_meter_share_none() -> None:
    assert not same_building_pairs(np.array([-1, -1])).any()


def test_fees_are_symmetric_though_lengths_differ_in_the_last_bit() -> None:
    km = np.array([[0.0, 0.1 + 0.2], [0.3, 0.0]])
    rates = RoadPricing(line_ueur_per_kwh_per_km=45_005)
    fees = fee_rates(km, np.zeros((2, 2), np.int64), np.zeros((2, 2), np.bool_), rates)
    assert fees[0, 1] == fees[1, 0]
