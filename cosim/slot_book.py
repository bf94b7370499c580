"""Everything that management knows of one delivery slot, from its orders to its last settlement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cosim.matching import Matching
from twin.settlement import Agreements, Settlement, StabilityRates
from twin.units import BoolArray, IntArray


@dataclass
class Batch:
    """One settlement of a slot: which agreements, by which transaction, against which readings."""

    tx_hash: str
    rows: IntArray
    """Which agreements of the slot."""
    settlement: Settlement
    """Their outcome, in the order of `rows`."""
    quality: NDArray[np.int8]
    """Quality of every participant's reading at the time (n,)."""
    settled_at_s: int | None = None
    final_at_ms: int | None = None


@dataclass
class SlotBook:
    """The life of a slot's agreements; arrays over agreements (k,) or participants (n,)."""

    slot: int
    matching: Matching
    commit_deadline_s: int | None
    """None where the ledger's finality rule knows no time early enough."""
    commit_tx: str | None = None
    """None where nothing matched, or no block could be final in time."""
    signed: Any = None
    """The signed terms, as the contract wants to see them again when it settles."""
    committed: bool | None = None
    """None while the ledger has not answered."""
    committed_at_s: int | None = None
    committed_final_at_ms: int | None = None
    batches: list[Batch] = field(default_factory=list)
    settled: BoolArray = field(init=False)
    """Which agreements a settlement has been sent for."""

    def __post_init__(self) -> None:
        self.settled = np.zeros(len(self.agreements), bool)

    @property
    def agreements(self) -> Agreements:
        return self.matching.agreements

    @property
    def rates(self) -> StabilityRates:
        return self.matching.rates

    @property
    def standing(self) -> Agreements:
        """The agreements that count: none where the commit missed the gate."""
        return self.agreements if self.committed else Agreements.empty()

    @property
    def signed_net_wh(self) -> IntArray:
        """N = purchases − sales of what was sent to the ledger, (n,) [Wh]."""
        terms = self.agreements if self.commit_tx is not None else Agreements.empty()
        return self._net_wh(terms)

    @property
    def committed_net_wh(self) -> IntArray:
        """N = purchases − sales of the agreements that stand, (n,) [Wh]."""
        return self._net_wh(self.standing)

    def _net_wh(self, terms: Agreements) -> IntArray:
        n = self.matching.participants
        bought = np.bincount(terms.buyer, terms.quantity_wh, n)
        sold = np.bincount(terms.seller, terms.quantity_wh, n)
        return (bought - sold).astype(np.int64)
