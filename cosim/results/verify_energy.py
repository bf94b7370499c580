"""Checks of physical energy: meters, buildings and feeder balance to the register's resolution."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from cosim.results.columns import categories, codes, integers, present, read, texts
from cosim.results.manifest import Manifest
from cosim.results.verify_check import Check, verdict
from twin.units import MWH_PER_WH, IntArray

_FLOWS: Final = ("load_mwh", "generation_mwh", "battery_mwh")
FEEDER_TOLERANCE_MWH: Final = 1
"""The feeder's energies come from a power flow and are rounded once."""


def meter_energy(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """Registers are the whole Wh of what flowed: consumption − generation + battery."""
    rows = read(
        folder, "meter", ("slot", "meter", "kind", "true_import_wh", "true_export_wh", *_FLOWS)
    )
    order = np.lexsort((integers(rows, "slot"), codes(rows, "meter")))
    meter = codes(rows, "meter")[order]
    net = _net_mwh(rows)[order]
    wrong = 0
    for register, flow in (
        ("true_import_wh", np.maximum(net, 0)),
        ("true_export_wh", np.maximum(-net, 0)),
    ):
        # What is in the counter but not yet a whole Wh stays within one Wh for all time.
        rest = _running(flow - MWH_PER_WH * integers(rows, register)[order], meter)
        wrong += int(np.count_nonzero(_spread(rest, meter) >= MWH_PER_WH))
    yield verdict(
        "energy of meters",
        wrong,
        f"{len(net)} slots of {len(np.unique(meter))} meters",
        f"{wrong} registers do not count what flowed",
    )


def building_energy(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """A building's meter sees the sum of the participants behind it."""
    rows = read(folder, "meter", ("slot", "meter", "kind", *_FLOWS))
    people = read(folder, "participant", ("participant", "building"))
    above = dict(zip(texts(people, "participant"), texts(people, "building"), strict=True))
    names = categories(rows, "meter")
    place = {name: i for i, name in enumerate(names)}
    parent = np.array([place.get(above.get(name) or "", -1) for name in names], np.int64)
    slot, meter, net = integers(rows, "slot"), codes(rows, "meter"), _net_mwh(rows)
    shape = (int(slot.max(initial=-1)) + 1, len(names) + 1)
    behind, own = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    is_building = texts(rows, "kind") == "building"
    parents = parent[meter] if len(names) else meter
    np.add.at(behind, (slot, parents), net)
    np.add.at(own, (slot[is_building], meter[is_building]), net[is_building])
    wrong = int(np.count_nonzero(behind[:, :-1] != own[:, :-1]))
    yield verdict(
        "energy of buildings",
        wrong,
        f"{len(set(parent.tolist()) - {-1})} buildings",
        f"{wrong} building slots differ from the sum behind them",
    )


def feeder_energy(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """What the upstream grid delivers is what the participants take, plus losses."""
    grid = read(folder, "grid", ("slot", "kind", "import_mwh", "losses_mwh"))
    grid = grid.filter(pa.array(texts(grid, "kind") == "feeder"))
    rows = read(folder, "meter", ("slot", "kind", *_FLOWS))
    rows = rows.filter(pa.array(texts(rows, "kind") == "participant"))
    slots = int(integers(rows, "slot").max(initial=-1)) + 1
    taken = np.zeros(slots, np.int64)
    np.add.at(taken, integers(rows, "slot"), _net_mwh(rows))
    found = np.full(slots, np.iinfo(np.int64).max)
    have = present(grid, "import_mwh") & (integers(grid, "slot") < slots)
    delivered = integers(grid, "import_mwh") - integers(grid, "losses_mwh")
    found[integers(grid, "slot")[have]] = delivered[have]
    wrong = int(np.count_nonzero(np.abs(found - taken) > FEEDER_TOLERANCE_MWH))
    yield verdict(
        "energy of the feeder",
        wrong,
        f"{slots} slots, {int(integers(grid, 'losses_mwh').sum()) // MWH_PER_WH} Wh of losses",
        f"in {wrong} of {slots} slots import is not consumption plus losses",
    )


def _net_mwh(rows: pa.Table) -> IntArray:
    load, generation, battery = (integers(rows, name) for name in _FLOWS)
    return load - generation + battery


def _running(values: IntArray, group: IntArray) -> IntArray:
    """Running sums within runs of equal `group`."""
    total = np.cumsum(values)
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]]) if len(group) else group
    before = np.repeat((total - values)[first], np.diff(np.r_[first, len(group)]))
    return np.asarray(total - before, np.int64)


def _spread(values: IntArray, group: IntArray) -> IntArray:
    """Largest − smallest value (zero included) within each run of equal `group`."""
    if not len(values):
        return values
    first = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    highest = np.maximum(np.maximum.reduceat(values, first), 0)
    lowest = np.minimum(np.minimum.reduceat(values, first), 0)
    return np.asarray(highest - lowest, np.int64)
