"""What every consensus offers to a run: transactions go in, inclusion and finality come out."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Sequence
from typing import Any, ClassVar

import numpy as np
import simpy
from pydantic import BaseModel, ConfigDict, Field

from emulators.ledger.blocks import BlockLog, Blocks
from emulators.ledger.mempool import Mempool
from emulators.ledger.transactions import (
    Final,
    Included,
    LedgerEvent,
    Outcome,
    Reorganised,
    Submission,
)
from twin.errors import LedgerError
from twin.units import IntArray

__all__ = [
    "Consensus",
    "Execute",
    "Final",
    "Included",
    "LedgerEvent",
    "Outcome",
    "Parameters",
    "Reorganised",
    "Submission",
]

Execute = Callable[[int, int, Sequence[Submission]], Sequence[Outcome]]
"""Executes (ledger height, block time [s], transactions in order) and returns one outcome each.

It is called once for every block that holds transactions; the ledger's height is not the EVM's
block number, since empty blocks are not executed. A height at or below one executed before means
that the ledger has reorganised: the callee first undoes everything from that height on. A branch
that wins without transactions executes its first block with none, so that the loser is undone.
"""
Process = Generator[simpy.Event, Any, None]


class Parameters(BaseModel):
    """Parameters of a consensus, filled from its entry of the catalogue; frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    network_delay_ms: int = Field(ge=0, strict=True)
    """From the sender to the mempool of the next proposer [ms]."""

    @property
    def longest_finality_s(self) -> int:
        """From a block's time until it is final, at most and without faults [s]."""
        return 0


class Consensus(ABC):
    """A SimPy process that makes blocks.

    Times are seconds since slot 0 of the market begins and may be negative; the ledger starts at
    `env.now`. Block times are whole seconds and strictly increasing; heights count blocks (and
    missed slots) from 1. A transaction that has arrived by a block's time goes into it in order of
    arrival, until the next in line does not fit under the block's gas limit; that one and all
    behind it wait.

    >>> import numpy as np, simpy
    >>> from emulators.ledger.poa import PoaParameters, ProofOfAuthority
    >>> env = simpy.Environment(initial_time=-60)
    >>> parameters = PoaParameters(network_delay_ms=200, genesis_s=0, period_s=5, signers=4)
    >>> def execute(height, block_time_s, transactions):
    ...     return [Outcome(status=1, gas_used=21_000) for _ in transactions]
    >>> ledger = ProofOfAuthority(env, parameters, np.random.default_rng(0), execute, 60_000_000)
    >>> ledger.submit(Submission("0x01", b"", gas_limit=21_000, kind="deposit"))
    >>> env.run(until=0)
    >>> for event in ledger.drain_events():
    ...     print(event)
    Included(tx_hash='0x01', height=1, block_time_s=-55, at_ms=-55000)
    Final(tx_hash='0x01', height=1, at_ms=-55000)
    """

    parameters_type: ClassVar[type[Parameters]]

    def __init__(
        self,
        env: simpy.Environment,
        parameters: Parameters,
        rng: np.random.Generator,
        execute: Execute,
        block_gas_limit: int,
    ) -> None:
        self.env = env
        self.rng = rng
        self.block_gas_limit = block_gas_limit
        self._execute = execute
        self._network_delay_ms = parameters.network_delay_ms
        self._mempool = Mempool()
        self._arrival = env.event()
        self._events: list[LedgerEvent] = []
        self._log = BlockLog()
        self._height = 0
        env.process(self._run())

    def submit(self, submission: Submission, at_s: int | None = None) -> None:
        """Send a transaction now, or at `at_s` [s] where that is later.

        Raises LedgerError where it claims more gas than a whole block holds.
        """
        if submission.gas_limit > self.block_gas_limit:
            raise LedgerError(
                f"transaction {submission.tx_hash} ({submission.kind}) claims "
                f"{submission.gas_limit} gas, but ledger.block_gas_limit lets a block hold "
                f"{self.block_gas_limit}: raise the limit or choose a smaller neighbourhood"
            )
        sent_ms = self.now_ms if at_s is None else max(at_s * 1000, self.now_ms)
        self._mempool.add(sent_ms + self._network_delay_ms, submission)
        if not self._arrival.triggered:
            self._arrival.succeed()

    def drain_events(self) -> list[LedgerEvent]:
        """What has happened since the last call, in order; each event is handed out once."""
        events, self._events = self._events, []
        return events

    def blocks(self) -> Blocks:
        """Every block and missed slot with a time before `env.now`, empty ones included."""
        self._catch_up()
        return self._log.columns(self._final_at_ms(self._log.column("block_time_s")), self.now_ms)

    @property
    def now_ms(self) -> int:
        return round(self.env.now * 1000)

    @property
    def waiting(self) -> int:
        """Transactions that are sent and not yet in a block."""
        return len(self._mempool)

    @abstractmethod
    def commit_deadline_s(self, delivery_start_s: int) -> int | None:
        """The latest block time [s] from which this ledger's own finality rule still makes a
        transaction final at `delivery_start_s` or before; none where the rule knows no such time.
        """

    @abstractmethod
    def _run(self) -> Process:
        """The process itself."""

    @abstractmethod
    def _final_at_ms(self, block_time_s: IntArray) -> IntArray:
        """When blocks of these times are or will be final [ms]; same shape."""

    def _catch_up(self) -> None:  # noqa: B027 (most processes have nothing to catch up on)
        """Write down the blocks before `env.now` that had no event of their own."""

    def _until(self, time_s: float | None) -> simpy.Event:
        """What a process waits for: the time given [s], or whatever is submitted before it."""
        self._arrival = self.env.event()
        if time_s is None:
            return self._arrival
        return self.env.timeout(time_s - self.env.now) | self._arrival

    def _make_block(self, block_time_s: int, at_ms: int, proposer: int) -> list[str]:
        """Fill the next block from what has arrived by `at_ms`, execute it, write it down.

        Returns the hashes of its transactions, for which Included is already among the events.
        """
        self._height += 1
        chosen = self._mempool.take(at_ms, self.block_gas_limit)
        outcomes = self._execute(self._height, block_time_s, chosen) if chosen else ()
        if len(outcomes) != len(chosen):
            raise LedgerError(
                f"block {self._height} holds {len(chosen)} transactions, "
                f"but the node returned {len(outcomes)} outcomes"
            )
        gas_used = sum(outcome.gas_used for outcome in outcomes)
        self._log.append(self._height, block_time_s, len(chosen), gas_used, proposer)
        self._events += [Included(s.tx_hash, self._height, block_time_s, at_ms) for s in chosen]
        return [submission.tx_hash for submission in chosen]
