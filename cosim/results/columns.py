"""Columns of a table as NumPy arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from twin.units import BoolArray, IntArray


def read(folder: Path, table: str, columns: Sequence[str]) -> pa.Table:
    """The columns of one table of the run in `folder`."""
    return pq.read_table(folder / f"{table}.parquet", columns=list(columns))


def integers(rows: pa.Table, name: str, null: int = 0) -> IntArray:
    """An integer column (n,) int64 with `null` where there is no value."""
    return _numpy(rows.column(name).combine_chunks().fill_null(null)).astype(np.int64)


def present(rows: pa.Table, name: str) -> BoolArray:
    """Where a column has a value (n,)."""
    return _numpy(rows.column(name).combine_chunks().is_valid()).astype(bool)


def codes(rows: pa.Table, name: str) -> IntArray:
    """Codes of a category column (n,), −1 where there is no value; they follow `categories`."""
    return _numpy(rows.column(name).combine_chunks().indices.fill_null(-1)).astype(np.int64)


def categories(rows: pa.Table, name: str) -> list[str]:
    """The values of a category column, in the order of their codes."""
    values: list[str] = rows.column(name).combine_chunks().dictionary.to_pylist()
    return values


def texts(rows: pa.Table, name: str) -> NDArray[np.object_]:
    """A category or string column (n,) as objects, None where there is no value."""
    return np.array([*rows.column(name).to_pylist(), None], dtype=object)[:-1]


def _numpy(array: pa.Array) -> NDArray[Any]:
    values: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return values
