"""One subprocess per run; one that dies harms no other, and none outlives the sweep."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from experiments.sweep_file import PlannedRun
from experiments.sweep_pool import SweepPool


class ScriptedPool(SweepPool):
    """Runs the Python program that stands in the place of a run's override."""

    def command(self, run):
        return [sys.executable, "-I", "-S", "-c", run.overrides[0]]


def _planned(program, name="a"):
    return PlannedRun(name, 1, {}, Path("small.yaml"), (program,))


def _ok(name):
    return _planned(f'print(\'{{"run_id": "{name}"}}\')', name)


def _carry_out(tmp_path, *runs, workers=2):
    heard = []
    failed = ScriptedPool(tmp_path, workers).carry_out(
        runs, lambda run, reason: heard.append(run.run_id)
    )
    assert sorted(heard) == sorted(run.run_id for run in runs)
    return {one.run.run_id: one.reason for one in failed}


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_runs_that_succeed_leave_nothing_to_say(tmp_path):
    assert _carry_out(tmp_path, *(_ok(str(i)) for i in range(5))) == {}


def test_a_failed_run_gives_its_sentence_and_the_others_go_on(tmp_path):
    bad = _planned("import sys; print('twin: no such key', file=sys.stderr); sys.exit(2)", "bad")
    assert _carry_out(tmp_path, _ok("1"), bad, _ok("2")) == {"bad": "no such key"}


def test_a_run_that_is_killed_says_by_what(tmp_path):
    bad = _planned("import os; os.kill(os.getpid(), 9)", "bad")
    assert "signal 9" in _carry_out(tmp_path, bad, _ok("1"))["bad"]


def test_a_run_that_made_another_is_a_failure(tmp_path):
    other = _planned('print(\'{"run_id": "other"}\')', "mine")
    assert "made other instead of mine" in _carry_out(tmp_path, other)["mine"]


def test_a_run_that_succeeds_with_rubbish_is_a_failure(tmp_path):
    assert "but not with what" in _carry_out(tmp_path, _planned("print('hello')"))["a"]


def test_stopping_ends_a_run_and_what_it_started(tmp_path):
    pids = tmp_path / "pids"
    inner = "import time; time.sleep(60)"
    program = (
        "import os, subprocess, sys, time; "
        f"p = subprocess.Popen([sys.executable, '-c', {inner!r}]); "
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{p.pid}} '); "
        "time.sleep(60)"
    )
    pool = ScriptedPool(tmp_path, 1)
    threading.Thread(
        target=pool.carry_out, args=([_planned(program)], lambda *_: None), daemon=True
    ).start()
    deadline = time.monotonic() + 20
    while not (pids.exists() and pids.read_text().endswith(" ")) and time.monotonic() < deadline:
        time.sleep(0.02)
    pool.stop()
    while any(map(_alive, map(int, pids.read_text().split()))) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(map(_alive, map(int, pids.read_text().split())))


def test_nothing_starts_after_a_stop(tmp_path):
    pool = ScriptedPool(tmp_path, 1)
    pool.stop()
    (failed,) = pool.carry_out([_ok("1")], lambda *_: None)
    assert "stopped" in failed.reason


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children of the killed")
def test_a_run_ends_with_a_sweep_that_is_killed(tmp_path):
    pid_file = tmp_path / "pid"
    program = (
        f"import os, time; open({str(pid_file)!r}, 'w').write(f'{{os.getpid()}} '); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from pathlib import Path\n"
            "import experiments.sweep_pool as s\n"
            "from experiments.sweep_file import PlannedRun\n"
            f"s._TWIN = {program!r}\n"
            "run = PlannedRun('a', 1, {}, Path('x'), ())\n"
            "s.SweepPool(Path('.'), 1).carry_out([run], lambda *_: None)\n",
        ]
    )
    deadline = time.monotonic() + 20
    while not (pid_file.exists() and pid_file.read_text().endswith(" ")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    child = int(pid_file.read_text())
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)
