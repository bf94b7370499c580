"""The scenarios and sweeps that come with the package, by name, beside the user's own by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cosim.scenario_file import parse_override, scenario_of
from cosim.yaml_file import read_mapping
from twin.errors import ScenarioError, SweepError
from twin.scenario import Scenario

_SWEEP_KEYS = frozenset({"grid", "seeds"})


@cache
def shipped() -> Mapping[str, Path]:
    """Paths of the shipped YAML files by name, scenarios and sweeps alike."""
    folder = Path(str(files("experiments").joinpath("scenarios")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_scenario(name_or_path: str, beside: Path | None = None) -> Path:
    """The file of a shipped scenario's name, or of a path (relative to `beside`, where given)."""
    path = _find(name_or_path, beside)
    if path is None:
        names = [name for name, file in shipped().items() if not is_sweep(file)]
        raise ScenarioError(
            f"{name_or_path}: there is no such scenario file; shipped with this program: "
            f"{', '.join(names)}"
        )
    return path


def find_sweep(name_or_path: str) -> Path:
    """The file of a shipped sweep's name, or of a path."""
    path = _find(name_or_path, None)
    if path is None:
        names = [name for name, file in shipped().items() if is_sweep(file)]
        raise SweepError(
            f"{name_or_path}: there is no such sweep file; shipped with this program: "
            f"{', '.join(names)}"
        )
    return path


def read_scenario(path: Path, overrides: Sequence[str] = ()) -> Scenario:
    """The scenario in a file with overrides applied; a sweep is refused by name."""
    content = read_scenario_content(path)
    return scenario_of(content, dict(parse_override(text) for text in overrides), str(path))


def read_scenario_content(path: Path) -> dict[str, Any]:
    """What a scenario's file holds, not yet checked against the schema."""
    content = read_mapping(path, "scenario", ScenarioError)
    if _looks_like_sweep(content):
        raise ScenarioError(f"{path}: this is a sweep, not a scenario; run it with `twin sweep`")
    return content


def is_sweep(path: Path) -> bool:
    """Whether a file holds a sweep."""
    return _looks_like_sweep(read_mapping(path, "scenario", ScenarioError))


def _looks_like_sweep(content: Mapping[str, Any]) -> bool:
    return "scenario" in content and not _SWEEP_KEYS.isdisjoint(content)


def _find(name_or_path: str, beside: Path | None) -> Path | None:
    path = Path(name_or_path)
    if beside is not None and not path.is_absolute():
        path = beside / path
    if path.exists():
        return path
    return shipped().get(name_or_path)
