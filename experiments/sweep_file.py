"""A sweep: one scenario, a grid of overrides, and seeds; every arm is checked before any runs."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError, field_validator

from cosim.explanation import explain
from cosim.scenario_file import run_id, scenario_of
from cosim.yaml_file import read_mapping
from experiments.shipped import find_scenario, read_scenario_content
from twin.errors import ScenarioError, SweepError
from twin.scenario.base import Section

MAX_RUNS: Final = 100_000


class Sweep(Section):
    """A scenario under every combination of some of its keys' values, once per seed."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    """Short name: lower-case letters, digits and hyphens."""
    description: Annotated[str, Field(max_length=2000)] = ""
    """One sentence for the reader."""
    scenario: str
    """A shipped scenario's name, or a path relative to the sweep's file."""
    seeds: Annotated[list[Annotated[int, Field(ge=0, strict=True)]], Field(min_length=1)]
    """Seeds of the replications; all arms share them, hence weather, load and link noise."""
    grid: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(default_factory=dict)
    """Values by dotted key, e.g. `ledger.consensus: [poa, pos]`; every combination is an arm."""
    set: dict[str, Any] = Field(default_factory=dict)
    """Values by dotted key that all arms share."""

    @field_validator("seeds")
    @classmethod
    def _no_seed_twice(cls, value: list[int]) -> list[int]:
        if len(set(value)) < len(value):
            raise ValueError("a seed is given twice, which would be the same run again")
        return value


@dataclass(frozen=True)
class Arm:
    """One combination of the grid."""

    values: Mapping[str, Any]
    """By dotted key, in the order of the grid."""
    run_ids: Mapping[int, str]
    """The run of each seed."""


@dataclass(frozen=True)
class PlannedRun:
    """One run of a sweep, as `twin run` takes it."""

    run_id: str
    seed: int
    values: Mapping[str, Any]
    scenario_file: Path
    overrides: tuple[str, ...]

    @property
    def label(self) -> str:
        """The arm and the seed, for people."""
        chosen = ", ".join(f"{key}={value}" for key, value in self.values.items())
        return f"{chosen or 'base'}, seed {self.seed}"


@dataclass(frozen=True)
class SweepPlan:
    """A sweep with all its arms spelled out."""

    sweep: Sweep
    arms: tuple[Arm, ...]
    runs: tuple[PlannedRun, ...]
    """Each run once, also where two arms turn out to be the same."""


def load_sweep(path: Path) -> SweepPlan:
    """The sweep in a file; raises SweepError or ScenarioError in one sentence."""
    content = read_mapping(path, "sweep", SweepError)
    if "scenario" not in content and "grid" not in content:
        raise SweepError(
            f"{path}: this is no sweep, which names a scenario, a grid and seeds; "
            "a scenario is run with `twin run`"
        )
    try:
        sweep = Sweep.model_validate(content)
    except ValidationError as refusal:
        raise SweepError(explain(Sweep, refusal, lambda _: str(path))) from None
    arms = math.prod(len(values) for values in sweep.grid.values())
    if arms * len(sweep.seeds) > MAX_RUNS:
        raise SweepError(
            f"{path}: grid: {arms} combinations times {len(sweep.seeds)} seeds are more than "
            f"{MAX_RUNS} runs"
        )
    both = sweep.grid.keys() & sweep.set.keys()
    if both:
        raise SweepError(f"{path}: {min(both)} stands in grid and in set; choose one of them")
    return _plan(path, sweep)


def _plan(path: Path, sweep: Sweep) -> SweepPlan:
    scenario_file = find_scenario(sweep.scenario, beside=path.parent)
    base = read_scenario_content(scenario_file)
    arms: list[Arm] = []
    runs: dict[str, PlannedRun] = {}
    for combination in itertools.product(*sweep.grid.values()):
        values = dict(zip(sweep.grid, combination, strict=True))
        overrides = sweep.set | values
        try:
            scenario = scenario_of(base, overrides, str(scenario_file))
        except ScenarioError as refusal:
            raise SweepError(f"{path}: {refusal}") from None
        arguments = tuple(f"{key}={_as_yaml(value)}" for key, value in overrides.items())
        arm = Arm(values, {seed: run_id(scenario, seed) for seed in sweep.seeds})
        arms.append(arm)
        for seed, name in arm.run_ids.items():
            run = PlannedRun(name, seed, values, scenario_file.absolute(), arguments)
            runs.setdefault(name, run)
    return SweepPlan(sweep, tuple(arms), tuple(runs.values()))


def _as_yaml(value: Any) -> str:
    """A value as the command line takes it: JSON, which is YAML too."""
    return json.dumps(value, ensure_ascii=False, default=str)
