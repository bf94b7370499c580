"""What management hands to the ledger, and what it hears back."""

from __future__ import annotations

from dataclasses import dataclass

from cosim.accounts import Effect
from emulators.chain.transactions import SignedTransaction


@dataclass(frozen=True)
class Dispatch:
    """A signed transaction on its way to the ledger."""

    signed: SignedTransaction
    tx_hash: str
    slot: int | None
    """Delivery slot that it concerns; none for the set-up."""
    submit_at_s: int
    effect: Effect | None = None
    """What it must do to the books if it succeeds."""


@dataclass(frozen=True)
class Inclusion:
    """A transaction is in a block, and was executed there."""

    tx_hash: str
    succeeded: bool
    block_time_s: int


@dataclass(frozen=True)
class Finality:
    """A transaction's block is final by the ledger's own rule."""

    tx_hash: str
    at_ms: int


@dataclass(frozen=True)
class Undone:
    """A reorganisation took a transaction's block away again."""

    tx_hash: str
    at_ms: int


LedgerEvent = Inclusion | Finality | Undone
