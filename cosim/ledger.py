"""Communication layer: transactions wait for blocks of a simulated consensus and run on a real
EVM."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import simpy

from cosim.accounts import CommitEffect, DeclareEffect, ReferenceAccounts, SettleEffect
from cosim.clock import Clock
from cosim.submission import Dispatch, Finality, Inclusion, LedgerEvent, Undone
from emulators.chain.nodes.base import EvmNode, Receipt
from emulators.ledger.base import Consensus, Included, Outcome, Reorganised, Submission
from emulators.ledger.blocks import UNKNOWN
from emulators.ledger.catalogue import ledger_entry, open_consensus
from twin.errors import ChainError
from twin.scenario import Scenario
from twin.units import IntArray


@dataclass
class TransactionRecord:
    """What became of one transaction; a row of the results."""

    dispatch: Dispatch
    position: int | None = None
    height: int | None = None
    block_time_s: int | None = None
    included_at_ms: int | None = None
    final_at_ms: int | None = None
    receipt: Receipt | None = None


@dataclass
class LedgerLayer:
    """Runs the consensus over the step that begins: nobody can submit before the next one.

    `balances` reads every party's free and locked money on chain; after each block that settles, it
    must equal the reference books.
    """

    name: ClassVar[str] = "ledger"
    inputs: ClassVar[tuple[str, ...]] = ("submissions",)
    outputs: ClassVar[tuple[str, ...]] = ("events",)

    scenario: Scenario
    seed: int
    clock: Clock
    node: EvmNode
    epoch_unix_s: int
    accounts: ReferenceAccounts
    balances: Callable[[EvmNode], tuple[IntArray, IntArray]]
    error_name: Callable[[Receipt], str | None]
    setup: Sequence[Dispatch]
    env: simpy.Environment = field(init=False)
    consensus: Consensus = field(init=False)
    records: dict[str, TransactionRecord] = field(default_factory=dict)
    _executed: int = 0
    _begun: bool = False

    def __post_init__(self) -> None:
        self.env = simpy.Environment(initial_time=-self.clock.prelude_s)
        self.consensus = open_consensus(
            self.scenario.ledger.consensus,
            self.env,
            self.seed,
            self._execute,
            self.scenario.ledger.block_gas_limit,
        )

    @property
    def devices(self) -> Sequence[str]:
        return (self.node.name,)

    def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        if not self._begun:
            self._begun = True
            self._submit(self.setup)
        self._submit(inputs.get("submissions") or ())
        self.env.run(until=self.clock.next_t(t))
        return {"events": self._heard()}

    def _submit(self, dispatches: Sequence[Dispatch]) -> None:
        for dispatch in dispatches:
            signed, tx_hash = dispatch.signed, dispatch.tx_hash
            self.records[tx_hash] = TransactionRecord(dispatch)
            self.consensus.submit(
                Submission(tx_hash, signed.raw, signed.gas_limit, signed.kind),
                at_s=dispatch.submit_at_s,
            )

    def _execute(
        self, height: int, block_time_s: int, submissions: Sequence[Submission]
    ) -> Sequence[Outcome]:
        raw = [submission.raw for submission in submissions]
        receipts = self.node.mine(self.epoch_unix_s + block_time_s, raw)
        settled = False
        for submission, receipt in zip(submissions, receipts, strict=True):
            record = self.records[submission.tx_hash]
            record.position, record.receipt = self._executed, receipt
            record.height, record.block_time_s = height, block_time_s
            self._executed += 1
            settled |= self._book(record, receipt)
        if settled:
            free, locked = self.balances(self.node)
            self.accounts.check(free, locked, f"Block {height} at {block_time_s} s")
        return [Outcome(int(receipt.succeeded), receipt.gas_used) for receipt in receipts]

    def _book(self, record: TransactionRecord, receipt: Receipt) -> bool:
        """Apply what a transaction did to the reference books; True where balances must be
        compared."""
        dispatch = record.dispatch
        if receipt.succeeded:
            if dispatch.effect is not None:
                self.accounts.apply(dispatch.effect)
            return isinstance(dispatch.effect, SettleEffect)
        # Only what has a deadline may come too late.
        if not isinstance(dispatch.effect, CommitEffect | DeclareEffect):
            raise ChainError(
                f"The {dispatch.signed.kind} transaction for slot {dispatch.slot} was refused "
                f"by the contract ({self.error_name(receipt) or 'no reason'}); it must succeed."
            )
        return False

    def _heard(self) -> list[LedgerEvent]:
        heard: list[LedgerEvent] = []
        for event in self.consensus.drain_events():
            record = self.records[event.tx_hash]
            if isinstance(event, Included):
                assert record.receipt is not None
                record.included_at_ms = event.at_ms
                heard.append(Inclusion(event.tx_hash, record.receipt.succeeded, event.block_time_s))
            elif isinstance(event, Reorganised):
                record.included_at_ms = record.final_at_ms = None
                heard.append(Undone(event.tx_hash, event.at_ms))
            else:
                record.final_at_ms = event.at_ms
                heard.append(Finality(event.tx_hash, event.at_ms))
        return heard

    @property
    def fee_neur_per_gas(self) -> int:
        """What a unit of gas costs [n€]: the scenario's, else the catalogue's."""
        fee = self.scenario.ledger.fee_neur_per_gas
        if fee is not None:
            return fee
        return ledger_entry(self.scenario.ledger.consensus).default_fee_neur_per_gas

    @property
    def market_fee_neur(self) -> int:
        """Fees of all market transactions [n€]; the set-up is the operators' investment."""
        gas = sum(
            record.receipt.gas_used
            for record in self.records.values()
            if record.receipt is not None and record.dispatch.effect is not None
        )
        return gas * self.fee_neur_per_gas

    def rows(self) -> dict[str, dict[str, Any]]:
        """The tables `transaction` and `block`, once the run has ended."""
        return {"transaction": self._transaction_rows(), "block": self._block_rows()}

    def _transaction_rows(self) -> dict[str, Any]:
        done = [(r, r.receipt) for r in self.records.values() if r.receipt is not None]
        done.sort(key=lambda pair: pair[0].position or 0)
        fee = self.fee_neur_per_gas
        return {
            "position": [r.position for r, _ in done],
            "kind": [r.dispatch.signed.kind for r, _ in done],
            "slot": [r.dispatch.slot for r, _ in done],
            "tx_hash": [r.dispatch.tx_hash for r, _ in done],
            "raw": [r.dispatch.signed.raw for r, _ in done],
            "sender": [r.dispatch.signed.sender for r, _ in done],
            "submitted_at_ms": [r.dispatch.submit_at_s * 1000 for r, _ in done],
            "included_at_ms": [r.included_at_ms for r, _ in done],
            "final_at_ms": [r.final_at_ms for r, _ in done],
            "block_height": [r.height for r, _ in done],
            "block_time_s": [r.block_time_s for r, _ in done],
            "evm_time_s": [self.epoch_unix_s + (r.block_time_s or 0) for r, _ in done],
            "status": [int(receipt.succeeded) for _, receipt in done],
            "gas_limit": [r.dispatch.signed.gas_limit for r, _ in done],
            "gas_used": [receipt.gas_used for _, receipt in done],
            "fee_neur": [receipt.gas_used * fee for _, receipt in done],
            "error": [
                None if receipt.succeeded else self.error_name(receipt) for _, receipt in done
            ],
        }

    def _block_rows(self) -> dict[str, Any]:
        """Blocks until the last one with a transaction is final; what follows is an idle ledger."""
        blocks = self.consensus.blocks()
        finals = [r.final_at_ms for r in self.records.values() if r.final_at_ms is not None]
        keep = blocks.block_time_s * 1000 <= max(finals, default=0)
        proposer = blocks.proposer[keep]
        return {
            "height": blocks.height[keep],
            "block_time_s": blocks.block_time_s[keep],
            "proposer": [f"node-{p:03d}" if p >= 0 else None for p in proposer.tolist()],
            "transactions": blocks.transactions[keep],
            "gas_used": blocks.gas_used[keep],
            "final_at_ms": np.ma.masked_equal(blocks.final_at_ms[keep], UNKNOWN),
            "missed": blocks.missed[keep],
        }
