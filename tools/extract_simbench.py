"""Make `twin/data/simbench` from the `simbench` package: its low-voltage grids and their profiles.

    pip install "energy-twin[simbench]" && python tools/extract_simbench.py

Written are one JSON file per grid (topology once, loads, plants and storages per scenario), one
Parquet file with every profile that these grids use, their yearly sums, and an index with the
checksum of each file. The output depends on the versions of `simbench` and `pyarrow` alone: the
same versions give the same bytes. `NOTICE.md` beside the data says what is changed against the
original and under which licence both stand; it is written by hand and left alone here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

GRIDS = ("rural1", "rural2", "rural3", "semiurb4", "semiurb5", "urban6")
VARIANTS = ("today", "near_future", "far_future")
QUARTER_HOURS = 35_136
PPM = 1_000_000
OUT = Path(__file__).parents[1] / "twin" / "data" / "simbench"

KINDS = {"base": r"[HGL]\d-[A-Z]", "heat_pump": r"(Air|Soil)_.*", "charging": r"(HLS|APLS)_.*"}
"""Which profiles are base loads, heat pumps (air or soil source) and charging points (at home or at
work); a profile that is none of them ends the extraction."""

LINE_COLUMNS = {
    "length_km": "length_km",
    "r_ohm_per_km": "r_ohm_per_km",
    "x_ohm_per_km": "x_ohm_per_km",
    "c_nf_per_km": "c_nf_per_km",
    "i_max_ka": "max_i_ka",
}
TRANSFORMER_COLUMNS = (
    "sn_mva",
    "vn_hv_kv",
    "vn_lv_kv",
    "vk_percent",
    "vkr_percent",
    "pfe_kw",
    "i0_percent",
    "shift_degree",
    "tap_neutral",
    "tap_min",
    "tap_max",
    "tap_step_percent",
)
VECTOR_GROUP_OF_SHIFT = {150.0: "Dyn5"}


def natural(name: str) -> tuple[str | int, ...]:
    """Sort key in which `Bus 10` follows `Bus 9`."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name))


def kind_of(profile: str) -> str:
    for kind, pattern in KINDS.items():
        if re.fullmatch(pattern, profile):
            return kind
    raise ValueError(f"the load profile {profile} is neither base load, heat pump nor charging")


def whole(values: Any, factor: float) -> list[int]:
    """`values` times `factor` as integers; they must be integers but for rounding."""
    scaled = np.asarray(values, dtype=float) * factor
    rounded = np.rint(scaled)
    if np.abs(scaled - rounded).max(initial=0.0) > 1e-6:
        raise ValueError("a nominal value is no whole number of W or Wh")
    return [int(value) for value in rounded]


def topology(net: Any) -> dict[str, Any]:
    """Buses (source first, then by name), lines, transformer and source, in JSON columns."""
    source = int(net.ext_grid.bus.iloc[0])
    order = sorted(net.bus.index, key=lambda bus: (bus != source, natural(net.bus.name[bus])))
    number = {bus: position for position, bus in enumerate(order)}
    points = [json.loads(net.bus.geo[bus])["coordinates"] for bus in order]
    line = net.line.iloc[sorted(range(len(net.line)), key=lambda i: natural(net.line.name.iloc[i]))]
    trafo = net.trafo
    if not (
        (line.parallel == 1).all()
        and (line.df == 1).all()
        and (line.g_us_per_km == 0).all()
        and (trafo.parallel == 1).all()
        and (trafo.tap_side == "hv").all()
        and (trafo.tap_step_degree == 0).all()
        and net.line.in_service.all()
        and len(net.switch) == 0
        and len(net.bus) == len(line) + len(trafo) + 1
    ):
        raise ValueError("the net is not the radial net of single lines this extract can hold")
    return {
        "buses": {
            "name": [net.bus.name[bus] for bus in order],
            "vn_kv": [float(net.bus.vn_kv[bus]) for bus in order],
            "longitude_deg": [point[0] for point in points],
            "latitude_deg": [point[1] for point in points],
        },
        "lines": {
            "name": line.name.tolist(),
            "type": line.std_type.tolist(),
            "from_bus": [number[bus] for bus in line.from_bus],
            "to_bus": [number[bus] for bus in line.to_bus],
            **{ours: line[theirs].tolist() for ours, theirs in LINE_COLUMNS.items()},
        },
        "transformers": {
            "name": trafo.name.tolist(),
            "type": trafo.std_type.tolist(),
            "from_bus": [number[bus] for bus in trafo.hv_bus],
            "to_bus": [number[bus] for bus in trafo.lv_bus],
            "vector_group": [VECTOR_GROUP_OF_SHIFT[shift] for shift in trafo.shift_degree],
            **{column: trafo[column].astype(float).tolist() for column in TRANSFORMER_COLUMNS},
        },
        "source": {"bus": 0, "u_pu": float(net.ext_grid.vm_pu.iloc[0])},
    }


def equipment(net: Any, bus_names: list[str]) -> dict[str, Any]:
    """Loads, plants and storages of a net, and its transformer's tap, in JSON columns.

    A `PV_Storage` of SimBench is a PV plant together with its battery
    (github.com/e2nIEE/simbench/issues/2): its profile `Storage_PV5_H0-A` is what the plant PV5
    delivers when the battery serves the load H0-A. Here it is taken apart again: a plant of the
    storage's nominal power with the profile PV5, and the battery.
    """
    number = {name: position for position, name in enumerate(bus_names)}

    def ordered(table: Any) -> Any:
        rows = sorted(range(len(table)), key=lambda i: natural(table.name.iloc[i]))
        return table.iloc[rows].assign(bus=lambda t: [number[net.bus.name[b]] for b in t.bus])

    loads, plants, storages = ordered(net.load), ordered(net.sgen), ordered(net.storage)
    if set(plants.type) - {"PV"} or set(storages.get("type", ())) - {"PV_Storage"}:
        raise ValueError("the net holds a generator or storage that is not PV")
    pv_of_storage = [profile.split("_")[1] for profile in storages.profile]
    return {
        "tap_pos": [int(tap) for tap in net.trafo.tap_pos],
        "loads": {
            "name": loads.name.tolist(),
            "bus": loads.bus.tolist(),
            "kind": [kind_of(profile) for profile in loads.profile],
            "profile": loads.profile.tolist(),
            "power_w": whole(loads.p_mw, 1e6),
            "reactive_power_var": whole(loads.q_mvar, 1e6),
        },
        "plants": {
            "name": plants.name.tolist() + storages.name.tolist(),
            "bus": plants.bus.tolist() + storages.bus.tolist(),
            "profile": plants.profile.tolist() + pv_of_storage,
            "peak_w": whole(plants.p_mw, 1e6) + whole(storages.sn_mva, 1e6),
        },
        "storages": {
            "name": storages.name.tolist(),
            "bus": storages.bus.tolist(),
            "capacity_wh": whole(storages.max_e_mwh - storages.min_e_mwh, 1e6),
            "power_w": whole(storages.sn_mva, 1e6),
            "efficiency": [float(value) for value in storages.get("efficiency_percent", ())],
        },
    }


def write_profiles(path: Path, columns: dict[str, np.ndarray]) -> None:
    """Profiles as parts per million of nominal power, one row per quarter hour."""
    table = pa.table({name: columns[name] for name in sorted(columns)})
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        row_group_size=QUARTER_HOURS,
        # A load profile takes a few hundred distinct values; a PV profile takes too many to list.
        use_dictionary=[name for name in columns if not name.startswith("PV")],
        write_statistics=False,
        store_schema=False,
    )


def extract(out: Path) -> None:
    import simbench

    out.mkdir(parents=True, exist_ok=True)
    columns: dict[str, np.ndarray] = {}
    reactive: dict[str, float] = {}
    sums: dict[str, int] = {}
    worst = 0.0

    def keep(name: str, shape: np.ndarray) -> None:
        nonlocal worst
        if shape.shape != (QUARTER_HOURS,) or not np.isfinite(shape).all():
            raise ValueError(f"the profile {name} has gaps")
        ppm = np.clip(np.rint(shape * PPM), 0, None).astype(np.int32)
        worst = max(worst, float(np.abs(ppm / PPM - shape).max()))
        if name in columns and not np.array_equal(columns[name], ppm):
            raise ValueError(f"the profile {name} differs between grids")
        columns[name], sums[name] = ppm, int(ppm.sum())

    files: list[Path] = []
    for grid in GRIDS:
        document: dict[str, Any] = {"grid": f"1-LV-{grid}", "variants": {}}
        for variant, scenario in zip(VARIANTS, range(3), strict=True):
            net = simbench.get_simbench_net(f"1-LV-{grid}--{scenario}-no_sw")
            shape = topology(net)
            if scenario == 0:
                document |= shape
            # The scenarios draw the grid in different places; nothing else may differ.
            for key in ("longitude_deg", "latitude_deg"):
                shape["buses"][key] = document["buses"][key]
            if any(shape[part] != document[part] for part in shape):
                raise ValueError(f"the scenarios of {grid} differ in topology")
            variants = document["variants"]
            variants[variant] = equipment(net, document["buses"]["name"])
            load, pv = net.profiles["load"], net.profiles["renewables"]
            for name in set(variants[variant]["loads"]["profile"]):
                active = load[f"{name}_pload"].to_numpy(float)
                keep(name, active)
                ratio = load[f"{name}_qload"].to_numpy(float).sum() / active.sum()
                reactive[name] = round(float(ratio), 6)
            for name in set(variants[variant]["plants"]["profile"]):
                keep(name, pv[name].to_numpy(float))
        path = out / f"1-LV-{grid}.json"
        path.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
        files.append(path)

    path = out / "profiles.parquet"
    write_profiles(path, columns)
    files.append(path)
    path = out / "profiles.json"
    described = {
        name: {"sum_ppm": sums[name], "reactive_to_active": reactive.get(name, 0.0)}
        for name in sorted(columns)
    }
    path.write_text(json.dumps(described, indent=1) + "\n")
    files.append(path)
    index = {
        "format": 1,
        "source": f"simbench {version('simbench')}, https://simbench.net",
        "licence": "ODbL-1.0",
        "quarter_hours": QUARTER_HOURS,
        "files": {
            path.name: {
                "bytes": path.stat().st_size,
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            }
            for path in files
        },
    }
    (out / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    total = sum(path.stat().st_size for path in out.iterdir())
    print(f"{len(columns)} profiles, largest change by rounding {worst:.1e} of nominal power")
    print(f"{total} bytes in {out}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--out", type=Path, default=OUT, help="folder to write (default: %(default)s)"
    )
    out = parser.parse_args().out
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandapower and pandas warn about each other
        extract(out)


if __name__ == "__main__":
    main()
