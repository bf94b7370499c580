"""Proof of authority: known signers take turns at a fixed period.

Source: EIP-225 (Clique), whose in-turn signer of block n is n modulo the number of signers. Without
faults every signer keeps its turn, so that there are no forks and inclusion is final.
"""

from typing import ClassVar

import numpy as np
import simpy
from pydantic import Field

from emulators.ledger.base import Execute, Parameters
from emulators.ledger.slotted import SlottedConsensus, SlottedParameters
from twin.units import IntArray


class PoaParameters(SlottedParameters):
    """Parameters of proof of authority."""

    period_s: int = Field(ge=1, le=3600, strict=True)
    """Time between two blocks [s]."""
    signers: int = Field(ge=1, le=10_000, strict=True)
    """Authorities that take turns [-]."""


class ProofOfAuthority(SlottedConsensus):
    """One block per period, by the signer whose turn it is, final on inclusion."""

    parameters_type: ClassVar[type[Parameters]] = PoaParameters

    def __init__(
        self,
        env: simpy.Environment,
        parameters: PoaParameters,
        rng: np.random.Generator,
        execute: Execute,
        block_gas_limit: int,
    ) -> None:
        self._signers = parameters.signers
        super().__init__(
            env, parameters, rng, execute, block_gas_limit, period_s=parameters.period_s
        )

    def commit_deadline_s(self, delivery_start_s: int) -> int:
        return self._time_s(self._last_slot_by_s(delivery_start_s))

    def _proposer(self, slots: IntArray) -> IntArray:
        return np.array(slots % self._signers, dtype=np.int64)
