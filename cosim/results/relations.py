"""Runs as DuckDB relations: tables of what manifests say, views of what Parquet files hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from cosim.results.manifest import Manifest
from cosim.results.schema import TABLES

if TYPE_CHECKING:
    import duckdb

_RUN: Final = pa.schema(
    [
        ("run_id", pa.string()),
        ("name", pa.string()),
        ("description", pa.string()),
        ("seed", pa.int64()),
        ("model_version", pa.int64()),
        ("python", pa.string()),
        ("folder", pa.string()),
    ]
)
_SETTING: Final = pa.schema([("run_id", pa.string()), ("key", pa.string()), ("value", pa.string())])
_INDICATOR: Final = pa.schema(
    [
        ("run_id", pa.string()),
        ("indicator", pa.string()),
        ("scope", pa.string()),
        ("member", pa.string()),
        ("value", pa.float64()),
        ("status_quo", pa.float64()),
        ("unit", pa.string()),
        ("origin", pa.string()),
    ]
)
_PAYMENT: Final = pa.schema(
    [
        ("run_id", pa.string()),
        ("design", pa.string()),
        ("payer", pa.string()),
        ("payee", pa.string()),
        ("neur", pa.int64()),
    ]
)


def create_relations(
    connection: duckdb.DuckDBPyConnection,
    runs_dir: Path,
    runs: Mapping[str, Manifest],
    real_tables: tuple[str, ...] = (),
) -> None:
    """Create `run`, `setting`, `indicator`, `payment`, and the eight tables of results.

    The latter are views of the files by absolute path, with a leading column run_id; those named in
    `real_tables` are copied into tables.
    """
    _create(connection, "run", _RUN, _run_rows(runs_dir, runs))
    _create(connection, "setting", _SETTING, _setting_rows(runs))
    _create(connection, "indicator", _INDICATOR, _indicator_rows(runs))
    _create(connection, "payment", _PAYMENT, _payment_rows(runs))
    for name in TABLES:
        files = [str((runs_dir / run / f"{name}.parquet").resolve()) for run in runs]
        kind = "TABLE" if name in real_tables else "VIEW"
        connection.execute(f'CREATE {kind} "{name}" AS {select(name, files)}')


def select(table: str, files: list[str]) -> str:
    """SQL that reads one table from the files of several runs, with a column run_id."""
    if not files:
        columns = ", ".join(
            f"CAST(NULL AS {_SQL_TYPES[column.form]}) AS {column.name}"
            for column in TABLES[table].columns
        )
        return f"SELECT CAST(NULL AS VARCHAR) AS run_id, {columns} WHERE false"
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return (
        "SELECT regexp_extract(filename, '([0-9a-f]{16}).[a-z]+.parquet$', 1) AS run_id, "
        f"* EXCLUDE (filename) FROM read_parquet([{listed}], filename = true)"
    )


_SQL_TYPES: Final[Mapping[str, str]] = {
    "int64": "BIGINT",
    "int32": "INTEGER",
    "int8": "TINYINT",
    "float64": "DOUBLE",
    "bool": "BOOLEAN",
    "string": "VARCHAR",
    "binary": "BLOB",
    "category": "VARCHAR",
}


def settings_of(scenario: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """A scenario as dotted keys and values in text: {"ledger.consensus": "poa", …}."""
    flat: dict[str, str] = {}
    for key, value in scenario.items():
        if isinstance(value, Mapping):
            flat.update(settings_of(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = "" if value is None else str(value)
    return flat


def _create(
    connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, rows: list[tuple[Any, ...]]
) -> None:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(list(c), f.type) for c, f in zip(columns, schema, strict=True)]
    connection.register("incoming", pa.Table.from_arrays(arrays, schema=schema))
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
    connection.unregister("incoming")


def _run_rows(runs_dir: Path, runs: Mapping[str, Manifest]) -> list[tuple[Any, ...]]:
    return [
        (
            run,
            str(manifest.scenario.get("name", "")),
            str(manifest.scenario.get("description", "")),
            manifest.seed,
            manifest.model_version,
            manifest.python,
            str((runs_dir / run).resolve()),
        )
        for run, manifest in runs.items()
    ]


def _setting_rows(runs: Mapping[str, Manifest]) -> list[tuple[Any, ...]]:
    return [
        (run, key, value)
        for run, manifest in runs.items()
        for key, value in settings_of(manifest.scenario).items()
    ]


def _indicator_rows(runs: Mapping[str, Manifest]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for run, manifest in runs.items():
        for name, figure in manifest.indicators.items():
            tail = (figure.unit, figure.origin)
            rows.append((run, name, "run", "", figure.value, figure.status_quo, *tail))
            for role, value in figure.by_role.items():
                rows.append((run, name, "role", role, value, None, *tail))
            for microgrid, value in figure.by_microgrid.items():
                rows.append((run, name, "microgrid", microgrid, value, None, *tail))
    return rows


def _payment_rows(runs: Mapping[str, Manifest]) -> list[tuple[Any, ...]]:
    return [
        (run, design, payer, payee, neur)
        for run, manifest in runs.items()
        for design, matrix in manifest.payments.items()
        for payer, row in zip(matrix.parties, matrix.neur, strict=True)
        for payee, neur in zip(matrix.parties, row, strict=True)
        if neur
    ]
