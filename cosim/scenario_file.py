"""From a scenario's YAML file, and what the command line overrides in it, to a checked scenario.

Whatever is wrong ends in a ScenarioError of one sentence that names the file or the override, the
key, what was given and what is allowed.
"""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cosim.explanation import explain
from cosim.yaml_file import parse_yaml, read_mapping
from twin.errors import ScenarioError
from twin.scenario import Scenario


def load_scenario(path: Path, overrides: Sequence[str] = ()) -> Scenario:
    """The scenario in a file, with overrides such as `ledger.consensus=pos` applied in order."""
    return scenario_of(
        read_mapping(path, "scenario", ScenarioError),
        dict(parse_override(text) for text in overrides),
        str(path),
    )


def scenario_of(content: Mapping[str, Any], overrides: Mapping[str, Any], whence: str) -> Scenario:
    """Check what a file held (`whence` names it) with overrides by dotted key."""
    merged = deepcopy(dict(content))
    for key, value in overrides.items():
        _set(merged, key, value)

    def source(key: str) -> str:
        """Blame the override where it set the key, and both where it only took part."""
        for set_key, value in overrides.items():
            override = f"--set {set_key}={json.dumps(value, default=str, ensure_ascii=False)}"
            if f"{key}.".startswith(f"{set_key}."):
                return override
            if f"{set_key}.".startswith(f"{key}."):
                return f"{whence} with {override}"
        return whence

    try:
        return Scenario.model_validate(merged)
    except ValidationError as refusal:
        raise ScenarioError(explain(Scenario, refusal, source)) from None


def parse_override(text: str) -> tuple[str, Any]:
    """Split `key.path=value` into the dotted key and the value, which is read as YAML."""
    key, equals, value = text.partition("=")
    key = key.strip()
    if not equals or not all(key.split(".")):
        raise ScenarioError(
            f"--set {text}: an override is written key.path=value, e.g. ledger.consensus=pos"
        )
    return key, parse_yaml(value, f"--set {text}", ScenarioError)


def _set(content: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for depth, name in enumerate(sections):
        inner = content.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ScenarioError(
                f"--set {key}: {'.'.join(sections[: depth + 1])} is {inner!r}, not a section, "
                f"so that it has no key {last}"
            )
        content = inner
    content[last] = value


def canonical_json(scenario: Scenario) -> str:
    """Everything that changes a result, in one spelling (`execution` does not, and is left out)."""
    from cosim.results.identity import canonical  # brings pyarrow, which checking a file need not

    return json.dumps(canonical(scenario), sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def run_id(scenario: Scenario, seed: int) -> str:
    """16 hex digits that name the run of a scenario and a seed under this version of the model."""
    from cosim.results.identity import run_id as identity

    return identity(scenario, seed)


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, with units, defaults and sources as descriptions."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Scenario.model_json_schema(),
    }
