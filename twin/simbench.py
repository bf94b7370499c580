"""The SimBench extract: low-voltage grids with their equipment and a year of profiles.

Data and licence are in `twin/data/simbench` (see its NOTICE.md), made by
`tools/extract_simbench.py`. Source: Meinecke et al. 2020, doi:10.3390/en13123290.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from twin.errors import GridDataError
from twin.feeder import Feeder, Transformers
from twin.scenario.neighbourhood import GridName
from twin.simbench_extract import Extract
from twin.units import MWH_PER_WH, FloatArray, IntArray

Variant = Literal["today", "near_future", "far_future"]

PPM: Final = 1_000_000
"""Profiles are integers in parts per million of nominal power."""
PPM_W_QUARTERS_PER_MWH: Final = PPM * 4 // MWH_PER_WH
"""A profile's ppm times nominal W, summed over quarter hours, is so many times the energy [mWh]."""
METRES_PER_DEGREE: Final = 111_320.0
"""Length of a degree of latitude [m]; good enough to draw with."""

Elements = TypeVar("Elements", "Loads", "Plants", "Storages")


class LoadKind(IntEnum):
    """What a SimBench load is; a participant is a BASE load."""

    BASE = 0
    HEAT_PUMP = 1
    CHARGING = 2


@dataclass(frozen=True)
class Loads:
    """Loads, every array of shape (loads,)."""

    bus: IntArray
    kind: IntArray
    profile: IntArray
    """Row of `GridData.profile_ppm`."""
    power_w: IntArray
    """Nominal active power [W], of which the profile is a fraction."""
    reactive_ratio: FloatArray
    """Reactive per active energy over the year [var/W], from SimBench's reactive profile."""


@dataclass(frozen=True)
class Plants:
    """PV plants, every array of shape (plants,)."""

    bus: IntArray
    profile: IntArray
    peak_w: IntArray


@dataclass(frozen=True)
class Storages:
    """Home and business batteries, every array of shape (storages,)."""

    bus: IntArray
    capacity_wh: IntArray
    power_w: IntArray
    efficiency: FloatArray
    """Of charging, and again of discharging [-]."""


@dataclass(frozen=True)
class GridData:
    """A SimBench grid in one variant, possibly several times side by side."""

    name: str
    variant: Variant
    feeder: Feeder
    loads: Loads
    plants: Plants
    storages: Storages
    profile_names: tuple[str, ...]
    """The profiles that loads and plants of this grid use, (k,)."""
    profile_number: IntArray
    """Their numbers among all profiles of the extract, the same for every grid, (k,)."""
    profile_ppm: NDArray[np.int32]
    """Their quarter hours, (k, QUARTER_HOURS) [10⁻⁶ of nominal power], read-only."""
    profile_sum_ppm: IntArray
    """Their yearly sums, (k,)."""

    @property
    def base_loads(self) -> int:
        return int((self.loads.kind == LoadKind.BASE).sum())

    def annual_mwh(self, profile: IntArray, power_w: IntArray) -> IntArray:
        """Yearly energy [mWh] of nominal powers [W] with these profiles; same shape."""
        product = power_w * self.profile_sum_ppm[profile]
        return (2 * product + PPM_W_QUARTERS_PER_MWH) // (2 * PPM_W_QUARTERS_PER_MWH)

    def side_by_side(self, copies: int) -> GridData:
        """`copies` of the grid, each with a transformer of its own, on one source."""
        if copies == 1:
            return self
        b, source = self.feeder.buses, int(self.feeder.source_bus[0])

        def repeat(table: Elements) -> Elements:
            tiled = {f.name: np.tile(getattr(table, f.name), copies) for f in fields(table)}
            copy = np.repeat(np.arange(copies), len(table.bus))
            compact = tiled["bus"] - (tiled["bus"] > source)
            tiled["bus"] = np.where(copy == 0, tiled["bus"], b + (copy - 1) * (b - 1) + compact)
            return replace(table, **tiled)

        return replace(
            self,
            feeder=self.feeder.side_by_side(copies),
            loads=repeat(self.loads),
            plants=repeat(self.plants),
            storages=repeat(self.storages),
        )


def load_grid(
    name: GridName,
    variant: Variant,
    participants: int | None = None,
    *,
    folder: Traversable | None = None,
) -> GridData:
    """The grid `name`, so often side by side that it has at least `participants` base loads.

    `folder` replaces the package's own data. Raises GridDataError where the grid is unknown or its
    files are damaged, ProfileError where the profiles are.
    """
    folder = files("twin") / "data" / "simbench" if folder is None else folder
    if name not in get_args(GridName):
        raise GridDataError(f"no grid is called {name}; there are {', '.join(get_args(GridName))}")
    if variant not in get_args(Variant):
        raise GridDataError(
            f"{name} has no variant {variant}; it has {', '.join(get_args(Variant))}"
        )
    extract = Extract.open(folder)
    document = extract.grid(name)
    described = extract.profile_descriptions()
    equipment = document["variants"][variant]
    names = sorted({*equipment["loads"]["profile"], *equipment["plants"]["profile"]})
    row = {profile: number for number, profile in enumerate(names)}
    loads, plants, storages = (equipment[table] for table in ("loads", "plants", "storages"))
    active, reactive = _ints(loads["power_w"]), _ints(loads["reactive_power_var"])
    ratio = np.array([described[p]["reactive_to_active"] for p in loads["profile"]], dtype=float)
    sums = np.array([described[profile]["sum_ppm"] for profile in names], dtype=np.int64)
    grid = GridData(
        name=name,
        variant=variant,
        feeder=_feeder(name, document, equipment["tap_pos"]),
        loads=Loads(
            bus=_ints(loads["bus"]),
            kind=_ints([LoadKind[kind.upper()] for kind in loads["kind"]]),
            profile=_ints([row[profile] for profile in loads["profile"]]),
            power_w=active,
            reactive_ratio=np.round(reactive / active * ratio, 6),
        ),
        plants=Plants(
            bus=_ints(plants["bus"]),
            profile=_ints([row[profile] for profile in plants["profile"]]),
            peak_w=_ints(plants["peak_w"]),
        ),
        storages=Storages(
            bus=_ints(storages["bus"]),
            capacity_wh=_ints(storages["capacity_wh"]),
            power_w=_ints(storages["power_w"]),
            efficiency=np.array(storages["efficiency"], dtype=float),
        ),
        profile_names=tuple(names),
        profile_number=_ints([list(described).index(profile) for profile in names]),
        profile_ppm=extract.profiles(names, sums),
        profile_sum_ppm=sums,
    )
    wanted = grid.base_loads if participants is None else participants
    return grid.side_by_side(max(1, -(-wanted // grid.base_loads)))


def _ints(values: list[int]) -> IntArray:
    return np.array(values, dtype=np.int64)


def _feeder(name: str, document: Mapping[str, Any], tap_pos: list[int]) -> Feeder:
    """The feeder of a grid document, drawn around its transformer's low-voltage bus."""
    buses, lines, trafo = document["buses"], document["lines"], document["transformers"]
    length = np.array(lines["length_km"], dtype=float)
    east = np.array(buses["longitude_deg"], dtype=float)
    north = np.array(buses["latitude_deg"], dtype=float)
    origin = trafo["to_bus"][0]
    scale = METRES_PER_DEGREE * np.cos(np.radians(north[origin]))
    integers = ("from_bus", "to_bus", "tap_neutral", "tap_min", "tap_max")
    columns = {
        column: np.array(values, dtype=np.int64 if column in integers else float)
        for column, values in trafo.items()
        if column not in ("name", "type", "vector_group")
    }
    return Feeder.radial(
        name=name,
        bus_name=tuple(buses["name"]),
        bus_vn_kv=np.array(buses["vn_kv"], dtype=float),
        x_m=np.round((east - east[origin]) * scale, 1),
        y_m=np.round((north - north[origin]) * METRES_PER_DEGREE, 1),
        line_name=tuple(lines["name"]),
        line_from=_ints(lines["from_bus"]),
        line_to=_ints(lines["to_bus"]),
        line_length_km=length,
        line_r_ohm=length * np.array(lines["r_ohm_per_km"], dtype=float),
        line_x_ohm=length * np.array(lines["x_ohm_per_km"], dtype=float),
        line_c_nf=length * np.array(lines["c_nf_per_km"], dtype=float),
        line_i_max_a=1000.0 * np.array(lines["i_max_ka"], dtype=float),
        transformers=Transformers(
            name=tuple(trafo["name"]),
            vector_group=tuple(trafo["vector_group"]),
            tap_pos=_ints(tap_pos),
            **columns,
        ),
        source_bus=_ints([document["source"]["bus"]]),
        source_u_pu=np.array([document["source"]["u_pu"]], dtype=float),
    )
