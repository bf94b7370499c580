"""Rows of one part of one table, in memory up to a limit and then in an Arrow file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from twin.errors import ResultsError

SPOOL_ROWS: Final = 65_536
"""Rows held in memory before they go to disk."""


class Spool:
    """Appends record batches of one schema; `table()` gives all of them, memory-mapped if large."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending: list[pa.RecordBatch] = []
        self._pending_rows = 0
        self._schema: pa.Schema | None = None
        self._writer: Any = None
        self._map: Any = None

    def append(self, batch: pa.RecordBatch) -> None:
        if self._schema is None:
            self._schema = batch.schema
        elif batch.schema != self._schema:
            raise ResultsError(
                f"{self._path.stem}: a batch has the columns {batch.schema.names}, earlier ones "
                f"had {self._schema.names}; every batch of a part must have the same."
            )
        self._pending.append(batch)
        self._pending_rows += len(batch)
        if self._pending_rows >= SPOOL_ROWS:
            self._flush()

    def table(self) -> pa.Table:
        """All rows in the order in which they came; no more can be appended."""
        if self._schema is None:
            raise ResultsError(f"{self._path.stem} holds no rows.")
        if self._writer is None:
            return pa.Table.from_batches(self._pending, self._schema)
        self._flush()
        self._writer.close()
        self._map = pa.memory_map(str(self._path))
        return pa.ipc.open_file(self._map).read_all()

    def drop(self) -> None:
        """Forget the rows and remove the file."""
        if self._writer is not None:
            self._writer.close()
        if self._map is not None:
            self._map.close()
        self._pending = []
        self._path.unlink(missing_ok=True)

    def _flush(self) -> None:
        if not self._pending:
            return
        if self._writer is None:
            self._writer = pa.ipc.new_file(str(self._path), self._schema)
        whole = pa.Table.from_batches(self._pending, self._schema).combine_chunks()
        for batch in whole.to_batches():
            self._writer.write_batch(batch)
        self._pending = []
        self._pending_rows = 0
