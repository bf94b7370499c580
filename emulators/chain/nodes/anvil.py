"""The EVM of Foundry's anvil, as a process of its own that never outlives this one."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emulators.chain.nodes.base import (
    BLOCK_GAS_LIMIT,
    FUNDS_WEI,
    HARDFORK,
    EvmNode,
    Log,
    Receipt,
)
from emulators.chain.nodes.rpc import RpcError, RpcSocket
from emulators.chain.transactions import CHAIN_ID, GAS_PRICE_WEI
from twin.errors import CallRevertedError, NodeError

if TYPE_CHECKING:
    from web3 import Web3

_GUARD: Final = Path(__file__).with_name("guard.py")
_FOLDER: Final = "twin-anvil-"
_START_TIMEOUT_S: Final = 20.0
_ANSWER_TIMEOUT_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.005


class AnvilNode(EvmNode):
    """An anvil process, spoken to over a local socket in a folder of its own.

    On Linux it ends with the thread that started it, so start it from one that lives as long.
    """

    name = "anvil"

    def __init__(
        self,
        binary: Path,
        genesis_time: int,
        funded: Sequence[str],
        block_gas_limit: int = BLOCK_GAS_LIMIT,
        chain_id: int = CHAIN_ID,
    ) -> None:
        self.chain_id = chain_id
        self._time = genesis_time
        self._rpc: RpcSocket | None = None
        _sweep_folders()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}{os.getpid()}-"))
        self._ipc = self._folder / "ipc"
        self._complaints = self._folder / "stderr"
        options = {
            "--chain-id": chain_id,
            "--hardfork": HARDFORK,
            "--timestamp": genesis_time,
            "--gas-limit": block_gas_limit,
            "--gas-price": GAS_PRICE_WEI,
            "--block-base-fee-per-gas": 0,
            "--accounts": 1,
            "--order": "fifo",
            "--host": "127.0.0.1",
            "--port": 0,
            "--ipc": self._ipc,
        }
        flags = ["--no-mining", "--prune-history", "--disable-min-priority-fee", "--quiet"]
        arguments = [str(part) for option in options.items() for part in option]
        guarded = (sys.executable, "-I", "-S", str(_GUARD), str(os.getpid()))
        with self._complaints.open("wb") as complaints:
            self._process = subprocess.Popen(
                [*guarded, str(binary), *arguments, *flags],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,
            )
        atexit.register(self.close)
        try:
            self._rpc = self._connect(binary)
            self._rpc.batch(
                [("anvil_setBalance", (address, hex(FUNDS_WEI))) for address in funded]
                + [("eth_chainId", ())]
            )
        except BaseException:
            self.close()
            raise

    def _connect(self, binary: Path) -> RpcSocket:
        give_up = time.monotonic() + _START_TIMEOUT_S
        while True:
            try:
                return RpcSocket(self._ipc, _ANSWER_TIMEOUT_S)
            except OSError:
                if self._process.poll() is not None:
                    said = self._complaints.read_text(errors="replace").strip()
                    words = " ".join(said.split())[:200] or "without a word"
                    raise NodeError(
                        f"anvil ({binary}) ended at once with status {self._process.returncode} "
                        f"({words}); install it with `make anvil`, or use the embedded node"
                    ) from None
                if time.monotonic() > give_up:
                    raise NodeError(
                        f"anvil ({binary}) did not answer within {_START_TIMEOUT_S:.0f} s; use the "
                        "embedded node, or try again on a less busy machine"
                    ) from None
                time.sleep(_LOOK_EVERY_S)

    def _request(self, method: str, *params: object) -> Any:
        if self._rpc is None:
            raise NodeError("the anvil node is closed")
        return self._rpc.request(method, *params)

    def mine(self, timestamp: int, raw: Sequence[bytes]) -> list[Receipt]:
        if timestamp <= self._time:
            raise NodeError(
                f"a block at {timestamp} s cannot follow one at {self._time} s: block times "
                "strictly increase"
            )
        try:
            hashes = [self._request("eth_sendRawTransaction", "0x" + each.hex()) for each in raw]
            self._request("evm_setNextBlockTimestamp", hex(timestamp))
            self._request("evm_mine")
        except RpcError as problem:
            self._request("anvil_dropAllTransactions")
            raise NodeError(f"the block cannot hold these transactions: {problem}") from problem
        mined = self._request("eth_getBlockReceipts", "latest")
        if [receipt["transactionHash"] for receipt in mined] != hashes:
            self._request("anvil_dropAllTransactions")
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
            # The receipt does not say why; the tracers need a history that is not kept.
            said = self._request("ots_getTransactionError", receipt["transactionHash"])
            revert_data = _bytes(said or "0x")
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
            raise NodeError("anvil does not know the snapshot to go back to")
        # anvil forgets a snapshot once it went back to it
        snapshot.number = self._request("evm_snapshot")
        self._time = snapshot.time

    def web3(self) -> Web3:
        from web3 import IPCProvider, Web3

        return Web3(IPCProvider(self._ipc))

    @property
    def pid(self) -> int:
        """Of the anvil process."""
        return self._process.pid

    def close(self) -> None:
        atexit.unregister(self.close)
        if self._rpc is not None:
            self._rpc.close()
            self._rpc = None
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)  # it holds nothing that would be lost
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class _Snapshot:
    """What anvil calls a snapshot, and the time of its newest block."""

    def __init__(self, number: str, time: int) -> None:
        self.number = number
        self.time = time


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _sweep_folders() -> None:
    """Remove the socket folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*-*"):
        owner = folder.name.removeprefix(_FOLDER).split("-")[0]
        try:
            os.kill(int(owner), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (PermissionError, ValueError):
            continue
