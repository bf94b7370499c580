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
class Commit:
    """One commit of a slot: which agreements, by which transaction, and what became of it."""

    tx_hash: str
    rows: IntArray
    """Which agreements of the slot."""
    succeeded: bool | None = None
    """None while the ledger has not answered."""
    block_time_s: int | None = None
    final_at_ms: int | None = None


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
    commits: list[Commit] = field(default_factory=list)
    """Empty where nothing matched, or no block could be final in time."""
    declared: dict[str, bool | None] = field(default_factory=dict)
    """Offers that a transaction of their own put on the ledger, by its hash, and whether it took
    them; None while it has not answered."""
    signed: Any = None
    """What was signed, as the contracts want to see it again when they settle."""
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
    def answered(self) -> bool:
        """Whether the ledger has said of every commit what became of it."""
        return all(commit.succeeded is not None for commit in self.commits)

    @property
    def committed(self) -> BoolArray:
        """Which agreements (k,) stand; not those whose commit missed the gate."""
        committed = np.zeros(len(self.agreements), bool)
        for commit in self.commits:
            committed[commit.rows] = bool(commit.succeeded)
        return committed

    @property
    def standing(self) -> Agreements:
        """The agreements that count: those that stand."""
        return self.agreements.take(self.committed)

    @property
    def signed_net_wh(self) -> IntArray:
        """N = purchases − sales of what was sent to the ledger, (n,) [Wh]."""
        terms = self.agreements if self.commits else Agreements.empty()
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
