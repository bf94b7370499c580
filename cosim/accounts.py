"""The reference books: what every balance on chain must be after each transaction."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.errors import SettlementMismatchError
from twin.settlement import Agreements, Settlement
from twin.units import IntArray


@dataclass(frozen=True)
class CommitEffect:
    """Escrow of a commit: what its success moves from free to locked, and mints."""

    agreements: Agreements
    declared_wh: int
    """Energy declared with it; 0 where the offers declared it before."""


@dataclass(frozen=True)
class DeclareEffect:
    """An order or a proposal of its own on the ledger: what an offer's success mints."""

    declared_wh: int


@dataclass(frozen=True)
class SettleEffect:
    """Release of a settlement: who is paid, who gets back what, which tokens end."""

    agreements: Agreements
    settlement: Settlement


@dataclass(frozen=True)
class LapseEffect:
    """End of declared energy that found no buyer."""

    lapsed_wh: int


Effect = DeclareEffect | CommitEffect | SettleEffect | LapseEffect


def escrow_neur(agreements: Agreements, parties: int) -> IntArray:
    """What each of `parties` has to put in for `agreements` [n€], (parties,) int64."""
    buyer = (
        agreements.price_ueur_per_kwh + agreements.fee_ueur_per_kwh
    ) * agreements.quantity_wh + agreements.buyer_collateral_neur
    total = np.zeros(parties, np.int64)
    np.add.at(total, agreements.buyer, buyer)
    np.add.at(total, agreements.seller, agreements.seller_collateral_neur)
    return total


@dataclass
class ReferenceAccounts:
    """Free and locked money of every party [n€], and tokens [Wh]; the last two parties are DSO and
    LPD."""

    ids: tuple[str, ...]
    deposit_neur: int
    dso: int
    stabiliser: int
    free_neur: IntArray = field(init=False)
    locked_neur: IntArray = field(init=False)
    minted_wh: int = 0
    burned_wh: int = 0
    lapsed_wh: int = 0

    def __post_init__(self) -> None:
        self.free_neur = np.zeros(len(self.ids), np.int64)
        self.free_neur[:-2] = self.deposit_neur
        self.locked_neur = np.zeros(len(self.ids), np.int64)

    def apply(self, effect: Effect) -> None:
        """Book what a transaction that succeeded on chain must have done."""
        if isinstance(effect, DeclareEffect):
            self.minted_wh += effect.declared_wh
            return
        if isinstance(effect, LapseEffect):
            self.lapsed_wh += effect.lapsed_wh
            return
        if isinstance(effect, CommitEffect):
            moved = escrow_neur(effect.agreements, len(self.ids))
            self.free_neur = self.free_neur - moved
            self.locked_neur = self.locked_neur + moved
            self.minted_wh += effect.declared_wh
            return
        terms, outcome = effect.agreements, effect.settlement
        self.locked_neur = self.locked_neur - escrow_neur(terms, len(self.ids))
        free = self.free_neur.copy()
        np.add.at(free, terms.seller, outcome.seller_paid_neur + outcome.seller_returned_neur)
        np.add.at(free, terms.buyer, outcome.buyer_returned_neur)
        free[self.dso] += outcome.dso_paid_neur.sum()
        free[self.stabiliser] += outcome.stabiliser_paid_neur.sum()
        self.free_neur = free
        lapsed = int(outcome.seller_short_wh.sum())
        self.lapsed_wh += lapsed
        self.burned_wh += int(terms.quantity_wh.sum()) - lapsed

    def check(self, free_neur: IntArray, locked_neur: IntArray, where: str) -> None:
        """Raise SettlementMismatchError where a balance on chain is not the reference's."""
        for kind, ours, theirs in (
            ("free", self.free_neur, free_neur),
            ("locked", self.locked_neur, locked_neur),
        ):
            wrong = np.flatnonzero(ours != theirs)
            if len(wrong):
                i = int(wrong[0])
                raise SettlementMismatchError(
                    f"{where}: the {kind} balance of {self.ids[i]} on chain is "
                    f"{int(theirs[i])} n€, the reference settlement says {int(ours[i])} n€ "
                    f"({len(wrong)} of {len(ours)} balances differ)."
                )
