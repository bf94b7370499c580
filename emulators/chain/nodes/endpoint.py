"""A node that somebody else started, wherever it is: any with `evm_*` time control."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emulators.chain.keccak import keccak256
from emulators.chain.nodes.base import BLOCK_GAS_LIMIT, FUNDS_WEI
from emulators.chain.nodes.controlled import ControlledNode
from emulators.chain.nodes.rpc import Rpc, RpcError, RpcHttp, RpcSocket, RpcWebSocket
from emulators.chain.transactions import CHAIN_ID
from twin.errors import NodeError

if TYPE_CHECKING:
    from web3 import Web3

_TIMEOUT_S: Final = 120.0
_SET_BALANCE: Final = ("anvil_setBalance", "hardhat_setBalance", "evm_setAccountBalance")
_NO_BASE_FEE: Final = ("anvil_setNextBlockBaseFeePerGas", "hardhat_setNextBlockBaseFeePerGas")
_DROP: Final = ("anvil_dropTransaction", "hardhat_dropTransaction")


class EndpointNode(ControlledNode):
    """A node at a URL (http, https, ws, wss) or an IPC path, left as it was found.

    Raises NodeError where it does not answer, has no control of time and blocks, is on another
    chain, or is past the run's first block.
    """

    name = "endpoint"

    def __init__(
        self,
        endpoint: str,
        genesis_time: int,
        funded: Sequence[str],
        block_gas_limit: int = BLOCK_GAS_LIMIT,
        chain_id: int = CHAIN_ID,
    ) -> None:
        self.endpoint = endpoint
        self.chain_id = chain_id
        self._rpc = _connect(endpoint)
        self._found: str | None = None
        try:
            self._take_over(genesis_time, funded, block_gas_limit)
        except BaseException:
            self.close()
            raise

    def _take_over(self, genesis_time: int, funded: Sequence[str], block_gas_limit: int) -> None:
        self._require_chain()
        newest = self._request("eth_getBlockByNumber", "latest", False)
        self._time = int(newest["timestamp"], 16)
        if self._time > genesis_time:
            raise NodeError(
                f"the newest block at {self.endpoint} is of {self._time} s, but this "
                f"run begins at {genesis_time} s: start the node anew then or earlier (anvil: "
                f"--timestamp {genesis_time})"
            )
        try:
            self._found = self._request("evm_snapshot")
            self._request("evm_setAutomine", False)
            self._request("evm_setNextBlockTimestamp", hex(max(self._time + 1, genesis_time)))
            if self._time < genesis_time:
                self._request("evm_mine")
                self._time = genesis_time
        except RpcError as problem:
            raise NodeError(
                f"the node at {self.endpoint} does not let its time and blocks be controlled "
                f"({problem.method}: {problem.message}); take one that does, such as anvil or "
                "hardhat"
            ) from None
        if int(newest["gasLimit"], 16) < block_gas_limit:
            raise NodeError(
                f"a block of the node at {self.endpoint} holds {int(newest['gasLimit'], 16)} gas, "
                f"but ledger.block_gas_limit is {block_gas_limit} (anvil: --gas-limit "
                f"{block_gas_limit})"
            )
        for address in funded:
            if int(self._request("eth_getTransactionCount", address, "latest"), 16):
                raise NodeError(
                    f"the node at {self.endpoint} holds an earlier run's transactions: start it "
                    "anew"
                )
            self._first_known(_SET_BALANCE, address, hex(FUNDS_WEI))

    def _require_chain(self) -> None:
        try:
            found = int(self._request("eth_chainId"), 16)
        except NodeError as problem:
            raise NodeError(f"no node answers at {self.endpoint}: {problem}") from problem
        if found != self.chain_id:
            raise NodeError(
                f"the node at {self.endpoint} is chain {found}, but what is signed here is for "
                f"chain {self.chain_id} (anvil: --chain-id {self.chain_id})"
            )

    def _first_known(self, methods: Sequence[str], *params: object) -> Any:
        """The answer to the first of `methods` that the node knows."""
        for method in methods:
            try:
                return self._request(method, *params)
            except RpcError as problem:
                last = problem
        raise NodeError(
            f"the node at {self.endpoint} knows none of {', '.join(methods)} ({last.message}); "
            "take one such as anvil or hardhat"
        )

    def _prepare_block(self) -> None:
        # Its base fee would follow the load, and what is sent here offers a fixed price.
        self._first_known(_NO_BASE_FEE, "0x0")

    def _drop_waiting(self, raw: Sequence[bytes]) -> None:
        for each in raw:
            tx_hash = "0x" + keccak256(each).hex()
            try:
                self._first_known(_DROP, tx_hash)
            except NodeError:
                continue  # It never got there.

    def _revert_data(self, tx_hash: str) -> bytes:
        try:
            said = self._request("ots_getTransactionError", tx_hash)
        except RpcError:
            options = {"disableStorage": True, "disableStack": True, "disableMemory": True}
            traced = self._request("debug_traceTransaction", tx_hash, options)
            said = "0x" + traced["returnValue"].removeprefix("0x")
        return bytes.fromhex((said or "0x")[2:])

    def web3(self) -> Web3:
        from web3 import HTTPProvider, IPCProvider, Web3

        if "://" not in self.endpoint:
            return Web3(IPCProvider(Path(self.endpoint).expanduser()))
        # A node that answers WebSockets answers HTTP there, too.
        scheme, _, place = self.endpoint.partition("://")
        return Web3(HTTPProvider(f"{scheme.replace('ws', 'http')}://{place}"))

    def close(self) -> None:
        if self._rpc is None:
            return
        try:
            if self._found is not None:
                self._request("evm_revert", self._found)
        except NodeError:
            pass  # It is gone, and with it what was to be undone.
        self._rpc.close()
        self._rpc = None


def _connect(endpoint: str) -> Rpc:
    scheme = endpoint.partition("://")[0] if "://" in endpoint else ""
    if scheme not in ("", "http", "https", "ws", "wss"):
        raise NodeError(f"{endpoint} is no endpoint of a node: http, https, ws, wss or an IPC path")
    try:
        if scheme in ("http", "https"):
            return RpcHttp(endpoint, _TIMEOUT_S)
        if scheme in ("ws", "wss"):
            return RpcWebSocket(endpoint, _TIMEOUT_S)
        return RpcSocket(Path(endpoint).expanduser(), _TIMEOUT_S)
    except (OSError, ValueError) as problem:
        raise NodeError(f"no node answers at {endpoint}: {problem}") from problem
