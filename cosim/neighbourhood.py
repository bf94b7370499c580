"""The neighbourhood of a run: feeder, fleet, profiles and the status quo, as arrays made once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.assets import Batteries
from twin.feeder import Feeder
from twin.microgrids import form_microgrids
from twin.participants import Fleet, Origin, build_fleet
from twin.profiles import build_profiles
from twin.road_pricing import fee_rates, same_building_pairs
from twin.scenario import Scenario
from twin.simbench import load_grid
from twin.status_quo import Registers, register_wh, run_status_quo
from twin.streams import Component, stream
from twin.units import MWH_PER_WH, BoolArray, IntArray

LARGEST_START_WH = 20_000_000
"""Meters come with some history on their registers: up to 20 MWh. Assumption."""


@dataclass(frozen=True)
class Neighbourhood:
    """Arrays over participants (n), meters (n + buildings) and slots (the run's, warm-up apart)."""

    feeder: Feeder
    fleet: Fleet
    batteries: Batteries
    microgrid: IntArray
    fee_ueur_per_kwh: IntArray
    load_mwh: IntArray
    generation_mwh: IntArray
    initial_soc_mwh: IntArray
    initial_counters_mwh: tuple[IntArray, IntArray]
    warm_up: Registers
    """What all meters showed at the boundaries of the warm-up, (warm-up slots + 1, meters)."""
    status_quo_wh: IntArray
    """Register differences of the run at the status quo, (slots, meters) [Wh]."""
    status_quo_net_mwh: IntArray
    """At the status quo, (slots, n)."""
    meter_ids: tuple[str, ...]

    @property
    def origin(self) -> IntArray:
        """Origin of what each sells (n,): PV is the only generation in the six grids; a battery
        that discharges into a sale holds PV energy too."""
        return np.full(len(self.fleet), Origin.PV, np.int64)

    @property
    def may_feed_in(self) -> BoolArray:
        """Meters behind which there is generation or a battery (meters,)."""
        able = (self.fleet.annual_generation_wh > 0) | (self.fleet.battery_capacity_mwh > 0)
        return self.at_meters(able.astype(np.int64)) > 0

    @property
    def participants(self) -> int:
        return len(self.fleet.ids)

    def at_meters(self, values: IntArray) -> IntArray:
        """Values of participants (n,) as seen by every meter: a building's is the sum of its
        flats."""
        return with_buildings(self.fleet, values)

    def padded(self, values: IntArray | BoolArray) -> IntArray:
        """Values of participants (n,), zero for the buildings' meters."""
        buildings = len(self.meter_ids) - len(values)
        return np.concatenate([values, np.zeros(buildings, values.dtype)]).astype(np.int64)


def with_buildings(fleet: Fleet, values: IntArray) -> IntArray:
    """Append to (..., n) values of participants the sums behind each building's meter."""
    buildings = len(fleet.building_ids)
    if not buildings:
        return values
    inside = np.flatnonzero(fleet.building >= 0)
    sums = np.zeros((*values.shape[:-1], buildings), np.int64)
    np.add.at(sums.T, fleet.building[inside], values[..., inside].T)
    return np.concatenate([values, sums], axis=-1)


def willing(fleet: Fleet, scenario: Scenario, seed: int) -> BoolArray:
    """Who joins a microgrid: a seeded draw of the scenario's share (n,)."""
    n = len(fleet.ids)
    draw = stream(seed, Component.WILLINGNESS).permutation(n)
    return draw < round(scenario.microgrids.willingness * n)


def build_neighbourhood(scenario: Scenario, seed: int) -> Neighbourhood:
    """Everything about the place that does not depend on the market.

    The plant runs through the warm-up at the status quo, so that batteries and registers stand
    where they would, and the forecast has readings of days before.
    """
    horizon, place = scenario.horizon, scenario.neighbourhood
    grid = load_grid(place.grid, place.variant, place.participants)
    fleet = build_fleet(grid, scenario, seed)
    before, slots = horizon.warm_up_slots, horizon.slots
    load, generation = build_profiles(grid, fleet, scenario, seed, -before, before + slots)
    batteries = Batteries.of_power(
        fleet.battery_capacity_mwh,
        fleet.battery_power_w,
        fleet.battery_efficiency_permille,
        horizon.slot_s,
    )
    first_soc = (fleet.battery_capacity_mwh * round(place.battery.initial_soc * 1000)) // 1000
    baseline = run_status_quo(load, generation, batteries, first_soc)
    net = with_buildings(fleet, baseline.net_mwh)
    meters = net.shape[1]
    start = stream(seed, Component.METER_START).integers(0, LARGEST_START_WH, (2, meters))
    start_mwh = start.astype(np.int64) * MWH_PER_WH
    warm_up = register_wh(net[:before], start_mwh[0], start_mwh[1])
    counters = (
        start_mwh[0] + np.maximum(net[:before], 0).sum(axis=0),
        start_mwh[1] + np.maximum(-net[:before], 0).sum(axis=0),
    )
    distance_km, transformers = grid.feeder.distances(fleet.bus)
    return Neighbourhood(
        feeder=grid.feeder,
        fleet=fleet,
        batteries=batteries,
        microgrid=form_microgrids(
            grid.feeder, fleet, scenario.microgrids.size, willing(fleet, scenario, seed)
        ),
        fee_ueur_per_kwh=fee_rates(
            distance_km, transformers, same_building_pairs(fleet.building), scenario.road_pricing
        ),
        load_mwh=load[before:],
        generation_mwh=generation[before:],
        initial_soc_mwh=baseline.soc_mwh[before - 1] if before else first_soc,
        initial_counters_mwh=counters,
        warm_up=warm_up,
        status_quo_wh=register_wh(net[before:], *counters).net_wh,
        status_quo_net_mwh=baseline.net_mwh[before:],
        meter_ids=(*fleet.ids, *fleet.building_ids),
    )
