"""Consumption and generation of every participant in every slot, in whole mWh.

SimBench's power is constant within a quarter hour. The energy of a quarter hour is rounded to mWh
once, per participant; longer slots are sums of quarter hours, and slots of five minutes share one
out as ⌊e·k/3⌋ differences, so that every slot length gives the same energy to the mWh.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np

from twin.errors import GridDataError
from twin.participants import Fleet
from twin.profile_weeks import WEEKS, profile_weeks
from twin.scenario import Scenario
from twin.simbench import PPM, PPM_W_QUARTERS_PER_MWH, GridData, LoadKind
from twin.simbench_extract import QUARTER_HOURS
from twin.units import MWH_PER_WH, SECONDS_PER_DAY, BoolArray, IntArray

QUARTER_S: Final = 900
QUARTERS_PER_DAY: Final = SECONDS_PER_DAY // QUARTER_S
QUARTERS_PER_WEEK: Final = 7 * QUARTERS_PER_DAY
QUARTERS_AT_ONCE: Final = 2 * QUARTERS_PER_DAY
"""How many quarter hours are worked on at a time, which bounds the memory of a large fleet."""

LARGEST_ANNUAL_WH: Final = 2**61 // (PPM * MWH_PER_WH)
"""What a participant may generate in a year (2.3 GWh): more would overflow int64 on the way."""


def build_profiles(
    grid: GridData, fleet: Fleet, scenario: Scenario, seed: int, first_slot: int, slots: int
) -> tuple[IntArray, IntArray]:
    """Load and generation [mWh] of slots `first_slot` … `first_slot + slots − 1`.

    Returns two int64 arrays of shape (slots, n), not negative. Slot 0 begins with the day
    `horizon.start`; slots may be negative (the warm-up) and wrap round the year 2016.

    With `neighbourhood.diversify_weeks`, base loads and charging points live the weeks of
    `twin.profile_weeks`; heat pumps and PV stay, since neighbours share the weather.
    """
    slot_s = scenario.horizon.slot_s
    start_quarter = (scenario.horizon.start - date(2016, 1, 1)).days * QUARTERS_PER_DAY
    first_quarter = start_quarter + first_slot * slot_s // QUARTER_S
    end_quarter = start_quarter - (-(first_slot + slots) * slot_s // QUARTER_S)
    weeks = _weeks(grid, fleet, scenario, seed)
    n = len(fleet)
    load, generation = np.zeros((2, end_quarter - first_quarter, n), dtype=np.int64)
    for begin in range(first_quarter, end_quarter, QUARTERS_AT_ONCE):
        quarters = np.arange(begin, min(begin + QUARTERS_AT_ONCE, end_quarter)) % QUARTER_HOURS
        rows = slice(begin - first_quarter, begin - first_quarter + len(quarters))
        load[rows] = _load(grid, fleet, weeks, quarters)
        generation[rows] = _generation(grid, fleet, quarters)
    skipped = first_slot % (QUARTER_S // slot_s) if slot_s < QUARTER_S else 0
    return _in_slots(load, slot_s, skipped, slots), _in_slots(generation, slot_s, skipped, slots)


def _weeks(grid: GridData, fleet: Fleet, scenario: Scenario, seed: int) -> IntArray:
    """The week each participant lives in each week of the year, (n, WEEKS)."""
    n = len(fleet)
    if not scenario.neighbourhood.diversify_weeks:
        return np.tile(np.arange(WEEKS), (n, 1))
    base = fleet.devices.kind == LoadKind.BASE
    # Who has no base load shares a profile with nobody.
    profile = -1 - np.arange(n)
    profile[fleet.devices.participant[base]] = grid.profile_number[fleet.devices.profile[base]]
    return profile_weeks(profile, seed)


def _moved(weeks: IntArray, quarters: IntArray) -> IntArray:
    """The quarter hour of the year each participant lives in each of `quarters`, (q, n).

    The last two days of the year, which are no whole week, stay.
    """
    week, within = np.divmod(quarters, QUARTERS_PER_WEEK)
    whole: BoolArray = week < WEEKS
    lived = weeks[:, np.minimum(week, WEEKS - 1)].T * QUARTERS_PER_WEEK + within[:, None]
    moved: IntArray = np.where(whole[:, None], lived, quarters[:, None])
    return moved


def _load(grid: GridData, fleet: Fleet, weeks: IntArray, quarters: IntArray) -> IntArray:
    """Consumption per quarter hour [mWh], (q, n)."""
    devices = fleet.devices
    total = np.zeros((len(quarters), len(fleet)), dtype=np.int64)
    if not len(devices.participant):
        return total
    lived = _moved(weeks, quarters)[:, devices.participant]
    by_weather = devices.kind == LoadKind.HEAT_PUMP
    lived[:, by_weather] = quarters[:, None]
    energy = grid.profile_ppm[devices.profile, lived] * devices.power_w
    first = np.flatnonzero(np.diff(devices.participant, prepend=-1))
    total[:, devices.participant[first]] = np.add.reduceat(energy, first, axis=1)
    return (2 * total + PPM_W_QUARTERS_PER_MWH) // (2 * PPM_W_QUARTERS_PER_MWH)


def _generation(grid: GridData, fleet: Fleet, quarters: IntArray) -> IntArray:
    """Generation per quarter hour [mWh], (q, n): the yearly yield in the shape of the profile."""
    total = np.zeros((len(quarters), len(fleet)), dtype=np.int64)
    owners = np.flatnonzero(fleet.pv_profile >= 0)
    shape, annual_wh = fleet.pv_profile[owners], fleet.annual_generation_wh[owners]
    if annual_wh.max(initial=0) > LARGEST_ANNUAL_WH:
        raise GridDataError(
            f"a participant of {grid.name} generates {annual_wh.max()} Wh a year; at most "
            f"{LARGEST_ANNUAL_WH} Wh can be spread exactly: lower neighbourhood.pv.kwp_per_mwh or "
            f"yield_kwh_per_kwp"
        )
    share = grid.profile_ppm[shape][:, quarters].T * (annual_wh * MWH_PER_WH)
    whole = grid.profile_sum_ppm[shape]
    total[:, owners] = (2 * share + whole) // (2 * whole)
    return total


def _in_slots(quarters_mwh: IntArray, slot_s: int, skipped: int, slots: int) -> IntArray:
    """Energies of quarter hours in slots of `slot_s`, leaving out `skipped` slots at first."""
    if slot_s >= QUARTER_S:
        together = slot_s // QUARTER_S
        merged: IntArray = quarters_mwh.reshape(slots, together, -1).sum(axis=1)
        return merged
    parts = QUARTER_S // slot_s
    until = quarters_mwh[:, None, :] * np.arange(parts + 1)[:, None] // parts
    split = np.diff(until, axis=1).reshape(len(quarters_mwh) * parts, -1)
    return split[skipped : skipped + slots]
