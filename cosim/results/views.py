"""Reading runs without a lock: an in-memory DuckDB over the files, and Arrow tables of one run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from cosim.results.relations import create_relations, settings_of
from cosim.results.schema import TABLES
from cosim.results.store import list_runs, run_folder
from twin.errors import ResultsError

if TYPE_CHECKING:
    import duckdb


def open_runs(runs_dir: str | Path) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection of its own with all whole runs below `runs_dir`.

    Tables run, setting, indicator, payment; views meter, "order", agreement, transaction, block,
    frame, grid, participant, each with a column run_id. Nothing is locked and nothing written;
    runs that finish later appear when it is opened again.
    """
    import duckdb

    folder = Path(runs_dir)
    connection = duckdb.connect(":memory:")
    create_relations(connection, folder, list_runs(folder).runs)
    return connection


def run_table(
    runs_dir: Path, run_id: str, table: str, columns: Sequence[str] | None = None
) -> pa.Table:
    """One table of one run, all rows, the given columns or all; UnknownRunError, ResultsError."""
    if table not in TABLES:
        raise ResultsError(f"There is no table {table}; there are {', '.join(TABLES)}.")
    path = run_folder(runs_dir, run_id) / f"{table}.parquet"
    try:
        return pq.read_table(path, columns=list(columns) if columns is not None else None)
    except (OSError, pa.ArrowException) as error:
        raise ResultsError(f"{path} cannot be read: {error}") from None


class RunReader:
    """Answers SQL over single runs of a folder from one in-memory DuckDB; any thread may ask."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._database: duckdb.DuckDBPyConnection | None = None
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def query(self, run_id: str, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The answer to `sql` over the tables of one run; values are bound to `?`.

        `sql` is the program's own text; only `parameters` may come from outside. UnknownRunError,
        ResultsError if a file cannot be read.
        """
        import duckdb

        folder = run_folder(self._runs_dir, run_id)
        try:
            with self._cursor() as cursor:
                self._know(cursor, run_id, folder)
                cursor.execute(f"SET schema = 'run_{run_id}'")
                return cursor.sql(sql, params=list(parameters)).to_arrow_table()
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            reason = str(error).splitlines()[0]
            raise ResultsError(f"{folder} cannot be read: {reason}") from None

    def close(self) -> None:
        """Give up the DuckDB; the next question opens another."""
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._database = None
            self._known.clear()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        with self._lock:
            if self._database is None:
                self._database = duckdb.connect(":memory:")
            return self._database.cursor()

    def _know(self, cursor: duckdb.DuckDBPyConnection, run_id: str, folder: Path) -> None:
        """Each run has a schema of its own, with a view of each table's file."""
        with self._lock:
            if run_id in self._known:
                return
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS run_{run_id}")
            for name in TABLES:
                file = str((folder / f"{name}.parquet").resolve()).replace("'", "''")
                cursor.execute(
                    f"CREATE OR REPLACE VIEW run_{run_id}.\"{name}\" AS FROM read_parquet('{file}')"
                )
            self._known.add(run_id)


def query(runs_dir: Path, run_id: str, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
    """One question to one run; to ask many, keep a `RunReader`."""
    reader = RunReader(runs_dir)
    try:
        return reader.query(run_id, sql, parameters)
    finally:
        reader.close()


def scalars(runs_dir: Path, indicators: Sequence[str], keys: Sequence[str]) -> pa.Table:
    """One row per run: run_id, name, seed, the settings `keys` in text, `indicators` as numbers.

    What compare, decide and sweeps work on. A run without an indicator has null there.
    """
    listing = list_runs(runs_dir)
    columns: dict[str, list[Any]] = {name: [] for name in ("run_id", "name", "seed")}
    columns.update({key: [] for key in (*keys, *indicators)})
    for run, manifest in listing.runs.items():
        settings = settings_of(manifest.scenario)
        columns["run_id"].append(run)
        columns["name"].append(settings.get("name", ""))
        columns["seed"].append(manifest.seed)
        for key in keys:
            columns[key].append(settings.get(key))
        for name in indicators:
            figure = manifest.indicators.get(name)
            value = figure.value if figure is not None else None
            columns[name].append(None if value is None else float(value))
    types = {name: pa.float64() for name in indicators} | {"seed": pa.int64()}
    return pa.table({k: pa.array(v, types.get(k, pa.string())) for k, v in columns.items()})
