"""The blocks of a ledger as columns, the empty ones and the missed slots included."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from twin.units import BoolArray, IntArray

UNKNOWN: Final = -1
"""Stands for a proposer that is not modelled, and for a finality that has not come yet."""
_COLUMNS: Final = ("height", "block_time_s", "transactions", "gas_used", "proposer", "missed")


@dataclass(frozen=True, slots=True)
class Blocks:
    """One row per block or missed slot, in order of time; every column has shape (rows,)."""

    height: IntArray
    """Number of the block or missed slot since the run began, from 1. Not the EVM's block number,
    since neither empty blocks nor missed slots are executed."""
    block_time_s: IntArray
    """Seconds since slot 0 of the market begins; strictly increasing."""
    final_at_ms: IntArray
    """When the block became final [ms]; -1 where it has not (yet)."""
    transactions: IntArray
    gas_used: IntArray
    """Gas of its transactions as executed [gas]."""
    proposer: IntArray
    """Number of the validator whose turn it was; -1 where the consensus does not model it."""
    missed: BoolArray
    """The slot passed without a block."""


class BlockLog:
    """Grows by whole stretches of empty blocks, so that an idle day costs next to nothing."""

    def __init__(self) -> None:
        self._chunks: list[tuple[IntArray, ...]] = []

    def append(
        self, height: int, block_time_s: int, transactions: int, gas_used: int, proposer: int
    ) -> None:
        """Add one block."""
        row = (height, block_time_s, transactions, gas_used, proposer, 0)
        self._chunks.append(tuple(np.array([value], dtype=np.int64) for value in row))

    def extend_idle(
        self, height: IntArray, block_time_s: IntArray, proposer: IntArray, missed: BoolArray
    ) -> None:
        """Add blocks without transactions and missed slots; all of shape (rows,)."""
        nothing = np.zeros(len(height), dtype=np.int64)
        self._chunks.append(
            (height, block_time_s, nothing, nothing, proposer, missed.astype(np.int64))
        )

    def column(self, name: str) -> IntArray:
        """One column over all rows so far, shape (rows,)."""
        index = _COLUMNS.index(name)
        if not self._chunks:
            return np.zeros(0, dtype=np.int64)
        return np.concatenate([chunk[index] for chunk in self._chunks])

    def columns(self, final_at_ms: IntArray, now_ms: int) -> Blocks:
        """All rows so far; `final_at_ms`, shape (rows,), counts where it has come by `now_ms`."""
        missed = self.column("missed").astype(bool)
        return Blocks(
            height=self.column("height"),
            block_time_s=self.column("block_time_s"),
            final_at_ms=np.where(missed | (final_at_ms > now_ms), UNKNOWN, final_at_ms),
            transactions=self.column("transactions"),
            gas_used=self.column("gas_used"),
            proposer=self.column("proposer"),
            missed=missed,
        )
