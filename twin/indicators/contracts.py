"""What became of the contracts, and what failures cost."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from twin.indicators.indicator import COUNT, SHARE, Indicator, Indicators, Provenance, share
from twin.settlement import Agreements, Settlement
from twin.units import IntArray


class Outcome(IntEnum):
    """The ends of an agreement (MODEL, "Always true")."""

    KEPT = 0
    """Settled, both deviations within the tolerance."""
    COMPENSATED = 1
    """Settled, a deviation beyond it."""
    LAPSED = 2
    """Committed, but a reorganisation dropped it after its deadline."""
    MISSED_THE_GATE = 3
    """Never committed: no block in time, or not signed by all."""
    HELD = 4
    """Still in escrow, for want of a reading."""

    @property
    def label(self) -> str:
        return self.name.lower()


def settled_outcome(settlement: Settlement, tolerance_wh: int) -> NDArray[np.int64]:
    """`KEPT` or `COMPENSATED` of each settled agreement (k,): a label only, money is always
    exact."""
    worst = np.maximum(settlement.seller_short_wh, settlement.buyer_short_wh)
    return np.where(worst <= tolerance_wh, Outcome.KEPT, Outcome.COMPENSATED).astype(np.int64)


@dataclass(frozen=True)
class ContractRecord:
    """The agreements of a run."""

    outcome: NDArray[np.int64]
    """(k,) `Outcome` of every agreement that was ever made."""
    agreements: Agreements
    """The settled ones (j,)."""
    settlement: Settlement
    """(j,)."""
    commitment_deviation_wh: IntArray
    """(slots, n) measured net less committed net, of those with a commitment; else 0."""


def contract_indicators(record: ContractRecord) -> Indicators:
    """Counts by outcome, imbalance and compensation."""
    count = np.bincount(record.outcome, minlength=len(Outcome))
    result = {
        f"contracts_{outcome.label}": _executed(int(count[outcome]), COUNT, _MEANING[outcome])
        for outcome in Outcome
    }
    made = len(record.outcome)
    result["contracts"] = _executed(made, COUNT, "Agreements made by the auction house")
    result["contracts_kept_share"] = _executed(
        share(int(count[Outcome.KEPT]), made), SHARE, "Contracts kept / agreements made"
    )
    done = record.settlement
    result["committed_wh"] = _executed(
        int(record.agreements.quantity_wh.sum()), "Wh", "Energy of settled contracts"
    )
    result["seller_short_wh"] = _executed(
        int(done.seller_short_wh.sum()), "Wh", "What sellers did not deliver of it"
    )
    result["buyer_short_wh"] = _executed(
        int(done.buyer_short_wh.sum()), "Wh", "What buyers did not absorb of it"
    )
    result["void_wh"] = _executed(
        int(done.void_wh.sum()), "Wh", "Neither delivered nor absorbed, so not paid"
    )
    result["imbalance_wh"] = _executed(
        int(np.abs(record.commitment_deviation_wh).sum()),
        "Wh",
        "Deviations of participants from what they had committed, over-delivery included",
    )
    for side, lost in (
        ("seller", done.seller_compensation_neur),
        ("buyer", done.buyer_compensation_neur),
    ):
        result[f"compensation_{side}_neur"] = _executed(
            int(lost.sum()), "n€", f"Collateral that {side}s lost to the stabiliser"
        )
    result["compensation_neur"] = _executed(
        int(done.seller_compensation_neur.sum() + done.buyer_compensation_neur.sum()),
        "n€",
        "Collateral lost to the stabiliser",
    )
    return result


_MEANING = {
    Outcome.KEPT: "Settled with both deviations within the tolerance",
    Outcome.COMPENSATED: "Settled with a deviation beyond the tolerance",
    Outcome.LAPSED: "Committed, then dropped by a reorganisation after the deadline",
    Outcome.MISSED_THE_GATE: "Not committed in time to be final by the slot's start",
    Outcome.HELD: "Still in escrow for want of a reading",
}


def _executed(value: int | float | None, unit: str, meaning: str) -> Indicator:
    """An indicator of what the contracts did."""
    return Indicator(value, unit, Provenance.EXECUTED, meaning)
