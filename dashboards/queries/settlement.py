"""From orders to final money: how many came through each step, and who paid for failures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from dashboards.queries.overview import ROLES
from dashboards.queries.runs import RunsFolder

MOST_ROWS: Final = 5000
"""Agreements that the list on the page holds; a choice of outcome narrows it down."""
STATUSES: Final = ("kept", "compensated", "held", "lapsed", "missed_the_gate", "unsigned")
_COMMITTED: Final = "status IN ('kept', 'compensated', 'held')"
_SETTLED: Final = "status IN ('kept', 'compensated')"


@dataclass(frozen=True)
class Step:
    """What is left at one of the steps A to G."""

    letter: str
    name: str
    count: int
    wh: int


@dataclass(frozen=True)
class Failure:
    """What one role paid because commitments were not kept [n€]."""

    role: str
    as_seller_neur: int
    as_buyer_neur: int
    stood_in_neur: int
    """Paid as a buyer, at the contract's price, for what the stabiliser supplied."""


@dataclass(frozen=True)
class Commit:
    """A commit transaction that a block took in and that became final."""

    slot: int
    accepted: bool
    """By the contract; it refuses what comes past its deadline."""
    final_after_start_ms: int
    """Finality less the start of the slot [ms]: in time if not positive."""


@dataclass(frozen=True)
class AgreementList:
    """The agreements for the list, and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int


def steps(runs: RunsFolder, run_id: str) -> list[Step]:
    """Count and energy at each of the steps A to G."""
    orders = {
        row["side"]: row
        for row in runs.query(
            run_id,
            'SELECT side, count(*) AS n, sum(quantity_wh)::BIGINT AS wh FROM "order" GROUP BY side',
        ).to_pylist()
    }
    none = {"n": 0, "wh": 0}
    found = runs.query(
        run_id,
        f"""
        SELECT count(*) AS made, coalesce(sum(quantity_wh), 0)::BIGINT AS made_wh,
          count(*) FILTER ({_COMMITTED}) AS committed,
          coalesce(sum(quantity_wh) FILTER ({_COMMITTED}), 0)::BIGINT AS committed_wh,
          count(*) FILTER ({_COMMITTED} AND final_in_time) AS final,
          coalesce(sum(quantity_wh) FILTER ({_COMMITTED} AND final_in_time), 0)::BIGINT AS final_wh,
          count(*) FILTER ({_SETTLED}) AS settled,
          coalesce(sum(quantity_wh) FILTER ({_SETTLED}), 0)::BIGINT AS settled_wh,
          count(*) FILTER (status = 'kept') AS kept,
          coalesce(sum(quantity_wh) FILTER (status = 'kept'), 0)::BIGINT AS kept_wh
        FROM agreement
        """,
    ).to_pylist()[0]
    offered, requested = orders.get("sell", none), orders.get("buy", none)
    return [
        Step("A", "offered", offered["n"], offered["wh"]),
        Step("B", "requested", requested["n"], requested["wh"]),
        Step("C–E", "matched to agreements", found["made"], found["made_wh"]),
        Step("F", "committed on the ledger", found["committed"], found["committed_wh"]),
        Step("F", "final when the slot began", found["final"], found["final_wh"]),
        Step("G", "settled", found["settled"], found["settled_wh"]),
        Step("G", "kept by both sides", found["kept"], found["kept_wh"]),
    ]


def commits(runs: RunsFolder, run_id: str, slot_s: int) -> list[Commit]:
    """The commits of all slots that became final, in order of slot; `slot_s` [s]."""
    rows = runs.query(
        run_id,
        """
        SELECT slot, status = 1 AS accepted, final_at_ms - slot::BIGINT * ? * 1000 AS after_ms
        FROM transaction
        WHERE kind = 'commit' AND slot IS NOT NULL AND final_at_ms IS NOT NULL ORDER BY slot
        """,
        (slot_s,),
    ).to_pylist()
    return [Commit(row["slot"], row["accepted"], row["after_ms"]) for row in rows]


def unsent_slots(runs: RunsFolder, run_id: str) -> list[int]:
    """Slots with agreements for which no commit was sent, since no block could be in time."""
    rows = runs.query(
        run_id,
        "SELECT DISTINCT slot FROM agreement "
        "WHERE commit_tx IS NULL AND status = 'missed_the_gate' ORDER BY slot",
    )
    slots: list[int] = rows.column("slot").to_pylist()
    return slots


def failures(runs: RunsFolder, run_id: str) -> list[Failure]:
    """What each role paid for commitments that were not kept."""
    rows = runs.query(
        run_id,
        """
        WITH paid AS (
          SELECT seller AS who, seller_compensation_neur AS sold, 0 AS bought, 0 AS stood_in
          FROM agreement WHERE seller_compensation_neur > 0
          UNION ALL
          SELECT buyer, 0, buyer_compensation_neur,
            price_ueur_per_kwh * (seller_short_wh - void_wh)
          FROM agreement WHERE buyer_compensation_neur > 0 OR seller_short_wh > void_wh
        )
        SELECT role, sum(sold)::BIGINT AS sold, sum(bought)::BIGINT AS bought,
          sum(stood_in)::BIGINT AS stood_in
        FROM paid JOIN participant ON participant.participant = paid.who GROUP BY role
        """,
    ).to_pylist()
    paid = [Failure(r["role"], r["sold"], r["bought"], r["stood_in"]) for r in rows]
    return sorted(paid, key=lambda failure: ROLES.index(failure.role))


def agreement_list(runs: RunsFolder, run_id: str, status: str | None) -> AgreementList:
    """Agreements, those of an outcome only if given; at most `MOST_ROWS`."""
    where, bound = "(? IS NULL OR status = ?)", (status, status)
    total = runs.query(run_id, f"SELECT count(*) AS n FROM agreement WHERE {where}", bound)
    rows = runs.query(
        run_id,
        f"""
        SELECT slot, agreement, seller, buyer, tier, quantity_wh, price_ueur_per_kwh, status,
          seller_compensation_neur + buyer_compensation_neur AS compensation_neur
        FROM agreement WHERE {where} ORDER BY slot, agreement LIMIT {MOST_ROWS}
        """,
        bound,
    )
    return AgreementList(rows.to_pylist(), total.to_pylist()[0]["n"])
