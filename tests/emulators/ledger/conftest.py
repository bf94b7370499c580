"""A ledger on an environment of its own, and an executor that remembers what it was given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import simpy

from emulators.ledger.base import Consensus, Outcome, Submission
from emulators.ledger.catalogue import MODELS, ledger_entry
from twin.streams import Component, stream

GAS = 100_000


@dataclass
class Executed:
    """What the consensus asked the EVM to execute: (height, block time, hashes)."""

    calls: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)

    def __call__(
        self, height: int, block_time_s: int, transactions: Sequence[Submission]
    ) -> list[Outcome]:
        self.calls.append((height, block_time_s, tuple(t.tx_hash for t in transactions)))
        return [Outcome(status=1, gas_used=GAS // 2) for _ in transactions]


@dataclass
class Bench:
    env: simpy.Environment
    ledger: Consensus
    executed: Executed

    def send(self, tx_hash: str, at_s: int | None = None, gas_limit: int = GAS) -> None:
        self.ledger.submit(Submission(tx_hash, b"", gas_limit, "commit"), at_s)


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """`bench(name, initial_s=0, seed=0, block_gas_limit=..., **parameters)`."""

    def build(
        name: str,
        initial_s: int = 0,
        seed: int = 0,
        block_gas_limit: int = 10 * GAS,
        **parameters: Any,
    ) -> Bench:
        entry = ledger_entry(name)
        env = simpy.Environment(initial_time=initial_s)
        executed = Executed()
        values = entry.model_parameters.model_dump()
        if "genesis_s" in values:  # the market's slot 0 begins with the ledger's, unless told
            values["genesis_s"] = 0
        values |= parameters
        model = MODELS[entry.model]
        rng: np.random.Generator = stream(seed, Component.CONSENSUS)
        checked = model.parameters_type.model_validate(values)
        return Bench(env, model(env, checked, rng, executed, block_gas_limit), executed)

    return build
