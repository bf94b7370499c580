"""Whole runs of a small neighbourhood, each made once for all tests that look at it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cosim.results.manifest import Manifest
from cosim.run import run_scenario
from emulators.chain.nodes.install import find_anvil
from twin.scenario import Scenario


@dataclass(frozen=True)
class Run:
    """A run folder, to be asked in SQL: each table is a view of its name."""

    folder: Path
    manifest: Manifest
    _views: Any = field(init=False, repr=False)

    def __post_init__(self) -> None:
        import duckdb  # at the top, its types outlive the interpreter, which duckdb complains of

        views = duckdb.connect()
        for entry in self.manifest.tables.values():
            name = entry.file.removesuffix(".parquet")
            path = self.folder / entry.file
            views.execute(f"create view \"{name}\" as select * from read_parquet('{path}')")
        object.__setattr__(self, "_views", views)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._views.execute(query).fetchall()

    def value(self, query: str) -> Any:
        """The one value that a query gives."""
        ((value,),) = self.rows(query)
        return value

    def array(self, query: str) -> NDArray[np.int64]:
        """All rows of integers, (rows, columns)."""
        return np.array(self.rows(query), np.int64)

    def close(self) -> None:
        self._views.close()

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each table's file."""
        return {name: entry.sha256 for name, entry in self.manifest.tables.items()}


MakeRun = Callable[..., Run]


@pytest.fixture(scope="session")
def run_of(
    make_scenario: Callable[[Mapping[str, Any]], Scenario],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[MakeRun]:
    """The run of the twelve houses with overrides by dotted key and a seed."""
    out = tmp_path_factory.mktemp("runs")
    made: dict[tuple[str, int], Run] = {}

    def run(overrides: Mapping[str, Any] | None = None, seed: int = 1) -> Run:
        chosen = make_scenario(overrides or {})
        key = (chosen.model_dump_json(), seed)
        if key not in made:
            result = run_scenario(chosen, seed, out / str(len(made)))
            made[key] = Run(result.path, result.manifest)
        return made[key]

    yield run
    for each in made.values():
        each.close()


@pytest.fixture(scope="session")
def anvil() -> None:
    """Skips what only anvil can show."""
    if find_anvil() is None:
        pytest.skip("anvil is not installed; `make anvil` installs it")
