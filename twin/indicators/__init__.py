"""Indicators: pure functions from a run's arrays to named figures with unit, provenance and
meaning."""

from twin.indicators.contracts import (
    ContractRecord,
    Outcome,
    contract_indicators,
    settled_outcome,
)
from twin.indicators.energy import (
    EnergyRecord,
    MicrogridBalance,
    energy_indicators,
    microgrid_balance,
)
from twin.indicators.indicator import Indicator, Indicators, Provenance, Value, merge
from twin.indicators.knowledge import (
    KnowledgeRecord,
    LinkRecord,
    knowledge_indicators,
    link_indicators,
)
from twin.indicators.money import MoneyRecord, money_indicators
from twin.indicators.operation import (
    GridRecord,
    LedgerRecord,
    grid_indicators,
    ledger_indicators,
)

__all__ = [
    "ContractRecord",
    "EnergyRecord",
    "GridRecord",
    "Indicator",
    "Indicators",
    "KnowledgeRecord",
    "LedgerRecord",
    "LinkRecord",
    "MicrogridBalance",
    "MoneyRecord",
    "Outcome",
    "Provenance",
    "Value",
    "contract_indicators",
    "energy_indicators",
    "grid_indicators",
    "knowledge_indicators",
    "ledger_indicators",
    "link_indicators",
    "merge",
    "microgrid_balance",
    "money_indicators",
    "settled_outcome",
]
