"""Running it: the ledger's gas, fees and times, and the grid's voltages, loadings and losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from twin.indicators.indicator import (
    COUNT,
    SHARE,
    Indicator,
    Indicators,
    Provenance,
    percentile,
    share,
)
from twin.units import FloatArray, IntArray

LOWEST_VOLTAGE_PU: Final = 0.9
HIGHEST_VOLTAGE_PU: Final = 1.1
"""EN 50160: low-voltage supply within ±10 % of nominal."""


@dataclass(frozen=True)
class LedgerRecord:
    """The run's market transactions on the ledger (commit and settle; set-up apart)."""

    gas: int
    """Used by commits and settlements."""
    setup_gas: int
    """Used by deployment, registration and deposits."""
    fee_neur: int
    """Paid for `gas`."""
    contracts: int
    """Settled agreements, which the gas is spread over."""
    traded_wh: int
    """Energy of those agreements."""
    inclusion_ms: IntArray
    """(t,) from submission to the block, of included transactions."""
    finality_ms: IntArray
    """(t,) from submission to finality, of those that became final."""
    submitted: int
    failed: int
    """Included, but refused by the contract (e.g. past the commit deadline)."""


@dataclass(frozen=True)
class GridRecord:
    """The feeder's power flow, one row per slot."""

    voltage_pu: FloatArray
    """(slots, buses)."""
    line_loading: FloatArray
    """(slots, lines), 1 at the thermal limit."""
    losses_wh: int
    status_quo_losses_wh: int | None = None
    """None where the status quo's power flow was not computed."""


def ledger_indicators(record: LedgerRecord) -> Indicators:
    """Gas and fees per contract and kWh, and times to inclusion and finality."""
    result = {
        "gas": _of(record.gas, "gas", Provenance.EXECUTED, "Used by commits and settlements"),
        "gas_setup": _of(
            record.setup_gas, "gas", Provenance.EXECUTED, "Used by deployment and deposits"
        ),
        "gas_per_contract": _of(
            share(record.gas, record.contracts),
            "gas",
            Provenance.EXECUTED,
            "Gas of commits and settlements / settled contracts",
        ),
        "fee_neur": _of(record.fee_neur, "n€", Provenance.ASSUMED, "Fees of that gas"),
        "fee_per_contract_neur": _of(
            share(record.fee_neur, record.contracts),
            "n€",
            Provenance.ASSUMED,
            "Fees / settled contracts",
        ),
        "fee_ueur_per_kwh": _of(
            share(record.fee_neur, record.traded_wh),
            "µ€/kWh",
            Provenance.ASSUMED,
            "Fees / energy of settled contracts",
        ),
        "transactions": _of(
            record.submitted, COUNT, Provenance.EXECUTED, "Commits and settlements submitted"
        ),
        "transactions_failed": _of(
            record.failed, COUNT, Provenance.EXECUTED, "Of these, refused by the contract"
        ),
    }
    for name, times_ms in (("inclusion", record.inclusion_ms), ("finality", record.finality_ms)):
        for label, percent in (("median", 50), ("p95", 95), ("p99", 99)):
            result[f"time_to_{name}_{label}_ms"] = _of(
                percentile(times_ms, percent),
                "ms",
                Provenance.SIMULATED,
                f"From submission to {name}, {label}",
            )
    return result


def grid_indicators(record: GridRecord) -> Indicators:
    """Voltages outside ±10 %, overloaded lines, losses."""
    voltage = record.voltage_pu
    outside = (voltage < LOWEST_VOLTAGE_PU) | (voltage > HIGHEST_VOLTAGE_PU)
    over = record.line_loading > 1
    lowest = float(voltage.min()) if voltage.size else None
    highest = float(voltage.max()) if voltage.size else None
    loading = float(record.line_loading.max()) if record.line_loading.size else None
    result = {
        "voltage_min_pu": _grid(lowest, "p.u.", "Lowest of any bus"),
        "voltage_max_pu": _grid(highest, "p.u.", "Highest of any bus"),
        "voltage_violations": _grid(
            int(outside.sum()), COUNT, "Pairs of bus and slot outside ±10 % of nominal"
        ),
        "line_loading_max": _grid(loading, SHARE, "Highest current / thermal limit"),
        "line_overloads": _grid(
            int(over.sum()), COUNT, "Pairs of line and slot above the thermal limit"
        ),
        "losses_wh": _grid(record.losses_wh, "Wh", "Lines and transformers"),
    }
    if record.status_quo_losses_wh is not None:
        result["losses_status_quo_wh"] = _grid(
            record.status_quo_losses_wh, "Wh", "Lines and transformers in the status quo"
        )
    return result


def _of(value: int | float | None, unit: str, provenance: Provenance, meaning: str) -> Indicator:
    """An indicator."""
    return Indicator(value, unit, provenance, meaning)


def _grid(value: int | float | None, unit: str, meaning: str) -> Indicator:
    """An indicator of the power flow."""
    return Indicator(value, unit, Provenance.SIMULATED, meaning)
