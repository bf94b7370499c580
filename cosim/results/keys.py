"""Joining and sorting the parts of a table by its key, with no more than the keys in memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from cosim.results.column import Table
from twin.errors import ResultsError
from twin.units import IntArray


def join(
    table: Table, parts: Mapping[str, pa.Table]
) -> tuple[dict[str, IntArray], dict[str, pa.Array], int]:
    """Lay the rows of all parts out in the order of the key.

    Returns for each part the row that stands at each place of the sorted table (−1: it has none),
    the key columns of the sorted table in their stored types, and its number of rows. ResultsError
    if a part has two rows with the same key.
    """
    if not parts:
        return {}, {}, 0
    keys = {
        part: [rows.column(name).to_numpy().astype(np.int64) for name in table.key]
        for part, rows in parts.items()
    }
    ranges = [
        (
            min((int(k[i].min()) for k in keys.values() if len(k[i])), default=0),
            max((int(k[i].max()) for k in keys.values() if len(k[i])), default=0),
        )
        for i in range(len(table.key))
    ]
    packed = {part: _pack(columns, ranges) for part, columns in keys.items()}
    union = np.unique(np.concatenate(list(packed.values())))
    rows_of: dict[str, IntArray] = {}
    for part, values in packed.items():
        place = np.searchsorted(union, values)
        rows = np.full(len(union), -1, np.int64)
        rows[place] = np.arange(len(values))
        if np.count_nonzero(rows >= 0) != len(values):
            row = int(rows[np.argmax(np.bincount(place, minlength=len(union)))])
            which = ", ".join(
                f"{name} {int(column[row])}"
                for name, column in zip(table.key, keys[part], strict=True)
            )
            raise ResultsError(f"{table.name}: the row of {which} was recorded twice.")
        rows_of[part] = rows
    sorted_keys = {
        name: pa.array(column).cast(table.column(name).stored_type)
        for name, column in zip(table.key, _unpack(union, ranges), strict=True)
    }
    return rows_of, sorted_keys, len(union)


def _pack(columns: list[IntArray], ranges: list[tuple[int, int]]) -> IntArray:
    """Key columns packed into one int64 that sorts as they do."""
    packed = np.zeros(len(columns[0]), np.int64)
    for column, (low, high) in zip(columns, ranges, strict=True):
        packed = packed * (high - low + 1) + (column - low)
    return packed


def _unpack(packed: IntArray, ranges: list[tuple[int, int]]) -> list[IntArray]:
    """The key columns that `_pack` packed."""
    columns: list[IntArray] = []
    for low, high in reversed(ranges):
        packed, column = np.divmod(packed, high - low + 1)
        columns.append(column + low)
    return columns[::-1]
