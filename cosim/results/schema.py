"""The eight tables of a run. A data dictionary can be generated from `TABLES` alone.

Times: `*_s` are whole seconds since slot 0 begins, `*_ms` milliseconds since then; both may be
negative (the prelude). Energies are Wh where settled and mWh (milliwatt-hours) where physical;
money is n€; prices are µ€/kWh, the same number as n€/Wh.
"""

from collections.abc import Mapping
from typing import Final

from cosim.results.column import Table
from cosim.results.schema_energy import GRID, METER, PARTICIPANT
from cosim.results.schema_ledger import BLOCK, FRAME, TRANSACTION
from cosim.results.schema_market import AGREEMENT, ORDER

RESULTS_VERSION: Final = 1
"""Raised when a table, or the manifest, changes its form; older runs are then refused by name."""

TABLES: Final[Mapping[str, Table]] = {
    table.name: table
    for table in (METER, ORDER, AGREEMENT, TRANSACTION, BLOCK, FRAME, GRID, PARTICIPANT)
}
"""All tables by name."""
