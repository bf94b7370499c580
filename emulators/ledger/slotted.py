"""Consensus whose blocks can only stand on a grid of slots, such as proof of authority or Gasper.

A slot in which nothing waits needs no SimPy event: stretches of them are written down at once, in
`_idle_before`, whenever a block with transactions follows or somebody asks. Random draws are made
slot by slot in order either way, so that the outcome is that of stepping through every slot.
"""

import numpy as np
import simpy
from pydantic import Field

from emulators.ledger.base import Consensus, Execute, Parameters, Process
from emulators.ledger.transactions import Final
from twin.units import BoolArray, IntArray


class SlottedParameters(Parameters):
    """Parameters of a ledger with slots."""

    genesis_s: int = Field(strict=True)
    """A slot begins at this time [s]; slots before it have negative numbers."""


class SlottedConsensus(Consensus):
    """Slot j stands at `genesis_s + j * period_s` and holds one block, or none if it is missed."""

    def __init__(
        self,
        env: simpy.Environment,
        parameters: SlottedParameters,
        rng: np.random.Generator,
        execute: Execute,
        block_gas_limit: int,
        *,
        period_s: int,
    ) -> None:
        super().__init__(env, parameters, rng, execute, block_gas_limit)
        self._genesis_s = parameters.genesis_s
        self._period_s = period_s
        self._next_slot = self._slot_at_or_after_ms(self.now_ms + 1)

    def _run(self) -> Process:
        while True:
            arrival_ms = self._mempool.first_arrival_ms
            if arrival_ms is None:
                yield self._until(None)
                continue
            slot = max(self._slot_at_or_after_ms(arrival_ms), self._next_slot)
            if self._time_s(slot) > self.env.now:
                yield self._until(self._time_s(slot))
                continue
            self._idle_before(slot)
            self._pass(slot)

    def _pass(self, slot: int) -> None:
        """Let a slot pass in which transactions wait."""
        self._next_slot = slot + 1
        slots = np.array([slot], dtype=np.int64)
        missed, proposer = self._missed(slots), self._proposer(slots)
        if missed[0]:
            self._extend_idle(slots, proposer, missed)
            return
        time_s = self._time_s(slot)
        included = self._make_block(time_s, time_s * 1000, int(proposer[0]))
        final_at_s = self._final_at_s(slot)
        if final_at_s <= time_s:
            self._finalise(self._height, included, time_s)
        else:
            self.env.process(self._checkpoint(self._height, included, final_at_s))

    def _checkpoint(self, height: int, included: list[str], final_at_s: int) -> Process:
        yield self.env.timeout(final_at_s - self.env.now)
        self._finalise(height, included, final_at_s)

    def _finalise(self, height: int, included: list[str], at_s: int) -> None:
        self._events += [Final(tx_hash, height, at_s * 1000) for tx_hash in included]

    def _idle_before(self, slot: int) -> None:
        """Write down the slots before `slot`, in which nothing waited."""
        slots = np.arange(self._next_slot, slot, dtype=np.int64)
        if slots.size:
            self._next_slot = slot
            self._extend_idle(slots, self._proposer(slots), self._missed(slots))

    def _extend_idle(self, slots: IntArray, proposer: IntArray, missed: BoolArray) -> None:
        height = self._height + np.arange(1, slots.size + 1, dtype=np.int64)
        self._height += slots.size
        self._log.extend_idle(height, self._times_s(slots), proposer, missed)

    def _catch_up(self) -> None:
        self._idle_before(self._slot_at_or_after_ms(self.now_ms))

    def _time_s(self, slot: int) -> int:
        return self._genesis_s + slot * self._period_s

    def _times_s(self, slots: IntArray) -> IntArray:
        return self._genesis_s + slots * self._period_s

    def _slot_at_or_after_ms(self, time_ms: int) -> int:
        return -((self._genesis_s * 1000 - time_ms) // (self._period_s * 1000))

    def _last_slot_by_s(self, time_s: int) -> int:
        return (time_s - self._genesis_s) // self._period_s

    def _final_at_ms(self, block_time_s: IntArray) -> IntArray:
        slots = (block_time_s - self._genesis_s) // self._period_s
        return np.array(self._finality_s(slots), dtype=np.int64) * 1000

    def _final_at_s(self, slot: int) -> int:
        return int(self._finality_s(np.array([slot], dtype=np.int64))[0])

    def _finality_s(self, slots: IntArray) -> IntArray:
        """When the blocks of these slots are final [s]; same shape. Here: on inclusion."""
        return self._times_s(slots)

    def _missed(self, slots: IntArray) -> BoolArray:
        """Which of these consecutive slots pass without a block; drawn once each, in order."""
        return np.zeros(slots.shape, dtype=bool)

    def _proposer(self, slots: IntArray) -> IntArray:
        """Whose turn these slots are; same shape."""
        return np.full(slots.shape, -1, dtype=np.int64)
