"""What makes a run that run: its id is a hash of everything that can change its results."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, Final

from twin import MODEL_VERSION
from twin.errors import UnknownRunError
from twin.scenario import Scenario

RUN_ID: Final = re.compile(r"[0-9a-f]{16}")
"""A run id: 16 hexadecimal digits, and therefore safe as a folder name."""


def canonical(scenario: Scenario) -> dict[str, Any]:
    """The scenario as plain JSON values, without its `execution` section (how, not what)."""
    return scenario.model_dump(mode="json", exclude={"execution"})


def run_id(scenario: Scenario, seed: int) -> str:
    """The id of the run of `scenario` with `seed` under this version of the models."""
    whole = {"model_version": MODEL_VERSION, "scenario": canonical(scenario), "seed": seed}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def checked_run_id(text: str) -> str:
    """`text` if it has the form of a run id, else UnknownRunError; nothing else reaches a path."""
    if not RUN_ID.fullmatch(text):
        raise UnknownRunError(
            f"{text[:40]!r} is not a run id; a run id has 16 hexadecimal digits (see `twin list`)."
        )
    return text
