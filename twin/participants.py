"""Who lives on the feeder: participants, what stands behind their meters, and their roles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from twin.equipment import equip_by_shares, equip_by_simbench
from twin.errors import GridDataError
from twin.scenario import Scenario
from twin.simbench import GridData, LoadKind
from twin.units import MWH_PER_WH, FloatArray, IntArray

NEGLIGIBLE_CONSUMPTION: Final = 0.01
"""A generator that consumes less than this share of what it generates in a year is a producer.
Assumption: of the order of what an inverter and its meter draw. SimBench's least consuming plant
owner consumes 3 %."""


class Origin(IntEnum):
    """Where traded energy comes from; part of a token's id."""

    PV = 0
    WIND = 1
    BATTERY = 2
    GRID = 3


class Role(IntEnum):
    """The paper's roles of participants, by the year's balance (`role_of`)."""

    CONSUMER = 0
    PROSUMER = 1
    PROSUMER_PLUS = 2
    PRODUCER = 3

    @property
    def label(self) -> str:
        return ("consumer", "prosumer", "prosumer+", "producer")[self]


@dataclass(frozen=True)
class Devices:
    """Everything that consumes behind the meters, sorted by participant; arrays of shape (d,)."""

    participant: IntArray
    kind: IntArray
    """LoadKind."""
    profile: IntArray
    """Row of `GridData.profile_ppm`."""
    power_w: IntArray


@dataclass(frozen=True)
class Fleet:
    """n participants in the order of the feeder walk; every array of shape (n,) unless it says so.

    A participant is a base load; the heat pumps, charging points, PV and storage at its bus are
    behind its meter, and where a bus has several base loads (a building) they belong to the one
    that consumes most. Equipment at a bus without a base load is a participant of its own (in the
    six grids there is none).
    """

    ids: tuple[str, ...]
    bus: IntArray
    building: IntArray
    """Index into `building_ids`; −1 for who shares no bus."""
    building_ids: tuple[str, ...]
    profile: tuple[str, ...]
    """Profile of the base load; empty where there is none."""
    devices: Devices
    annual_load_wh: IntArray
    reactive_ratio: FloatArray
    """Reactive per active energy consumed in the year [var/W]."""
    pv_kwp: FloatArray
    pv_profile: IntArray
    """Row of `GridData.profile_ppm`; −1 without PV."""
    annual_generation_wh: IntArray
    battery_capacity_mwh: IntArray
    """Usable capacity [milliwatt-hours]."""
    battery_power_w: IntArray
    """Largest power of charging, and of discharging, at the terminals."""
    battery_efficiency_permille: IntArray
    """Efficiency of charging, and again of discharging; 1000 without a battery."""
    role: IntArray

    def __len__(self) -> int:
        return len(self.ids)


def role_of(annual_load_wh: IntArray, annual_generation_wh: IntArray) -> IntArray:
    """Role by the yearly balance (MODEL, "Roles"): Consumer without generation; Prosumer up to,
    Prosumer+ beyond its own consumption; Producer where consumption is negligible."""
    generates = annual_generation_wh > 0
    more = annual_generation_wh > annual_load_wh
    negligible = annual_load_wh < NEGLIGIBLE_CONSUMPTION * annual_generation_wh
    return np.select(
        [~generates, negligible, more],
        [Role.CONSUMER, Role.PRODUCER, Role.PROSUMER_PLUS],
        Role.PROSUMER,
    ).astype(np.int64)


def build_fleet(grid: GridData, scenario: Scenario, seed: int) -> Fleet:
    """The participants of `scenario.neighbourhood` on `grid`, equipped as it says.

    Raises GridDataError where the grid has fewer participants than the scenario asks for (load it
    with that number).
    """
    wanted = scenario.neighbourhood.participants
    bus, base = _meters(grid)
    if wanted is not None and wanted > len(bus):
        raise GridDataError(
            f"neighbourhood.participants asks for {wanted} participants, but the grid {grid.name} "
            f"was loaded with {len(bus)}; load it with at least that many"
        )
    owner = _owner_of_bus(grid, bus, base)
    n = len(bus) if wanted is None else wanted
    bus, base = bus[:n], base[:n]
    devices = _devices(grid, base, owner)
    annual_load_wh, reactive_ratio = _consumption(grid, devices, n)
    if scenario.neighbourhood.equipment == "shares":
        equipment = equip_by_shares(grid, scenario.neighbourhood, seed, annual_load_wh)
    else:
        equipment = equip_by_simbench(grid, owner, n)
    width = max(2, len(str(n)))
    building, buildings = _buildings(bus)
    return Fleet(
        ids=tuple(f"H{number:0{width}}" for number in range(1, n + 1)),
        bus=bus,
        building=building,
        building_ids=tuple(f"B{number:0{width}}" for number in range(1, buildings + 1)),
        profile=tuple(grid.profile_names[grid.loads.profile[i]] if i >= 0 else "" for i in base),
        devices=devices,
        annual_load_wh=annual_load_wh,
        reactive_ratio=reactive_ratio,
        pv_kwp=equipment.peak_w / 1000,
        pv_profile=equipment.pv_profile,
        annual_generation_wh=equipment.annual_generation_wh,
        battery_capacity_mwh=equipment.capacity_mwh,
        battery_power_w=equipment.power_w,
        battery_efficiency_permille=equipment.efficiency_permille,
        role=role_of(annual_load_wh, equipment.annual_generation_wh),
    )


def _meters(grid: GridData) -> tuple[IntArray, IntArray]:
    """Bus and base load (−1: equipment alone) of everyone on the grid, in the order of the walk."""
    base = np.flatnonzero(grid.loads.kind == LoadKind.BASE)
    equipped = np.concatenate([grid.loads.bus, grid.plants.bus, grid.storages.bus])
    alone = np.setdiff1d(equipped, grid.loads.bus[base])
    bus = np.concatenate([grid.loads.bus[base], alone])
    base = np.concatenate([base, np.full(len(alone), -1)])
    order = np.argsort(grid.feeder.walk_position[bus], kind="stable")
    return bus[order], base[order]


def _owner_of_bus(grid: GridData, bus: IntArray, base: IntArray) -> IntArray:
    """Whom the equipment at each bus belongs to: who consumes most there, the first of equals.

    Shape (buses,); −1 where nobody lives.
    """
    energy = grid.loads.power_w * grid.profile_sum_ppm[grid.loads.profile]
    annual = np.where(base >= 0, energy[base], 0)
    owner = np.full(grid.feeder.buses, -1, dtype=np.int64)
    least_first = np.lexsort((-np.arange(len(bus)), annual))
    owner[bus[least_first]] = least_first  # of several assignments the last stays
    return owner


def _devices(grid: GridData, base: IntArray, owner: IntArray) -> Devices:
    """Base loads with their participants, all other loads with their bus's owner."""
    participant = np.where(grid.loads.kind == LoadKind.BASE, -1, owner[grid.loads.bus])
    lives = base >= 0
    participant[base[lives]] = np.flatnonzero(lives)
    there = np.flatnonzero((participant >= 0) & (participant < len(base)))
    chosen = there[np.argsort(participant[there], kind="stable")]
    return Devices(
        participant=participant[chosen],
        kind=grid.loads.kind[chosen],
        profile=grid.loads.profile[chosen],
        power_w=grid.loads.power_w[chosen],
    )


def _consumption(grid: GridData, devices: Devices, n: int) -> tuple[IntArray, FloatArray]:
    """Yearly consumption [Wh] and its ratio of reactive to active energy, (n,) each."""
    energy = grid.annual_mwh(devices.profile, devices.power_w)
    total = np.zeros(n, dtype=np.int64)
    np.add.at(total, devices.participant, energy)
    ratio_of_profile = np.zeros(len(grid.profile_names))
    ratio_of_profile[grid.loads.profile] = grid.loads.reactive_ratio
    reactive = np.zeros(n)
    np.add.at(reactive, devices.participant, energy * ratio_of_profile[devices.profile])
    ratio = np.divide(reactive, total, out=np.zeros(n), where=total > 0)
    return (total + MWH_PER_WH // 2) // MWH_PER_WH, ratio


def _buildings(bus: IntArray) -> tuple[IntArray, int]:
    """Number of the building each participant lives in (−1: alone at its bus), and how many."""
    first, of, flats = np.unique(bus, return_index=True, return_inverse=True, return_counts=True)[
        1:
    ]
    shared = np.flatnonzero(flats > 1)
    number = np.full(len(first), -1, dtype=np.int64)
    number[shared[np.argsort(first[shared])]] = np.arange(len(shared))
    return number[of], len(shared)
