"""runs/catalogue.duckdb: all runs for any DuckDB client; disposable, made beside and swapped in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cosim.results.relations import create_relations
from cosim.results.store import list_runs

CATALOGUE: Final = "catalogue.duckdb"
REAL_TABLES: Final = ("agreement", "block")
"""Copied into the catalogue beside the tables of the manifests; the long series stay views."""


def rebuild_catalogue(runs_dir: Path) -> str | None:
    """Make the catalogue anew from the whole runs in `runs_dir`.

    Never raises for a catalogue that cannot be replaced, since the runs are whole without it:
    returns a sentence that says what was in the way, or None.
    """
    import duckdb

    fresh = runs_dir / f".{CATALOGUE}.{os.getpid()}"
    fresh.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(fresh)) as connection:
            create_relations(connection, runs_dir, list_runs(runs_dir).runs, REAL_TABLES)
        os.replace(fresh, runs_dir / CATALOGUE)
    except (OSError, duckdb.Error) as error:
        fresh.unlink(missing_ok=True)
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return f"{runs_dir / CATALOGUE} was not renewed: {reason} The runs themselves are whole."
    return None
