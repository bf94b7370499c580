"""Carries out the runs of a sweep: one subprocess each, so that one that dies harms no other.

A thread per worker waits for its subprocess. Each subprocess leads a process group of its own,
which is ended when the sweep is; should the sweep itself be killed, Linux ends them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from emulators.chain.nodes import guard
from experiments.sweep_file import PlannedRun

GRACE_S: Final = 10.0
"""How long a subprocess may take to stop when asked to, before it is killed."""
_KILL: Final = getattr(signal, "SIGKILL", signal.SIGTERM)
_TWIN: Final = "from experiments.cli import main; main()"


@dataclass(frozen=True)
class FailedRun:
    """A run that did not come to its end, and why, in its own words."""

    run: PlannedRun
    reason: str


@dataclass
class SweepPool:
    """Runs subprocesses `workers` at a time; `stop` ends those that are under way."""

    out: Path
    workers: int
    force: bool = False
    node: str | None = None
    _children: set[subprocess.Popen[str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopping: bool = False

    def carry_out(
        self, runs: Sequence[PlannedRun], report: Callable[[PlannedRun, str | None], None]
    ) -> list[FailedRun]:
        """Every run, whatever becomes of the others; `report` hears of each as it ends.

        Returns those that failed, in the order of `runs`.
        """
        reasons: dict[str, str] = {}
        with ThreadPoolExecutor(self.workers, thread_name_prefix="sweep") as threads:
            waiting = {threads.submit(self._carry_out_one, run): i for i, run in enumerate(runs)}
            try:
                for done in as_completed(waiting):
                    run, reason = runs[waiting[done]], done.result()
                    if reason is not None:
                        reasons[run.run_id] = reason
                    report(run, reason)
            except BaseException:
                for future in waiting:
                    future.cancel()
                self.stop()
                raise
        return [FailedRun(run, reasons[run.run_id]) for run in runs if run.run_id in reasons]

    def stop(self) -> None:
        """End every subprocess and all that it started; none begins after this."""
        with self._lock:
            self._stopping = True
            children = list(self._children)
        for child in children:
            _signal_group(child, signal.SIGTERM)
        for child in children:
            try:
                child.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                _signal_group(child, _KILL)

    def command(self, run: PlannedRun) -> list[str]:
        """The command line of a run, independent of the folder that it is started in."""
        options = [word for text in run.overrides for word in ("--set", text)]
        if self.force:
            options.append("--force")
        if self.node is not None:
            options += ["--node", self.node]
        command = [
            *(sys.executable, "-P", "-c", _TWIN, "run", str(run.scenario_file)),
            *("--seed", str(run.seed), "--out", str(self.out.absolute())),
            *("--json", *options),
        ]
        if sys.platform == "linux":
            return [sys.executable, "-I", "-S", str(guard.__file__), str(os.getpid()), *command]
        return command

    def _carry_out_one(self, run: PlannedRun) -> str | None:
        """Returns why the run failed, or None."""
        with self._lock:
            if self._stopping:
                return "not started, since the sweep was stopped"
            child = subprocess.Popen(
                self.command(run),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            self._children.add(child)
        try:
            said, complaint = child.communicate()
        finally:
            with self._lock:
                self._children.discard(child)
        return _reason(run, child.returncode, said, complaint)


def _reason(run: PlannedRun, status: int, said: str, complaint: str) -> str | None:
    if status == 0:
        try:
            made = json.loads(said)["run_id"]
        except (ValueError, KeyError, TypeError):
            return "the run said that it succeeded, but not with what"
        return None if made == run.run_id else f"the run made {made} instead of {run.run_id}"
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    sentence = lines[-1].removeprefix("twin: ") if lines else "without a word"
    if status < 0:
        return f"ended by signal {-status} ({sentence})"
    return sentence


def _signal_group(child: subprocess.Popen[str], number: int) -> None:
    try:
        if sys.platform == "win32":
            child.terminate()
        else:
            os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):
        return
