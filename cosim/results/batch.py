"""From what a layer hands over (arrays, lists, scalars) to one Arrow column of a declared form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from cosim.results.column import DOMAINS, RUN_DOMAINS, Column, Table
from twin.errors import ResultsError

_NUMPY = {
    "int64": np.int64,
    "int32": np.int32,
    "int8": np.int8,
    "float64": np.float64,
    "bool": np.bool_,
    "category": np.int32,
}


class Categories:
    """Codes of category columns: fixed by the schema, brought by the run, or open."""

    def __init__(self, run_domains: Mapping[str, Sequence[str]]) -> None:
        """`run_domains` gives the values of each of `column.RUN_DOMAINS`, in the order of codes."""
        unknown = set(run_domains) - RUN_DOMAINS
        if unknown:
            raise ResultsError(
                f"{sorted(unknown)} are no domains of a run; {sorted(RUN_DOMAINS)} are."
            )
        domains = {**DOMAINS, **{name: tuple(values) for name, values in run_domains.items()}}
        self._codes = {
            name: {value: code for code, value in enumerate(values)}
            for name, values in domains.items()
        }
        self._open: dict[tuple[str, str], dict[str, int]] = {}

    def encode(self, table: Table, column: Column, values: Sequence[str | None]) -> pa.Array:
        """int32 codes of strings (None is null); ResultsError on a value outside the domain."""
        codes: list[int | None]
        if column.domain is None:
            known = self._open.setdefault((table.name, column.name), {})
            codes = [None if v is None else known.setdefault(str(v), len(known)) for v in values]
        else:
            fixed = self._domain(column.domain)
            try:
                codes = [None if v is None else fixed[v] for v in values]
            except KeyError as error:
                raise ResultsError(
                    f"{table.name}.{column.name}: {error.args[0]!r} is not one of the values of "
                    f"{column.domain}: {', '.join(list(fixed)[:8])}{' …' if len(fixed) > 8 else ''}"
                ) from None
        return pa.array(codes, pa.int32())

    def dictionary(self, table: Table, column: Column) -> tuple[pa.Array, np.ndarray | None]:
        """The values in the order of the file; for an open domain also new codes for the old."""
        if column.domain is not None:
            return pa.array(list(self._domain(column.domain)), pa.string()), None
        known = self._open.get((table.name, column.name), {})
        values = sorted(known)
        renumbered = np.zeros(len(values), np.int32)
        renumbered[[known[value] for value in values]] = np.arange(len(values), dtype=np.int32)
        return pa.array(values, pa.string()), renumbered

    def _domain(self, name: str) -> dict[str, int]:
        try:
            return self._codes[name]
        except KeyError:
            raise ResultsError(f"The recorder was not told the run's {name} ids.") from None


def column_array(
    table: Table, column: Column, values: Any, rows: int, categories: Categories
) -> pa.Array:
    """`values` as an Arrow array of `rows` entries; category columns become int32 codes.

    Null is: None in a list, a masked entry of a NumPy masked array, NaN in a nullable float column,
    a negative code in a category column. A scalar stands for all rows. ResultsError where the
    length, the type or a null does not fit the column.
    """
    where = f"{table.name}.{column.name}"
    if values is None or isinstance(values, (str, bytes)) or np.isscalar(values):
        values = [values] * rows
    if len(values) != rows:
        raise ResultsError(f"{where}: {len(values)} values for {rows} rows.")
    try:
        array = _convert(table, column, values, categories)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError) as error:
        raise ResultsError(f"{where}: values do not fit {column.form} ({error}).") from error
    if array.null_count and not column.nullable:
        raise ResultsError(f"{where}: {array.null_count} of {rows} values are missing.")
    return array


def _convert(table: Table, column: Column, values: Any, categories: Categories) -> pa.Array:
    form = column.form
    if form in ("string", "binary"):
        return pa.array(list(values), pa.string() if form == "string" else pa.binary())
    if form == "category" and not _is_integer(values):
        return categories.encode(table, column, list(values))
    if isinstance(values, np.ndarray) and values.dtype != object:
        mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
        data = np.ma.getdata(values)
        if data.dtype.kind == "f" and form != "float64":
            raise ResultsError(f"{table.name}.{column.name}: floats where integers are recorded.")
        if form == "category":
            mask = (data < 0) if mask is None else mask | (data < 0)
        array = pa.array(data.astype(_NUMPY[form]), mask=mask, from_pandas=column.nullable)
        return array.cast(pa.bool_()) if form == "bool" else array
    kind = pa.int32() if form == "category" else column.field().type
    return pa.array(list(values), kind)


def _is_integer(values: Any) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind in "iu"
