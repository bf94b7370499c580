"""What a contract costs on the ledger is known to the gas: a change of it must be explained."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[3]
TARGETS = {(10, 10): 50_000, (50, 100): 22_000, (10, 100): 8_000, (100, 500): 10_500}
"""Gas per contract of a batch, participants x contracts."""
CASES = [
    ("batch", 10, 10),
    ("batch", 50, 100),
    ("batch", 10, 100),
    ("batch", 100, 500),
    ("per_trade", 10, 10),
    ("per_trade", 50, 100),
    pytest.param("per_trade", 10, 100, marks=pytest.mark.long),
    pytest.param("per_trade", 100, 500, marks=pytest.mark.long),
]


@pytest.fixture(scope="module")
def gas() -> ModuleType:
    path = REPOSITORY / "benchmarks" / "gas.py"
    spec = importlib.util.spec_from_file_location("gas_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def committed() -> list[str]:
    return (REPOSITORY / ".gas-snapshot").read_text().splitlines()


@pytest.mark.parametrize(("style", "parties", "contracts"), CASES)
def test_gas_is_what_the_snapshot_says(
    gas: ModuleType, style: str, parties: int, contracts: int
) -> None:
    expected = [line for line in committed() if line.startswith(f"{style} {parties}x{contracts} ")]
    made = gas.measure(style, parties, contracts)
    assert made == expected, "explain the change and run `python -P benchmarks/gas.py --write`"


@pytest.mark.parametrize(("parties", "contracts"), TARGETS)
def test_a_batch_stays_within_its_target(parties: int, contracts: int) -> None:
    (line,) = (each for each in committed() if each.startswith(f"batch {parties}x{contracts} mean"))
    assert int(line.split()[-1]) <= TARGETS[parties, contracts]


def test_the_snapshot_names_every_case() -> None:
    assert len(committed()) == 2 * len(CASES)
