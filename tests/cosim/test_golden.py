"""The demo's settled values are those of tests/golden/demo.json, or MODEL_VERSION goes up."""

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WHAT_TO_DO = (
    "The results of the demo have changed. If they were meant to, raise MODEL_VERSION in "
    "twin/__init__.py (once between two releases) and run `python tools/check_golden.py --write`. "
    "What is different"
)


@pytest.fixture(scope="module")
def check_golden() -> ModuleType:
    """The tool that writes the file and compares with it on other versions of Python."""
    spec = importlib.util.spec_from_file_location("check_golden", ROOT / "tools/check_golden.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_demo_settles_to_its_golden_values(
    check_golden: ModuleType, make_demo: Callable[..., Any]
) -> None:
    folder, manifest = make_demo()
    golden = json.loads(check_golden.GOLDEN.read_text(encoding="utf-8"))
    found = {
        "model_version": manifest.model_version,
        "run_id": manifest.run_id,
        "seed": manifest.seed,
        "settled": check_golden.settled(folder),
    }
    said = check_golden.differences(golden, found)
    assert not said, f"{WHAT_TO_DO}: {'; '.join(said)}"


def test_the_golden_file_covers_every_table(check_golden: ModuleType) -> None:
    golden = json.loads(check_golden.GOLDEN.read_text(encoding="utf-8"))
    tables = {column.partition(".")[0] for column in golden["settled"]}
    assert tables == set(check_golden.TABLES)
