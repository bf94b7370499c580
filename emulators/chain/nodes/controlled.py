"""Nodes that are spoken to over JSON-RPC and make blocks at given times (`evm_*` methods)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulators.chain.nodes.base import EvmNode, Log, Receipt
from emulators.chain.nodes.rpc import Rpc, RpcError
from twin.errors import CallRevertedError, NodeError


class ControlledNode(EvmNode):
    """A node whose blocks and time are controlled over JSON-RPC."""

    _time: int
    """Of its newest block [s, UTC]."""
    _rpc: Rpc | None

    def _request(self, method: str, *params: object) -> Any:
        if self._rpc is None:
            raise NodeError("the EVM node is closed")
        return self._rpc.request(method, *params)

    def mine(self, timestamp: int, raw: Sequence[bytes]) -> list[Receipt]:
        if timestamp <= self._time:
            raise NodeError(
                f"a block at {timestamp} s cannot follow one at {self._time} s: block times "
                "strictly increase"
            )
        try:
            hashes = [self._request("eth_sendRawTransaction", "0x" + each.hex()) for each in raw]
            self._prepare_block()
            self._request("evm_setNextBlockTimestamp", hex(timestamp))
            self._request("evm_mine")
        except RpcError as problem:
            self._drop_waiting(raw)
            raise NodeError(f"the block cannot hold these transactions: {problem}") from problem
        mined = self._request("eth_getBlockReceipts", "latest")
        if [receipt["transactionHash"] for receipt in mined] != hashes:
            self._drop_waiting(raw)
            raise NodeError(
                f"the block cannot hold these transactions: {len(mined)} of {len(raw)} fit in, or "
                "not in this order"
            )
        self._time = timestamp
        return [self._receipt(receipt) for receipt in mined]

    def _receipt(self, receipt: dict[str, Any]) -> Receipt:
        succeeded = receipt["status"] == "0x1"
        revert_data = b""
        if not succeeded:
            revert_data = self._revert_data(receipt["transactionHash"])
        return Receipt(
            tx_hash=receipt["transactionHash"],
            succeeded=succeeded,
            gas_used=int(receipt["gasUsed"], 16),
            contract_address=(receipt.get("contractAddress") or "").lower() or None,
            logs=tuple(
                Log(
                    log["address"].lower(),
                    tuple(_bytes(topic) for topic in log["topics"]),
                    _bytes(log["data"]),
                )
                for log in receipt["logs"]
            ),
            revert_data=revert_data,
        )

    def call(self, to: str, data: bytes) -> bytes:
        try:
            return _bytes(self._request("eth_call", {"to": to, "data": "0x" + data.hex()}))
        except RpcError as problem:
            said = problem.data if isinstance(problem.data, str) else "0x"
            raise CallRevertedError(to, _bytes(said)) from None

    def snapshot(self) -> object:
        return _Snapshot(self._request("evm_snapshot"), self._time)

    def revert(self, snapshot: object) -> None:
        if not isinstance(snapshot, _Snapshot) or not self._request("evm_revert", snapshot.number):
            raise NodeError("the node does not know the snapshot to go back to")
        # nodes forget a snapshot once it went back to it
        snapshot.number = self._request("evm_snapshot")
        self._time = snapshot.time

    def _prepare_block(self) -> None:
        """What a node needs before each block."""

    def _drop_waiting(self, raw: Sequence[bytes]) -> None:
        """Forget transactions that wait for a block."""
        self._request("anvil_dropAllTransactions")

    def _revert_data(self, tx_hash: str) -> bytes:
        """What a contract said on refusing.

        The receipt does not say it, and anvil's tracers need a history that is not kept.
        """
        return _bytes(self._request("ots_getTransactionError", tx_hash) or "0x")


class _Snapshot:
    """What anvil calls a snapshot, and the time of its newest block."""

    def __init__(self, number: str, time: int) -> None:
        self.number = number
        self.time = time


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
