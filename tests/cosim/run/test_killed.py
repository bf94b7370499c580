"""However a run ends, nothing half-written claims to be a run and no process stays behind."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cosim.results.store import is_whole, list_runs
from cosim.run import run_scenario
from emulators.chain.nodes.install import find_anvil

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")

MARK = "TWIN_TEST_MARK"
LONG = {
    "horizon.days": 20,
    "horizon.slot_s": 900,
    "market.lead_s": 900,
    "execution.transport": "modbus",
}
"""Longer than any test waits."""
# A shell lets what it runs in the background ignore SIGINT, and children inherit that.
COMMAND = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from experiments.cli import main; main()"
)
PATIENCE_S = 20.0


class Command:
    """`twin run` in a process group of its own, whose descendants all carry a mark."""

    def __init__(self, out: Path) -> None:
        self.mark = uuid.uuid4().hex
        options = [f"{key}={value}" for key, value in LONG.items()]
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "run", "demo", "--out", str(out)]
            + [part for option in options for part in ("--set", option)],
            env=os.environ | {MARK: self.mark},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def processes(self) -> set[int]:
        """Every living process that this command or a child of it started."""
        wanted = f"{MARK}={self.mark}".encode()
        found = set()
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
            except OSError:
                continue  # it has ended meanwhile
        return found

    def listening(self) -> set[str]:
        """Inodes of the sockets on which it listens itself."""
        found = set()
        for handle in Path(f"/proc/{self.process.pid}/fd").glob("*"):
            try:
                target = os.readlink(handle)
            except OSError:
                continue
            if target.startswith("socket:["):
                found.add(target[8:-1])
        return found & listening_sockets()

    def trades(self) -> bool:
        """Whether it has come so far that its node and its 41 meters are up."""
        return len(self.listening()) > 40

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def listening_sockets() -> set[str]:
    """Inodes of all TCP sockets of this machine that listen."""
    listen = "0A"
    rows = [
        line.split()
        for name in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(name).exists()
        for line in Path(name).read_text().splitlines()[1:]
    ]
    return {row[9] for row in rows if row[3] == listen}


def wait_until(condition: Callable[[], object]) -> bool:
    """Whether `condition` holds within PATIENCE_S."""
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    started = Command(tmp_path)
    yield started
    for pid in started.processes():
        os.kill(pid, signal.SIGKILL)
    started.process.wait()
    started.process.stderr.close()  # type: ignore[union-attr]


def leaves_nothing_that_runs(command: Command, sockets: set[str]) -> bool:
    return wait_until(lambda: not command.processes() and not sockets & listening_sockets())


@pytest.mark.parametrize("moment", range(4))
def test_sigkill_at_any_moment_leaves_no_run_and_no_process(
    command: Command, tmp_path: Path, moment: int
) -> None:
    # Before anything stands, while node and meters start, or some way into the trade.
    delay_s = float(np.random.default_rng(moment).uniform(0.1, 1.0))
    if moment:
        assert wait_until(lambda: command.trades() if moment > 1 else any(tmp_path.iterdir()))
    time.sleep(delay_s)
    sockets = command.listening()
    assert command.process.poll() is None
    command.kill()
    assert leaves_nothing_that_runs(command, sockets)
    assert list_runs(tmp_path).runs == {}
    assert not any(is_whole(folder) for folder in tmp_path.iterdir())


def test_what_is_killed_was_serving(command: Command) -> None:
    """So that the test above looks for something that is there."""
    assert wait_until(command.trades)
    assert wait_until(lambda: len(command.processes()) > 1 or find_anvil() is None)


def test_the_next_run_cleans_up_and_works(
    command: Command, tmp_path: Path, make_scenario: Callable[..., Any]
) -> None:
    assert wait_until(command.trades)
    command.kill()
    assert list(tmp_path.glob(".stage-*"))
    result = run_scenario(make_scenario({}), 1, tmp_path)
    assert is_whole(result.path)
    assert not list(tmp_path.glob(".stage-*"))
    assert list(list_runs(tmp_path).runs) == [result.run_id]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_cleans_up_itself(command: Command, tmp_path: Path, how: int) -> None:
    assert wait_until(command.trades)
    sockets = command.listening()
    os.kill(command.process.pid, how)
    command.process.wait(timeout=PATIENCE_S)
    complaint = command.process.stderr.read()  # type: ignore[union-attr]
    assert command.process.returncode == 128 + how
    assert complaint.decode().endswith("twin: stopped; no half-written run is left behind\n")
    assert leaves_nothing_that_runs(command, sockets)
    assert [entry for entry in tmp_path.iterdir() if not entry.name.endswith(".lock")] == []


def test_an_error_in_a_layer_cleans_up_itself(
    tmp_path: Path, make_scenario: Callable[..., Any]
) -> None:
    class UnforeseenError(Exception):
        pass

    def fail(done: int, steps: int, phase: str) -> None:
        if done > 10:
            raise UnforeseenError

    before = listening_sockets()
    with pytest.raises(UnforeseenError):
        run_scenario(make_scenario({"execution.transport": "modbus"}), 1, tmp_path, progress=fail)
    assert wait_until(lambda: listening_sockets() <= before)
    assert list_runs(tmp_path).runs == {}
    assert not list(tmp_path.glob(".stage-*"))
