"""The extract: what it holds, and that damage ends in one clear error."""

import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin.errors import GridDataError, ProfileError
from twin.scenario.neighbourhood import GridName
from twin.simbench import LoadKind, Variant, load_grid
from twin.simbench_extract import QUARTER_HOURS

DATA = Path(str(files("twin"))) / "data" / "simbench"

# Base loads, heat pumps, charging points, PV plants, PV_Storages and buses with several base loads:
# counted in the nets of simbench 1.6.3.
CONTENTS = {
    ("1-LV-rural1", "today"): (13, 0, 0, 4, 0, 0),
    ("1-LV-rural1", "near_future"): (13, 1, 0, 8, 4, 0),
    ("1-LV-rural1", "far_future"): (13, 8, 7, 8, 5, 0),
    ("1-LV-rural2", "today"): (99, 0, 0, 8, 0, 6),
    ("1-LV-rural2", "near_future"): (99, 0, 4, 9, 0, 6),
    ("1-LV-rural2", "far_future"): (99, 8, 11, 11, 8, 6),
    ("1-LV-rural3", "today"): (118, 0, 0, 17, 0, 0),
    ("1-LV-rural3", "near_future"): (118, 15, 12, 25, 14, 0),
    ("1-LV-rural3", "far_future"): (118, 18, 17, 27, 16, 0),
    ("1-LV-semiurb4", "today"): (41, 0, 0, 1, 0, 2),
    ("1-LV-semiurb4", "near_future"): (41, 2, 1, 1, 1, 2),
    ("1-LV-semiurb4", "far_future"): (41, 10, 7, 6, 4, 2),
    ("1-LV-semiurb5", "today"): (104, 0, 0, 9, 0, 0),
    ("1-LV-semiurb5", "near_future"): (104, 9, 5, 14, 10, 0),
    ("1-LV-semiurb5", "far_future"): (104, 14, 11, 15, 15, 0),
    ("1-LV-urban6", "today"): (111, 0, 0, 5, 0, 36),
    ("1-LV-urban6", "near_future"): (111, 1, 0, 7, 0, 36),
    ("1-LV-urban6", "far_future"): (111, 14, 10, 12, 7, 36),
}


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A copy of the extract to be spoilt."""
    return Path(shutil.copytree(DATA, tmp_path / "simbench"))


@pytest.mark.parametrize(("name", "variant"), CONTENTS)
def test_holds_every_grid_with_its_equipment(name: GridName, variant: Variant) -> None:
    grid = load_grid(name, variant)
    base, heat_pumps, charging, plants, storages, buildings = CONTENTS[name, variant]
    kinds = [int((grid.loads.kind == kind).sum()) for kind in LoadKind]
    assert kinds == [base, heat_pumps, charging]
    assert len(grid.plants.bus) == plants + storages  # a PV_Storage is a plant and a battery
    assert len(grid.storages.bus) == storages
    flats = np.bincount(grid.loads.bus[grid.loads.kind == LoadKind.BASE])
    assert (flats > 1).sum() == buildings


@pytest.mark.parametrize(("name", "variant"), CONTENTS)
def test_profiles_and_nominal_values_are_sound(name: GridName, variant: Variant) -> None:
    grid = load_grid(name, variant)
    assert grid.profile_ppm.shape == (len(grid.profile_names), QUARTER_HOURS)
    assert grid.profile_ppm.min() >= 0
    assert grid.profile_ppm.max() <= 1_000_000
    assert (grid.loads.power_w > 0).all()
    assert (grid.plants.peak_w > 0).all()
    assert (grid.feeder.line_r_ohm > 0).all()


def test_a_storage_of_simbench_is_a_battery_and_a_plant_of_its_power() -> None:
    grid = load_grid("1-LV-semiurb4", "near_future")
    assert grid.storages.capacity_wh.tolist() == [27_400]
    assert grid.storages.power_w.tolist() == [13_700]
    assert grid.storages.efficiency.tolist() == [0.95]
    beside = grid.plants.bus == grid.storages.bus[0]
    assert grid.plants.peak_w[beside].tolist() == [13_700]


def test_the_sun_stands_highest_at_the_same_hour_all_year() -> None:
    """SimBench time has no summer time: its PV does not jump on 27 March."""
    grid = load_grid("1-LV-semiurb4", "today")
    pv = grid.profile_ppm[grid.plants.profile[0]].reshape(366, 96)
    noon = [
        (pv[d : d + 25].sum(axis=0) * np.arange(96)).sum() / pv[d : d + 25].sum() for d in (60, 88)
    ]
    assert abs(noon[0] - noon[1]) < 2


def test_is_small_and_carries_its_licence() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 15_000_000
    assert "Open Database License (ODbL) 1.0" in (DATA / "NOTICE.md").read_text()


def test_the_index_lists_every_file() -> None:
    listed = set(json.loads((DATA / "index.json").read_text())["files"])
    assert listed | {"index.json", "NOTICE.md"} == {path.name for path in DATA.iterdir()}


def test_profiles_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load_grid("1-LV-rural1", "today").profile_ppm[0, 0] = 1


def test_copies_repeat_every_load_with_its_profile() -> None:
    one, two = load_grid("1-LV-semiurb4", "today"), load_grid("1-LV-semiurb4", "today", 42)
    assert two.base_loads == 2 * one.base_loads
    n = len(one.loads.bus)
    np.testing.assert_array_equal(two.loads.profile[n:], one.loads.profile)
    copied = [two.feeder.bus_name[bus] for bus in two.loads.bus[n:]]
    assert copied == [f"{one.feeder.bus_name[bus]} (2)" for bus in one.loads.bus]


@pytest.mark.parametrize(
    ("file", "error"),
    [
        ("profiles.parquet", ProfileError),
        ("profiles.json", ProfileError),
        ("1-LV-rural1.json", GridDataError),
        ("index.json", GridDataError),
    ],
)
def test_a_truncated_or_missing_file_is_named(damaged: Path, file: str, error: type[Any]) -> None:
    content = (damaged / file).read_bytes()
    (damaged / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(error, match=f"{file} is .*damaged.*expected"):
        load_grid("1-LV-rural1", "today", folder=damaged)
    (damaged / file).unlink()
    with pytest.raises(error, match=f"{file} .*expected"):
        load_grid("1-LV-rural1", "today", folder=damaged)


def test_a_changed_digit_is_noticed(damaged: Path) -> None:
    path = damaged / "1-LV-rural1.json"
    path.write_text(path.read_text().replace("0.4,", "0.5,", 1))
    with pytest.raises(GridDataError, match=r"1-LV-rural1\.json is damaged"):
        load_grid("1-LV-rural1", "today", folder=damaged)


def test_another_format_is_refused(damaged: Path) -> None:
    index = json.loads((damaged / "index.json").read_text())
    (damaged / "index.json").write_text(json.dumps(index | {"format": 99}))
    with pytest.raises(GridDataError, match="format 1"):
        load_grid("1-LV-rural1", "today", folder=damaged)


def test_an_unknown_grid_or_variant_is_refused_with_what_there_is() -> None:
    with pytest.raises(GridDataError, match="no grid is called 1-LV-moon9; there are 1-LV-rural1"):
        load_grid("1-LV-moon9", "today")  # type: ignore[arg-type]
    with pytest.raises(GridDataError, match="no variant tomorrow; it has today"):
        load_grid("1-LV-rural1", "tomorrow")  # type: ignore[arg-type]


def test_loading_imports_neither_pandas_nor_scipy() -> None:
    code = (
        "import sys; from twin.simbench import load_grid; load_grid('1-LV-rural1', 'today');"
        "print([m for m in ('pandas', 'scipy', 'pandapower', 'networkx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
