"""anvil never outlives who started it, and never stays behind as a zombie."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from emulators.chain.nodes.anvil import AnvilNode
from emulators.chain.nodes.install import find_anvil
from twin.errors import NodeError

ANVIL = find_anvil()
pytestmark = pytest.mark.skipif(
    ANVIL is None, reason="anvil is not installed (`make anvil` installs it)"
)
STARTER = """
import sys, time
from pathlib import Path
from emulators.chain.nodes.anvil import AnvilNode
node = AnvilNode(Path(sys.argv[1]), 1, [])
print(node.pid, flush=True)
time.sleep(60)
"""


def open_anvil() -> AnvilNode:
    assert ANVIL is not None
    return AnvilNode(ANVIL, 1, [])


def running(pid: int) -> bool:
    """Whether the process is there and not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone_within(pid: int, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while running(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_close_ends_the_process_and_removes_its_folder() -> None:
    mine = f"twin-anvil-{os.getpid()}-*"
    before = set(Path(tempfile.gettempdir()).glob(mine))
    node = open_anvil()
    assert running(node.pid)
    assert len(set(Path(tempfile.gettempdir()).glob(mine)) - before) == 1
    node.close()
    assert not Path(f"/proc/{node.pid}").exists()
    assert set(Path(tempfile.gettempdir()).glob(mine)) == before


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_anvil_dies_with_its_parent(how: signal.Signals) -> None:
    command = [sys.executable, "-c", STARTER, str(ANVIL)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert running(pid)
        parent.send_signal(how)
        parent.wait()
        assert gone_within(pid, 5)


def test_a_killed_node_is_noticed() -> None:
    with open_anvil() as node:
        os.kill(node.pid, signal.SIGKILL)
        with pytest.raises(NodeError, match=r"closed the connection|does not answer"):
            node.mine(10, [])


def test_the_folder_of_a_killed_parent_is_removed_by_the_next_start() -> None:
    command = [sys.executable, "-c", STARTER, str(ANVIL)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.kill()
        parent.wait()
    left = f"twin-anvil-{parent.pid}-*"
    assert list(Path(tempfile.gettempdir()).glob(left))
    with open_anvil():
        assert not list(Path(tempfile.gettempdir()).glob(left))


def test_the_guard_watches_its_parent_where_the_kernel_does_not(tmp_path: Path) -> None:
    from emulators.chain.nodes import guard

    # as on a system without the kernel's help: the guard stays and watches its input
    program = (
        f"import runpy, sys; sys.platform = 'other'; runpy.run_path({guard.__file__!r})['main']()"
    )
    sleeper = [
        sys.executable,
        "-c",
        "import os,time; print(os.getpid(), flush=True); time.sleep(60)",
    ]
    with subprocess.Popen(
        [sys.executable, "-c", program, str(os.getpid()), *sleeper],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as watched:
        assert watched.stdout is not None
        assert watched.stdin is not None
        pid = int(watched.stdout.readline())
        assert running(pid)
        watched.stdin.close()
        assert gone_within(pid, 5)
