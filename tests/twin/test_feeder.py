"""The feeder's tree, its walk, and distances along it."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from twin.errors import GridDataError
from twin.feeder import Feeder
from twin.scenario.neighbourhood import GridName
from twin.simbench import load_grid


def feeder_of(name: GridName, participants: int | None = None) -> Feeder:
    return load_grid(name, "today", participants).feeder


def climb(feeder: Feeder, bus: int) -> list[int]:
    """The buses from `bus` to the source."""
    way = [bus]
    while feeder.parent[way[-1]] >= 0:
        way.append(int(feeder.parent[way[-1]]))
    return way


@pytest.mark.parametrize("name", get_args(GridName))
def test_every_bus_hangs_on_the_source(name: GridName) -> None:
    feeder = feeder_of(name)
    assert sorted(feeder.walk.tolist()) == list(range(feeder.buses))
    assert all(climb(feeder, bus)[-1] == feeder.source_bus[0] for bus in range(feeder.buses))
    transformers = np.flatnonzero((feeder.parent_line < 0) & (feeder.parent >= 0))
    assert transformers.tolist() == feeder.transformers.to_bus.tolist()


@pytest.mark.parametrize("name", get_args(GridName))
def test_the_walk_is_depth_first(name: GridName) -> None:
    feeder = feeder_of(name)
    for bus in range(feeder.buses):
        behind = [b for b in range(feeder.buses) if bus in climb(feeder, b)]
        positions = sorted(feeder.walk_position[behind].tolist())
        first = int(feeder.walk_position[bus])
        assert positions == list(range(first, first + len(behind)))


def test_the_walk_takes_children_by_their_index() -> None:
    feeder = feeder_of("1-LV-rural3")
    for bus in range(feeder.buses):
        children = np.flatnonzero(feeder.parent == bus)
        assert (np.diff(feeder.walk_position[children]) > 0).all()


def test_a_path_goes_from_bus_to_bus_without_a_gap() -> None:
    feeder = feeder_of("1-LV-rural3")
    rng = np.random.default_rng(1)
    for a, b in rng.integers(1, feeder.buses, (50, 2)).tolist():
        here = a
        for line in feeder.path(a, b):
            ends = {int(feeder.line_from[line]), int(feeder.line_to[line])}
            assert here in ends
            (here,) = ends - {here}
        assert here == b


@pytest.mark.parametrize("participants", [None, 100])
def test_distances_are_the_sums_along_the_paths(participants: int | None) -> None:
    feeder = feeder_of("1-LV-semiurb4", participants)
    buses = np.random.default_rng(2).integers(0, feeder.buses, 40)
    km, transformers = feeder.distances(buses)
    for i, a in enumerate(buses.tolist()):
        for j, b in enumerate(buses.tolist()):
            path = feeder.path(a, b)
            assert km[i, j] == pytest.approx(feeder.line_length_km[path].sum(), abs=1e-8)
            passed = set(climb(feeder, a)) ^ set(climb(feeder, b))
            hops = sum(bool(feeder.parent_line[bus] < 0) for bus in passed)
            assert transformers[i, j] == hops


def test_distances_are_the_same_in_both_directions_and_zero_at_one_bus() -> None:
    feeder = feeder_of("1-LV-urban6")
    buses = np.array([5, 9, 5, 30, 9])
    km, transformers = feeder.distances(buses)
    np.testing.assert_array_equal(km, km.T)
    np.testing.assert_array_equal(transformers, transformers.T)
    same = buses[:, None] == buses
    assert (km[same] == 0).all()
    assert (km[~same] > 0).all()


def test_copies_stand_on_one_source_and_meet_behind_both_transformers() -> None:
    one, three = feeder_of("1-LV-semiurb4"), feeder_of("1-LV-semiurb4", 123)
    assert three.buses == 3 * (one.buses - 1) + 1
    assert three.lines == 3 * one.lines
    first, second = one.buses - 1, one.buses - 1 + (one.buses - 1)
    assert three.bus_name[second] == one.bus_name[first] + " (2)"
    km, transformers = three.distances(np.array([first, second]))
    to_transformer = one.distances(np.array([first, one.transformers.to_bus[0]]))[0][0, 1]
    assert transformers[0, 1] == 2
    assert km[0, 1] == pytest.approx(2 * to_transformer, abs=1e-9)


def test_copies_have_the_same_lines_and_lie_apart() -> None:
    one, two = feeder_of("1-LV-rural1"), feeder_of("1-LV-rural1", 26)
    np.testing.assert_array_equal(two.line_r_ohm, np.tile(one.line_r_ohm, 2))
    np.testing.assert_array_equal(two.walk[: one.buses], one.walk)
    assert two.transformer[one.buses :].tolist() == [1] * (one.buses - 1)
    assert two.x_m[one.buses :].min() > one.x_m.max()


def test_a_ring_is_refused() -> None:
    feeder = feeder_of("1-LV-rural1")
    with pytest.raises(GridDataError, match="not radial"):
        Feeder.radial(
            **{
                name: getattr(feeder, name)
                for name in feeder.__dataclass_fields__
                if name not in ("parent", "parent_line", "walk", "line_from", "line_to")
            },
            line_from=np.append(feeder.line_from[:-1], 3),
            line_to=np.append(feeder.line_to[:-1], 3),
        )


def test_an_island_is_refused() -> None:
    feeder = feeder_of("1-LV-rural1")
    lines = feeder.lines - 1
    fields = {
        name: getattr(feeder, name)
        for name in feeder.__dataclass_fields__
        if name not in ("parent", "parent_line", "walk")
    }
    cut = {n: v[:lines] if n.startswith("line_") else v for n, v in fields.items()}
    with pytest.raises(GridDataError, match="1-LV-rural1 is not radial"):
        Feeder.radial(**cut)


def test_a_feeder_keeps_its_tree_when_a_value_is_replaced() -> None:
    feeder = feeder_of("1-LV-rural1")
    assert replace(feeder, name="other").walk is feeder.walk
