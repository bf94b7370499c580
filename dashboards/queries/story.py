"""One agreement from its orders to its final block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboards.queries.runs import RunsFolder

Row = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """Rows of the tables that concern one agreement; None where there is none."""

    agreement: Row
    offer: Row | None
    request: Row | None
    commit: Row | None
    settle: Row | None
    together: int
    """Agreements that the same commit transaction carries."""
    settled_together: int
    seller_meter: Row | None
    buyer_meter: Row | None


def story(runs: RunsFolder, run_id: str, slot: int, agreement: int) -> Story | None:
    """Everything about the agreement of that rank in that slot, None if there is none."""
    found = runs.query(
        run_id, "SELECT * FROM agreement WHERE slot = ? AND agreement = ?", (slot, agreement)
    ).to_pylist()
    if not found:
        return None
    deal = found[0]

    def order(side: str, participant: str) -> Row | None:
        return _first(
            runs.query(
                run_id,
                'SELECT * FROM "order" WHERE slot = ? AND side = ? AND participant = ?',
                (slot, side, participant),
            ).to_pylist()
        )

    def transaction(tx_hash: str | None) -> Row | None:
        if tx_hash is None:
            return None
        return _first(
            runs.query(
                run_id, "SELECT * EXCLUDE (raw) FROM transaction WHERE tx_hash = ?", (tx_hash,)
            ).to_pylist()
        )

    def meter(participant: str) -> Row | None:
        return _first(
            runs.query(
                run_id,
                "SELECT * FROM meter WHERE slot = ? AND meter = ?",
                (slot, participant),
            ).to_pylist()
        )

    def together(column: str) -> int:
        rows = runs.query(
            run_id, f"SELECT count(*) AS n FROM agreement WHERE {column} = ?", (deal[column],)
        ).to_pylist()
        return int(rows[0]["n"])

    return Story(
        agreement=deal,
        offer=order("sell", deal["seller"]),
        request=order("buy", deal["buyer"]),
        commit=transaction(deal["commit_tx"]),
        settle=transaction(deal["settle_tx"]),
        together=together("commit_tx"),
        settled_together=together("settle_tx"),
        seller_meter=meter(deal["seller"]),
        buyer_meter=meter(deal["buyer"]),
    )


def _first(rows: list[Row]) -> Row | None:
    return rows[0] if rows else None
