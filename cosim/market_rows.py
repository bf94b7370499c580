"""What management knew and did, as rows of the results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cosim.clock import Clock
from cosim.layer import joined, unknown
from cosim.matching import Matching
from cosim.neighbourhood import Neighbourhood
from cosim.slot_book import SlotBook
from twin.indicators import Outcome, settled_outcome
from twin.settlement import Settlement
from twin.state import NEVER_MS
from twin.units import IntArray


def order_rows(matching: Matching, slot: int, sent_at_s: int) -> dict[str, Any]:
    """Orders of a slot (steps A and B), with what was matched of each."""
    orders = matching.orders
    return {
        "slot": np.full(len(orders), slot),
        "participant": orders.participant,
        "side": np.where(orders.is_buy, 0, 1),
        "origin": orders.origin,
        "quantity_wh": orders.quantity_wh,
        "limit_ueur_per_kwh": orders.limit_ueur_per_kwh,
        "wish_ueur_per_kwh": orders.wish_ueur_per_kwh,
        "cleared_wh": matching.cleared_wh,
        "submitted_at_s": np.full(len(orders), sent_at_s),
        "signature": matching.signatures,
    }


def estimate_rows(slot: int, estimate_wh: IntArray, age_s: IntArray) -> dict[str, Any]:
    """The twin's view of `slot` one slot after its end, (meters,) each."""
    meters = len(estimate_wh)
    return {
        "slot": np.full(meters, slot),
        "meter": np.arange(meters),
        "estimate_net_wh": estimate_wh,
        "age_of_information_s": age_s.astype(float),
    }


def known_rows(
    book: SlotBook,
    committed_wh: IntArray,
    net_wh: IntArray,
    settled_wh: IntArray,
    quality: NDArray[np.int8],
    arrived_at_ms: IntArray,
) -> dict[str, Any]:
    """What was settled and billed on, once the correction window has closed; (meters,) each."""
    meters = len(net_wh)
    return {
        "slot": np.full(meters, book.slot),
        "meter": np.arange(meters),
        "forecast_net_wh": book.matching.forecast_wh,
        "persistence_net_wh": book.matching.persistence_wh,
        "committed_net_wh": committed_wh,
        "import_wh": np.maximum(net_wh, 0),
        "export_wh": np.maximum(-net_wh, 0),
        # Buildings' meters are party to no contract.
        "settled_net_wh": np.concatenate([settled_wh, net_wh[len(settled_wh) :]]),
        "quality": quality.astype(np.int64),
        "received_at_ms": np.ma.masked_equal(arrived_at_ms, NEVER_MS),
    }


def agreement_rows(
    books: Iterable[SlotBook], neighbourhood: Neighbourhood, clock: Clock, tolerance_wh: int
) -> dict[str, Any]:
    """Every agreement of the run from its terms to its final money."""
    parts = [
        _slot_rows(book, neighbourhood, clock.start_s(book.slot), tolerance_wh)
        for book in books
        if len(book.agreements)
    ]
    return joined(parts) if parts else {}


def _slot_rows(
    book: SlotBook, neighbourhood: Neighbourhood, start_s: int, tolerance_wh: int
) -> dict[str, Any]:
    terms, k = book.agreements, len(book.agreements)
    outcome = {field.name: unknown(k) for field in fields(Settlement)}
    times = {name: unknown(k) for name in ("batch", "settled_at_s", "settled_final_at_ms")}
    quality = {side: unknown(k) for side in ("seller_quality", "buyer_quality")}
    settle_tx: list[str | None] = [None] * k
    status = np.where(book.committed, Outcome.HELD, Outcome.MISSED_THE_GATE).astype(np.int64)
    commit_tx: list[str | None] = [None] * k
    committed_at_s, final_at_ms, in_time = unknown(k), unknown(k), unknown(k)
    for commit in book.commits:
        for row in commit.rows.tolist():
            commit_tx[row] = commit.tx_hash
        if commit.succeeded:
            in_time[commit.rows] = 0
        if commit.succeeded and commit.block_time_s is not None:
            committed_at_s[commit.rows] = commit.block_time_s
        if commit.succeeded and commit.final_at_ms is not None:
            final_at_ms[commit.rows] = commit.final_at_ms
            in_time[commit.rows] = int(commit.final_at_ms <= start_s * 1000)
    for number, batch in enumerate(book.batches):
        rows = batch.rows
        for field in fields(Settlement):
            outcome[field.name][rows] = getattr(batch.settlement, field.name)
        times["batch"][rows] = number
        if batch.settled_at_s is not None:
            times["settled_at_s"][rows] = batch.settled_at_s
        if batch.final_at_ms is not None:
            times["settled_final_at_ms"][rows] = batch.final_at_ms
        quality["seller_quality"][rows] = batch.quality[terms.seller[rows]]
        quality["buyer_quality"][rows] = batch.quality[terms.buyer[rows]]
        status[rows] = settled_outcome(batch.settlement, tolerance_wh)
        for row in rows.tolist():
            settle_tx[row] = batch.tx_hash
    return {
        "slot": np.full(k, book.slot),
        "agreement": np.arange(k),
        "tier": terms.tier,
        "microgrid": neighbourhood.microgrid[terms.seller],
        "seller": terms.seller,
        "buyer": terms.buyer,
        "origin": terms.origin,
        "quantity_wh": terms.quantity_wh,
        "price_ueur_per_kwh": terms.price_ueur_per_kwh,
        "fee_ueur_per_kwh": terms.fee_ueur_per_kwh,
        "seller_collateral_neur": terms.seller_collateral_neur,
        "buyer_collateral_neur": terms.buyer_collateral_neur,
        "stability_short_ueur_per_kwh": np.full(k, book.rates.short_ueur_per_kwh),
        "stability_long_ueur_per_kwh": np.full(k, book.rates.long_ueur_per_kwh),
        "commit_tx": commit_tx,
        "settle_tx": settle_tx,
        "commit_deadline_s": _constant(book.commit_deadline_s, k),
        "committed_at_s": committed_at_s,
        "committed_final_at_ms": final_at_ms,
        "final_in_time": [None if np.ma.is_masked(value) else bool(value) for value in in_time],
        "status": status,
        **times,
        **quality,
        **outcome,
    }


def _constant(value: int | None, rows: int) -> Any:
    if value is None:
        return unknown(rows)
    return np.ma.array(np.full(rows, value, np.int64))
