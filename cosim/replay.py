"""The recorded transactions once more, on a fresh EVM: the same receipts, the same final money."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from cosim.results.manifest import Manifest
from cosim.results.verify import FILE_CHECKS, verify
from cosim.results.verify_check import Check, CheckFunction
from emulators.chain.deployment import Contracts
from emulators.chain.market import balances_of, token_totals_of
from emulators.chain.nodes import EvmNode, open_node

NodeKind = str
"""`auto`, `embedded`, `anvil`, a URL or an IPC path."""


def verify_run(runs_dir: Path, run_id: str, node: NodeKind = "auto") -> list[Check]:
    """Every check on one run: its files alone, and the replay of its transactions."""
    return verify(runs_dir, run_id, (*FILE_CHECKS, replay_check(node)))


def replay_check(node: NodeKind) -> CheckFunction:
    """Executes all recorded transactions on a node of that kind and compares what comes out."""

    def replay(folder: Path, manifest: Manifest) -> Iterable[Check]:
        with open_node(
            node,
            int(manifest.ledger["genesis_unix_s"]),
            manifest.ledger["funded"],
            int(manifest.ledger["block_gas_limit"]),
            int(manifest.ledger["chain_id"]),
        ) as fresh:
            columns = ["position", "raw", "tx_hash", "evm_time_s", "status", "gas_used"]
            rows = pq.read_table(folder / "transaction.parquet", columns=columns).to_pylist()
            yield _receipts(fresh, rows)
            yield _final_balances(fresh, folder, manifest)
            yield _final_tokens(fresh, manifest)

    return replay


def _receipts(node: EvmNode, rows: list[dict[str, Any]]) -> Check:
    """Hash, status and gas of every transaction."""
    block_time: Callable[[dict[str, Any]], int] = lambda row: int(row["evm_time_s"])  # noqa: E731
    differ = []
    for time, block in groupby(rows, block_time):
        transactions = list(block)
        receipts = node.mine(time, [row["raw"] for row in transactions])
        for row, receipt in zip(transactions, receipts, strict=True):
            ours = (receipt.tx_hash, int(receipt.succeeded), receipt.gas_used)
            if ours != (row["tx_hash"], row["status"], row["gas_used"]):
                differ.append(row["tx_hash"])
    detail = f"{len(rows)} transactions on a fresh {node.name} node, same status and gas"
    return Check("replay", not differ, f"other outcome: {differ[0]}" if differ else detail)


def _final_balances(node: EvmNode, folder: Path, manifest: Manifest) -> Check:
    """What each participant holds at the end."""
    table = pq.read_table(folder / "participant.parquet", columns=["participant", "balance_neur"])
    recorded = {row["participant"]: row["balance_neur"] for row in table.to_pylist()}
    addresses = [manifest.ledger["parties"][name] for name in recorded]
    held = balances_of(node, Contracts(**manifest.ledger["contracts"]), addresses)
    on_chain = (held.free_neur + held.locked_neur).tolist()
    wrong = [
        name
        for (name, ours), theirs in zip(recorded.items(), on_chain, strict=True)
        if ours != theirs
    ]
    detail = f"{len(recorded)} balances as recorded, to the n€"
    return Check("replayed balances", not wrong, f"{wrong[0]} differs" if wrong else detail)


def _final_tokens(node: EvmNode, manifest: Manifest) -> Check:
    """Tokens minted, burned and lapsed."""
    totals = token_totals_of(node, Contracts(**manifest.ledger["contracts"]))
    ours = (totals.minted_wh, totals.burned_wh, totals.lapsed_wh)
    recorded = tuple(manifest.tokens_wh[name] for name in ("minted", "burned", "lapsed"))
    return Check("replayed tokens", ours == recorded, f"{ours[0]} Wh minted, {ours[1]} burned")
