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
from typing import TYPE_CHECKING, Final

from emulators.chain.nodes.base import BLOCK_GAS_LIMIT, FUNDS_WEI, HARDFORK
from emulators.chain.nodes.controlled import ControlledNode
from emulators.chain.nodes.rpc import RpcSocket
from emulators.chain.transactions import CHAIN_ID, GAS_PRICE_WEI
from twin.errors import NodeError

if TYPE_CHECKING:
    from web3 import Web3

_GUARD: Final = Path(__file__).with_name("guard.py")
_FOLDER: Final = "twin-anvil-"
_START_TIMEOUT_S: Final = 20.0
_ANSWER_TIMEOUT_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.005


class AnvilNode(ControlledNode):
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
        self._rpc = None
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

    def web3(self) -> Web3:
        from web3 import IPCProvider, Web3

        return Web3(IPCProvider(self._ipc))

    @property
    def ipc(self) -> Path:
        """Where others can reach it."""
        return self._ipc

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
