"""Scenarios and neighbourhoods that several tests look at, made once each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from cosim.assembly import assemble
from cosim.neighbourhood import Neighbourhood, build_neighbourhood
from cosim.parts import Parts
from cosim.results.manifest import Manifest
from cosim.run import run_scenario
from cosim.scenario_file import load_scenario, scenario_of
from twin.scenario import Scenario

DEMO = Path(__file__).parents[2] / "experiments" / "scenarios" / "demo.yaml"

TWELVE_HOUSES: Mapping[str, Any] = {
    "name": "twelve-houses",
    "description": "The first twelve participants of a street, hour by hour.",
    "neighbourhood.participants": 12,
    "horizon.slot_s": 3600,
    "horizon.warm_up_days": 1,
    "market.lead_s": 3600,
    "market.correction_window_s": 7200,
    "execution.transport": "memory",
}
"""Small, yet with a building of several flats, batteries, and trade in every tier."""
SEED = 1

MakeScenario = Callable[[Mapping[str, Any]], Scenario]


@pytest.fixture(scope="session")
def make_scenario() -> MakeScenario:
    """The twelve houses with overrides by dotted key."""
    return lambda overrides: scenario_of({}, {**TWELVE_HOUSES, **overrides}, "the twelve houses")


@pytest.fixture(scope="session")
def scenario(make_scenario: MakeScenario) -> Scenario:
    """The twelve houses."""
    return make_scenario({})


@pytest.fixture(scope="session")
def place(scenario: Scenario) -> Neighbourhood:
    """The twelve houses' neighbourhood with seed 1."""
    return build_neighbourhood(scenario, SEED)


@pytest.fixture(scope="session")
def make_demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Manifest]]:
    """The demo with overrides and seed 1: its folder and manifest."""
    made: dict[tuple[str, ...], tuple[Path, Manifest]] = {}

    def make(overrides: Sequence[str] = ()) -> tuple[Path, Manifest]:
        key = tuple(overrides)
        if key not in made:
            out = tmp_path_factory.mktemp("demo")
            result = run_scenario(load_scenario(DEMO, key), 1, out)
            made[key] = result.path, result.manifest
        return made[key]

    return make


@pytest.fixture
def assembled(make_scenario: MakeScenario, tmp_path: Path) -> Iterator[Callable[..., Parts]]:
    """Every layer of the twelve houses with overrides; what it starts ends with the test."""
    with ExitStack() as started:
        yield lambda **overrides: assemble(
            make_scenario({key.replace("__", "."): value for key, value in overrides.items()}),
            SEED,
            tmp_path,
            started,
        )
