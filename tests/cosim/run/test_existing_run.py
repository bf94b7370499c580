"""A run that is there is not computed again, unless it is asked for or not whole."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cosim.results.store import is_whole
from cosim.run import RunResult, run_scenario


@pytest.fixture
def made(make_scenario: Callable[..., Any], tmp_path: Path) -> tuple[Any, RunResult]:
    scenario = make_scenario({"neighbourhood.participants": 4})
    return scenario, run_scenario(scenario, 1, tmp_path)


def inodes(folder: Path) -> dict[str, int]:
    return {entry.name: entry.stat().st_ino for entry in os.scandir(folder)}


def test_a_first_run_did_not_exist(made: tuple[Any, RunResult]) -> None:
    assert not made[1].existed


def test_the_same_run_again_is_reported_and_not_touched(
    made: tuple[Any, RunResult], tmp_path: Path
) -> None:
    scenario, first = made
    before = inodes(first.path)
    again = run_scenario(scenario, 1, tmp_path)
    assert again.existed
    assert again.manifest == first.manifest
    assert inodes(first.path) == before


def test_how_a_run_is_carried_out_makes_no_other_run(
    made: tuple[Any, RunResult], make_scenario: Callable[..., Any], tmp_path: Path
) -> None:
    scenario = make_scenario({"neighbourhood.participants": 4, "execution.node": "embedded"})
    assert run_scenario(scenario, 1, tmp_path).existed


def test_force_computes_it_again_with_the_same_result(
    made: tuple[Any, RunResult], tmp_path: Path
) -> None:
    scenario, first = made
    before = inodes(first.path)
    again = run_scenario(scenario, 1, tmp_path, force=True)
    assert not again.existed
    assert again.manifest == first.manifest
    assert not set(inodes(first.path).values()) & set(before.values())


@pytest.mark.parametrize("damage", ["manifest.json", "meter.parquet"])
def test_a_damaged_run_is_replaced(
    made: tuple[Any, RunResult], tmp_path: Path, damage: str
) -> None:
    scenario, first = made
    (first.path / damage).write_bytes((first.path / damage).read_bytes()[:100])
    assert not is_whole(first.path)
    again = run_scenario(scenario, 1, tmp_path)
    assert not again.existed
    assert is_whole(again.path)


def test_nothing_but_the_run_and_the_catalogue_stays(
    made: tuple[Any, RunResult], tmp_path: Path
) -> None:
    assert {entry.name for entry in tmp_path.iterdir()} == {made[1].run_id, "catalogue.duckdb"}
