"""Takes column batches as a run makes them and writes one Parquet file per table at its end.

Memory stays bounded: batches beyond `SPOOL_ROWS` go to Arrow files in the same folder and are read
back memory-mapped. The bytes written depend on the rows alone, not on the order or size of batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cosim.results.batch import Categories, column_array
from cosim.results.column import Column, Table
from cosim.results.keys import join
from cosim.results.schema import TABLES
from cosim.results.spool import Spool
from twin.errors import ResultsError

ROW_GROUP_ROWS: Final = 131_072
DICTIONARY_BYTES: Final = 64 * 2**20
"""Room for the ids of any fleet: past it a writer would give up the order of a category's codes."""


class Recorder:
    """Writes the tables of one run into `folder`.

    Rows of a table may come in parts: `record("meter.truth", …)` and `record("meter.known", …)` are
    joined on the table's key when the recorder is closed, each part with columns of its own.
    """

    def __init__(self, folder: Path, run_domains: Mapping[str, Sequence[str]]) -> None:
        """`run_domains`: the ids of this run, `participant`, `meter`, `building` and `element`."""
        self._folder = folder
        self._categories = Categories(run_domains)
        self._parts: dict[str, dict[str, Spool]] = {name: {} for name in TABLES}
        self._closed = False

    def record(self, name: str, columns: Mapping[str, Any]) -> None:
        """Add rows to the table `name`, or to `table.part`; columns left out are null.

        Each column is an array, list or scalar as in `batch.column_array`. ResultsError if a column
        is unknown, is missing although it must not be, or does not fit.
        """
        table_name, _, part = name.partition(".")
        if table_name not in TABLES:
            raise ResultsError(f"There is no table {table_name}; there are {', '.join(TABLES)}.")
        table = TABLES[table_name]
        missing = [key for key in table.key if key not in columns]
        if missing:
            raise ResultsError(f"Rows of {name} lack the key column {missing[0]}.")
        unknown = set(columns) - {column.name for column in table.columns}
        if unknown:
            raise ResultsError(f"Table {table_name} has no column {sorted(unknown)[0]}.")
        rows = len(columns[_longest(columns)])
        arrays = {
            column.name: column_array(table, column, columns[column.name], rows, self._categories)
            for column in table.columns
            if column.name in columns
        }
        spools = self._parts[table_name]
        if part not in spools:
            spools[part] = Spool(self._folder / f".spool-{name}.arrow")
        spools[part].append(pa.RecordBatch.from_pydict(arrays))

    def close(self) -> dict[str, int]:
        """Write all tables, drop the spools, and return the number of rows by table."""
        if self._closed:
            raise ResultsError("The recorder is already closed.")
        self._closed = True
        try:
            return {name: self._write(TABLES[name], parts) for name, parts in self._parts.items()}
        finally:
            self._drop_spools()

    def abort(self) -> None:
        """Drop everything recorded so far; safe to call at any time."""
        self._closed = True
        self._drop_spools()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.abort()

    def _drop_spools(self) -> None:
        for parts in self._parts.values():
            for spool in parts.values():
                spool.drop()

    def _write(self, table: Table, parts: Mapping[str, Spool]) -> int:
        tables = {part: parts[part].table() for part in sorted(parts)}
        rows_of, keys, rows = join(table, tables)
        home = _column_homes(table, tables)
        with pq.ParquetWriter(
            self._folder / f"{table.name}.parquet",
            table.schema,
            version="2.6",
            compression="zstd",
            compression_level=3,
            use_dictionary=[c.name for c in table.columns if c.form in ("category", "string")],
            dictionary_pagesize_limit=DICTIONARY_BYTES,
            write_statistics=True,
            store_schema=True,
        ) as writer:
            for start in range(0, rows, ROW_GROUP_ROWS):
                stop = min(start + ROW_GROUP_ROWS, rows)
                taken = {part: _take(tables[part], rows_of[part][start:stop]) for part in tables}
                group = [
                    self._finished(
                        table,
                        column,
                        keys[column.name].slice(start, stop - start)
                        if column.name in keys
                        else taken[home[column.name]].column(column.name).combine_chunks()
                        if column.name in home
                        else pa.nulls(stop - start, column.stored_type),
                    )
                    for column in table.columns
                ]
                writer.write_table(
                    pa.Table.from_arrays(group, schema=table.schema), row_group_size=ROW_GROUP_ROWS
                )
        return rows

    def _finished(self, table: Table, column: Column, array: pa.Array) -> pa.Array:
        if array.null_count and not column.nullable:
            raise ResultsError(
                f"{table.name}.{column.name}: {array.null_count} rows never got a value."
            )
        if column.form != "category":
            return array
        values, renumbered = self._categories.dictionary(table, column)
        if renumbered is not None and len(renumbered):
            array = pa.array(renumbered).take(array)
        return pa.DictionaryArray.from_arrays(array, values)


def _longest(columns: Mapping[str, Any]) -> str:
    """The column that says how many rows there are: the first that is no scalar."""
    for name, values in columns.items():
        if not (values is None or isinstance(values, (str, bytes)) or np.isscalar(values)):
            return name
    raise ResultsError("A batch must have at least one column that is no scalar.")


def _column_homes(table: Table, parts: Mapping[str, pa.Table]) -> dict[str, str]:
    """Which part each column comes from, key columns apart, which all parts have."""
    home: dict[str, str] = {}
    for part, rows in parts.items():
        for name in rows.column_names:
            if name in home:
                raise ResultsError(
                    f"{table.name}.{name} is recorded by two parts, {home[name]!r} and {part!r}."
                )
            if name not in table.key:
                home[name] = part
    return home


def _take(rows: pa.Table, where: np.ndarray) -> pa.Table:
    """Rows at `where` (−1 gives nulls); only the chunks in between are touched."""
    present = where >= 0
    if not present.any():
        return rows.slice(0, 0).take(pa.nulls(len(where), pa.int64()))
    low, high = int(where[present].min()), int(where[present].max()) + 1
    piece = rows.slice(low, high - low).combine_chunks()
    if len(piece) == len(where) and present.all() and (np.diff(where) == 1).all():
        return piece
    return piece.take(pa.array(where - low, mask=~present))
