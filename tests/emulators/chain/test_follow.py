"""The client that the documentation shows: a stranger follows a market over a node's endpoint."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emulators.chain import build
from emulators.chain.deployment import Actors, Calendar, equal_deposits, set_up
from emulators.chain.market import MarketClient
from emulators.chain.nodes import open_node
from emulators.chain.orders import OrderTerms
from emulators.chain.transactions import CHAIN_ID
from twin.settlement import Agreements, StabilityRates

PAGE = Path(build.__file__).parents[2] / "docs" / "contracts.md"
START = 1_465_941_600


def documented() -> Callable[..., Any]:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    return names["follow"]  # type: ignore[no-any-return]


def test_the_documented_client_sees_every_balance(
    separate_anvil: Any, agreements: Callable[..., Agreements]
) -> None:
    actors = Actors(7, [f"H{i}" for i in range(4)])
    calendar = Calendar(START, 900, 86_400, 86_400)
    contracts, transactions = set_up(
        actors, calendar, np.arange(4), equal_deposits(4, 50_000_000_000)
    )
    client = MarketClient(actors, contracts, calendar)
    operators = actors.operators
    holders = [*actors.addresses, operators["dso"].address, operators["lpd"].address]
    options = ("--chain-id", str(CHAIN_ID), "--gas-limit", "60000000")
    follow, folder = documented(), build.HERE / "artefacts"
    with (
        separate_anvil(START - 7_200, *options) as at,
        open_node(at["ipc"], START - 7_200, actors.funded) as node,
    ):

        def seen() -> bool:
            free, locked = follow(at["http"], folder)
            held = client.balances(node, holders)
            assert [free[holder] for holder in holders] == held.free_neur.tolist()
            assert [locked[holder] for holder in holders] == held.locked_neur.tolist()
            return True

        for step, transaction in enumerate(transactions, start=1):
            node.mine(START - 7_200 + step, [transaction.raw])
        assert seen()
        terms = agreements(
            (1, 0, 1, 0, 600, 200_000, 10_000, 30_000_000, 30_000_000),
            (1, 1, 2, 1, 500, 180_000, 20_000, 40_000_000, 40_000_000),
        )
        rates = StabilityRates(100_000, 100_000)
        batch = client.batch(0, START, terms, rates, OrderTerms.allowing(terms))
        (receipt,) = node.mine(START - 60, [client.commit(batch, client.sign(batch)).raw])
        assert receipt.succeeded
        assert seen()
        net = np.array([-500, 120, 450, 0])
        (receipt,) = node.mine(START + 900, [client.settle(batch, batch.all_measured(net)).raw])
        assert receipt.succeeded
        assert seen()


def test_the_documented_sizes_are_those_of_the_artefacts() -> None:
    from emulators.chain.artefacts import artefact

    rows = re.findall(r"^\| `(\w+)` \|.*\| ([\d ]+) \|$", PAGE.read_text(), re.MULTILINE)
    found = {name: int(size.replace(" ", "")) for name, size in rows if name in build.CONTRACTS}
    assert found == {name: artefact(name).runtime_bytes for name in build.CONTRACTS}


@pytest.mark.parametrize("name", ["first", "mean"])
def test_the_documented_gas_is_that_of_the_snapshot(name: str) -> None:
    (row,) = re.findall(rf"^\| `batch`, {name} \|(.*)\|$", PAGE.read_text(), re.MULTILINE)
    documented_gas = [int(cell.replace(" ", "")) for cell in row.split("|")]
    snapshot = (PAGE.parents[1] / ".gas-snapshot").read_text()
    assert documented_gas == [
        int(gas)
        for gas in re.findall(rf"^batch \S+ {name}: .* per_contract (\d+)$", snapshot, re.M)
    ]
