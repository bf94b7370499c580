"""The demo as it is shipped, made once for all tests that look at it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cosim.results.manifest import Manifest
from cosim.run import run_scenario
from cosim.scenario_file import load_scenario

DEMO = Path(__file__).parents[2] / "experiments" / "scenarios" / "demo.yaml"


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
