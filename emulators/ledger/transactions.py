"""What goes into a ledger, and what it reports back."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Submission:
    """A signed transaction on its way to the ledger."""

    tx_hash: str
    raw: bytes
    gas_limit: int
    """Gas that it claims of a block [gas]; what it uses is known only after execution."""
    kind: str
    """What it is for, e.g. `commit`; a label that no consensus reads."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the EVM says of one executed transaction."""

    status: int
    """1 where it took effect, 0 where it was reverted (and is in the block all the same)."""
    gas_used: int


@dataclass(frozen=True, slots=True)
class Included:
    """A transaction stands in a block."""

    tx_hash: str
    height: int
    block_time_s: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Final:
    """The ledger's own rule says that nothing can undo the transaction any more."""

    tx_hash: str
    height: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Reorganised:
    """The block that held the transaction has lost: it waits again, or never comes back."""

    tx_hash: str
    height: int
    at_ms: int


LedgerEvent = Included | Final | Reorganised
