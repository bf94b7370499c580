"""Indicators of a run, from what its layers hold at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cosim.accounting import Accounting
from cosim.ledger import LedgerLayer
from cosim.neighbourhood import Neighbourhood
from cosim.results import manifest
from cosim.slot_book import SlotBook
from emulators.links.transfer import Direction, FrameLog
from emulators.meters.head_end import FrameCounts
from twin.indicators import (
    ContractRecord,
    EnergyRecord,
    GridRecord,
    Indicators,
    KnowledgeRecord,
    LedgerRecord,
    LinkRecord,
    MoneyRecord,
    Outcome,
    contract_indicators,
    energy_indicators,
    grid_indicators,
    knowledge_indicators,
    ledger_indicators,
    link_indicators,
    merge,
    money_indicators,
    settled_outcome,
)
from twin.units import MWH_PER_WH, BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Observed:
    """What the layers have written down, (slots, …) each."""

    true_net_wh: IntArray
    estimate_wh: IntArray
    age_s: IntArray
    substituted: BoolArray
    voltage_pu: FloatArray
    line_loading_percent: FloatArray
    losses_mwh: tuple[int, int]
    """In the status quo and in the market."""


def indicators_of(
    neighbourhood: Neighbourhood,
    books: Sequence[SlotBook],
    accounts: Accounting,
    observed: Observed,
    frames: FrameLog,
    counts: FrameCounts,
    ledger: LedgerLayer,
    tolerance_wh: int,
) -> Indicators:
    """Every figure of the run by name."""
    n = neighbourhood.participants
    net_wh = accounts.net_wh
    committed = np.array([book.committed_net_wh for book in books])
    deviation = np.where(committed != 0, net_wh - committed, 0)
    return merge(
        [
            energy_indicators(
                EnergyRecord(
                    load_mwh=neighbourhood.load_mwh,
                    generation_mwh=neighbourhood.generation_mwh,
                    net_wh=net_wh,
                    status_quo_net_wh=neighbourhood.status_quo_wh[:, :n],
                    microgrid=neighbourhood.microgrid,
                ),
                accounts.tiers,
            ),
            contract_indicators(
                ContractRecord(
                    outcome=_outcomes(books, tolerance_wh),
                    agreements=accounts.agreements,
                    settlement=accounts.settlement,
                    commitment_deviation_wh=deviation,
                )
            ),
            money_indicators(
                MoneyRecord(
                    role=neighbourhood.fleet.role,
                    status_quo_bills=accounts.status_quo_bills,
                    market_bills=accounts.market_bills,
                    status_quo_payments=accounts.status_quo_payments,
                    market_payments=accounts.market_payments,
                )
            ),
            knowledge_indicators(
                KnowledgeRecord(
                    forecast_wh=np.array([b.matching.forecast_wh[:n] for b in books]),
                    persistence_wh=np.array([b.matching.persistence_wh[:n] for b in books]),
                    estimate_wh=observed.estimate_wh[:, :n],
                    net_wh=observed.true_net_wh[:, :n],
                    age_s=observed.age_s[:, :n],
                    substituted=observed.substituted[:, :n],
                )
            ),
            link_indicators(_links(frames, counts)),
            grid_indicators(
                GridRecord(
                    voltage_pu=observed.voltage_pu,
                    line_loading=observed.line_loading_percent / 100,
                    losses_wh=round(observed.losses_mwh[1] / MWH_PER_WH),
                    status_quo_losses_wh=round(observed.losses_mwh[0] / MWH_PER_WH),
                )
            ),
            ledger_indicators(_ledger(ledger, accounts)),
        ]
    )


def as_recorded(indicators: Indicators) -> dict[str, manifest.Indicator]:
    """Indicators as the manifest holds them, each beside its value in the status quo."""
    recorded = {}
    for name, indicator in indicators.items():
        stem, _, unit = name.rpartition("_")
        before = indicators.get(f"{name}_status_quo") or indicators.get(f"{stem}_status_quo_{unit}")
        recorded[name] = manifest.Indicator(
            value=indicator.value,
            unit=indicator.unit,
            origin=indicator.provenance.value,
            status_quo=before.value if before is not None else None,
            meaning=indicator.meaning,
        )
    return recorded


def _outcomes(books: Sequence[SlotBook], tolerance_wh: int) -> NDArray[np.int64]:
    parts = [np.zeros(0, np.int64)]
    for book in books:
        end = np.where(book.committed, Outcome.HELD, Outcome.MISSED_THE_GATE).astype(np.int64)
        for batch in book.batches:
            end[batch.rows] = settled_outcome(batch.settlement, tolerance_wh)
        parts.append(end)
    return np.concatenate(parts)


def _links(frames: FrameLog, counts: FrameCounts) -> LinkRecord:
    up = frames.direction == Direction.UPLINK
    arrived = up & (frames.received_at_ms >= 0)
    return LinkRecord(
        frames=int(up.sum()),
        attempts=int(frames.attempts[up].sum()),
        delivered=counts.accepted,
        latency_ms=(frames.received_at_ms - frames.sent_at_ms)[arrived],
    )


def _ledger(ledger: LedgerLayer, accounts: Accounting) -> LedgerRecord:
    done = [r for r in ledger.records.values() if r.receipt is not None]
    market = [r for r in done if r.dispatch.effect is not None]
    gas = sum(r.receipt.gas_used for r in market if r.receipt)
    waits = [(r.included_at_ms, r.dispatch.submit_at_s * 1000) for r in market]
    finals = [(r.final_at_ms, r.dispatch.submit_at_s * 1000) for r in market]
    return LedgerRecord(
        gas=gas,
        setup_gas=sum(r.receipt.gas_used for r in done if r.receipt) - gas,
        fee_neur=gas * ledger.fee_neur_per_gas,
        contracts=len(accounts.agreements),
        traded_wh=int(accounts.agreements.quantity_wh.sum()),
        inclusion_ms=_durations(waits),
        finality_ms=_durations(finals),
        submitted=len(market),
        failed=sum(1 for r in market if r.receipt and not r.receipt.succeeded),
    )


def _durations(spans: Sequence[tuple[int | None, int]]) -> IntArray:
    """End less beginning, of those that have come to an end."""
    return np.array([end - begin for end, begin in spans if end is not None], np.int64)
