"""Proof of stake as Ethereum runs it: Gasper, with finality by checkpoints.

Source: the protocol's own constants (slots of 12 s, epochs of 32 slots) and Buterin et al. 2020,
"Combining GHOST and Casper". Checkpoints stand at the starts of epochs. While two thirds of the
stake attest, checkpoint e + 1 is justified at the start of epoch e + 2 and final at the start of
epoch e + 3, and with it every block of epoch e: the block in slot k of its epoch is final
(96 - k) slots later, 780 to 1152 s, 966 s on average. (The block in an epoch's first slot, which is
that epoch's checkpoint itself, is taken to wait for the next one too: the careful reading.)
Missed slots do not delay finality, since attesters vote for the block before.
"""

from typing import ClassVar

import numpy as np
import simpy
from pydantic import Field

from emulators.ledger.base import Execute, Parameters
from emulators.ledger.slotted import SlottedConsensus, SlottedParameters
from twin.units import BoolArray, IntArray


class PosParameters(SlottedParameters):
    """Parameters of Gasper."""

    slot_s: int = Field(ge=1, le=3600, strict=True)
    """Length of a slot [s]."""
    epoch_slots: int = Field(ge=1, le=10_000, strict=True)
    """Slots of an epoch [-]."""
    finality_epochs: int = Field(ge=1, le=1000, strict=True)
    """From the start of a block's epoch to the start of the epoch that makes it final [-]."""
    missed_slot_probability: float = Field(ge=0, lt=1)
    """Chance that a slot's proposer makes no block [-]."""

    @property
    def longest_finality_s(self) -> int:
        return self.finality_epochs * self.epoch_slots * self.slot_s


class ProofOfStake(SlottedConsensus):
    """A block per slot unless its proposer misses it, final with its epoch's checkpoint."""

    parameters_type: ClassVar[type[Parameters]] = PosParameters

    def __init__(
        self,
        env: simpy.Environment,
        parameters: PosParameters,
        rng: np.random.Generator,
        execute: Execute,
        block_gas_limit: int,
    ) -> None:
        self._gasper = parameters
        super().__init__(env, parameters, rng, execute, block_gas_limit, period_s=parameters.slot_s)

    def commit_deadline_s(self, delivery_start_s: int) -> int:
        epochs_begun = self._last_slot_by_s(delivery_start_s) // self._gasper.epoch_slots
        last_final_epoch = epochs_begun - self._gasper.finality_epochs
        return self._time_s((last_final_epoch + 1) * self._gasper.epoch_slots - 1)

    def _finality_s(self, slots: IntArray) -> IntArray:
        final_epoch = slots // self._gasper.epoch_slots + self._gasper.finality_epochs
        return self._times_s(final_epoch * self._gasper.epoch_slots)

    def _missed(self, slots: IntArray) -> BoolArray:
        return self.rng.random(slots.shape) < self._gasper.missed_slot_probability
