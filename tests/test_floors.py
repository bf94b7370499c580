"""The five floors of the architecture: imports only go down."""

import ast
from pathlib import Path

import pytest

FLOORS = ("twin", "emulators", "cosim", "dashboards", "experiments")
ROOT = Path(__file__).parents[1]


def imported_packages(file: Path) -> set[str]:
    """Top-level packages that a module imports anywhere in its text."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_nothing_above_it(floor: str) -> None:
    above = set(FLOORS[FLOORS.index(floor) + 1 :])
    wrong = {
        str(file.relative_to(ROOT)): sorted(imported_packages(file) & above)
        for file in (ROOT / floor).rglob("*.py")
        if imported_packages(file) & above
    }
    assert wrong == {}


def test_the_twin_is_pure() -> None:
    forbidden = {"socket", "simpy", "mosaik", "web3", "duckdb", "pandas", "pandapower", "pvlib"}
    wrong = {
        str(file.relative_to(ROOT)): sorted(imported_packages(file) & forbidden)
        for file in (ROOT / "twin").rglob("*.py")
        if imported_packages(file) & forbidden
    }
    assert wrong == {}
