"""Recomputing what a run claims of itself: hashes, forms, and everything that must add up.

A check is a function of a run's folder and manifest. Those of this package need the files alone;
`verify` takes more, such as the replay of the transactions on a fresh EVM.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cosim.results.manifest import Manifest, load_manifest
from cosim.results.schema import TABLES
from cosim.results.store import run_folder, sha256
from cosim.results.verify_accounts import (
    bills,
    delivered_energy,
    ledger_balances,
    payment_matrices,
)
from cosim.results.verify_check import Check, CheckFunction
from cosim.results.verify_energy import building_energy, feeder_energy, meter_energy
from cosim.results.verify_settlement import (
    agreement_money,
    energy_tokens,
    settled_positions,
    settlement_recomputed,
)
from twin.errors import TwinError

__all__ = ["FILE_CHECKS", "Check", "CheckFunction", "verify"]


def file_hashes(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """Every file has the SHA-256 that the manifest gives."""
    wrong = [
        entry.file
        for entry in manifest.tables.values()
        if sha256(folder / entry.file) != entry.sha256
    ]
    found = f"{len(manifest.tables)} files" if not wrong else f"changed: {', '.join(wrong)}"
    yield Check("file hashes", not wrong, found)


def table_forms(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """Every table has its schema, its number of rows, and rows in the order of a unique key."""
    wrong: list[str] = []
    rows = 0
    for name, table in TABLES.items():
        file = pq.ParquetFile(folder / f"{name}.parquet")
        rows += file.metadata.num_rows
        if not file.schema_arrow.equals(table.schema):
            wrong.append(f"{name} has other columns")
        elif file.metadata.num_rows != manifest.tables[name].rows:
            wrong.append(f"{name} has {file.metadata.num_rows} rows")
        elif not _in_order(file.read(list(table.key)), table.key):
            wrong.append(f"{name} is not in the order of its key")
    found = f"{rows} rows in {len(TABLES)} tables" if not wrong else "; ".join(wrong)
    yield Check("tables", not wrong, found)


def _in_order(rows: pa.Table, key: tuple[str, ...]) -> bool:
    """Whether rows are strictly increasing by `key` (categories by their codes)."""
    later = np.zeros(max(rows.num_rows - 1, 0), bool)
    equal = ~later
    for name in key:
        column = rows.column(name).combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = column.indices
        step = np.diff(column.to_numpy(zero_copy_only=False).astype(np.int64))
        later |= equal & (step > 0)
        equal &= step == 0
    return bool(later.all())


def verify(
    runs_dir: Path, run_id: str, checks: Sequence[CheckFunction] | None = None
) -> list[Check]:
    """All `checks` (default: `FILE_CHECKS`) on one run.

    UnknownRunError if there is no such run, ResultsError if its manifest cannot be read; a check
    that cannot be carried out because the files are damaged has failed.
    """
    folder = run_folder(runs_dir, run_id)
    manifest = load_manifest(folder)
    results: list[Check] = []
    for check in FILE_CHECKS if checks is None else checks:
        try:
            results.extend(check(folder, manifest))
        except (TwinError, OSError, pa.ArrowException, KeyError, ValueError) as error:
            name = check.__name__.replace("_", " ")
            results.append(Check(name, False, f"could not be recomputed: {error}"))
    return results


FILE_CHECKS: Final[tuple[CheckFunction, ...]] = (
    file_hashes,
    table_forms,
    agreement_money,
    settled_positions,
    settlement_recomputed,
    energy_tokens,
    meter_energy,
    building_energy,
    feeder_energy,
    delivered_energy,
    bills,
    ledger_balances,
    payment_matrices,
)
"""Everything that the files alone allow to recompute."""
