"""How fast a run is, what it takes, and where the time goes: `python benchmarks/run_speed.py`.

Every case is a fresh `twin run` in a process of its own. Processor time is that of all processes
of the run, the chain's too; peak memory is the most that they held together at one instant. Names
of cases on the command line choose among them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from emulators.chain.nodes.install import find_anvil

BEST_PEER: Final = 68
"""Household-slots per processor second of the best peer measured, Grid Singularity's gsy-e, on a
machine of this kind: its best of 10 to 1000 houses over a day of 96 slots, without meters, links or
a chain."""
COMMAND: Final = "from experiments.cli import main; main()"
LOOK_EVERY_S: Final = 0.05


@dataclass(frozen=True)
class Case:
    """One run of the demo with overrides."""

    title: str
    overrides: Mapping[str, str | int]


CASES: Final[Mapping[str, Case]] = {
    "demo-embedded": Case(
        "Demo, EVM embedded, meters over Modbus TCP",
        {"execution.node": "embedded", "execution.transport": "modbus"},
    ),
    "demo-anvil": Case(
        "Demo, EVM of anvil, meters over Modbus TCP",
        {"execution.node": "anvil", "execution.transport": "modbus"},
    ),
    "thousand": Case(
        "1000 households, EVM of anvil, registers in memory",
        {
            "execution.node": "anvil",
            "execution.transport": "memory",
            "neighbourhood.participants": 1000,
        },
    ),
}


@dataclass(frozen=True)
class Measured:
    """One run, seen from outside (whole command) and by its own clock."""

    households: int
    slots: int
    wall_s: float
    cpu_s: float
    peak_bytes: int
    timing: Mapping[str, Any]

    @property
    def household_slots(self) -> int:
        return self.households * self.slots

    def phase(self, name: str, clock: str) -> float:
        """Seconds of the phase `start_up`, `loop` or `closing` by `wall_s` or `cpu_s`."""
        return float(self.timing["phases"][name][clock])


class MemoryWatch(threading.Thread):
    """Adds up what a process and all of its descendants hold, as often as it can afford."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid = pid
        self.peak_bytes = 0
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(LOOK_EVERY_S):
            held = sum(held_bytes(pid) for pid in family(self.pid))
            self.peak_bytes = max(self.peak_bytes, held)

    def stop(self) -> None:
        self._done.set()
        self.join()


def family(pid: int) -> list[int]:
    """A process and its living descendants (Linux)."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def held_bytes(pid: int) -> int:
    """Memory of a process, shared pages counted once among all that share them."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    line = next((line for line in rollup.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    return int(line.split()[1]) * 1024


def measure(case: Case) -> Measured:
    """Carry out one case; its results are dropped. Raises CalledProcessError where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = [sys.executable, "-P", "-c", COMMAND, "run", "demo", "--out", folder, "--json"]
        for key, value in case.overrides.items():
            arguments += ["--set", f"{key}={value}"]
        begun, cpu_before = time.perf_counter(), children_cpu_s()
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        watch = MemoryWatch(process.pid)
        watch.start()
        output, complaint = process.communicate()
        wall_s = time.perf_counter() - begun
        watch.stop()
        if process.returncode:
            sys.exit(complaint.decode())
        run = Path(json.loads(output)["path"])
        manifest = json.loads((run / "manifest.json").read_text())
        horizon = manifest["scenario"]["horizon"]
        return Measured(
            households=int(manifest["tables"]["participant"]["rows"]),
            slots=horizon["days"] * 86_400 // horizon["slot_s"],
            wall_s=wall_s,
            cpu_s=children_cpu_s() - cpu_before,
            peak_bytes=watch.peak_bytes,
            timing=json.loads((run / "timing.json").read_text()),
        )


def children_cpu_s() -> float:
    """Processor time of all children that have ended, and of theirs [s]."""
    spent = os.times()
    return spent.children_user + spent.children_system


def report(case: Case, run: Measured) -> str:
    """The figures of one case, within 80 columns."""
    loop_cpu_s = run.phase("loop", "cpu_s")
    in_loop, in_all = (run.household_slots / cpu_s for cpu_s in (loop_cpu_s, run.cpu_s))
    thread_s = float(run.timing["co_simulation_cpu_s"])
    layers = dict(run.timing["layers_cpu_s"])
    mosaik_s = thread_s - sum(layers.values())
    beside_s = max(0.0, loop_cpu_s - thread_s)
    parts = layers | {"mosaik": mosaik_s, "EVM process, Modbus servers": beside_s}
    lines = [
        f"{case.title}: {run.households} households x {run.slots} slots",
        f"  household-slots per CPU-second  {in_loop:7.0f} in the loop, {in_all:.0f} in all",
        f"  best peer measured (Grid Singularity gsy-e)  {BEST_PEER}; "
        f"{in_loop / BEST_PEER:.0f} and {in_all / BEST_PEER:.0f} times that",
        *(_split(run, clock, title) for clock, title in CLOCKS),
        f"  peak memory of all processes    {run.peak_bytes / 2**20:7.0f} MiB",
        f"  mosaik's own share of the loop  {mosaik_s / loop_cpu_s:7.1%}",
        "  CPU-seconds of the loop",
        *(
            f"    {name:30}{seconds:7.2f}  {seconds / loop_cpu_s:5.1%}"
            for name, seconds in sorted(parts.items(), key=lambda part: -part[1])
        ),
    ]
    return "\n".join(lines)


CLOCKS: Final = (("wall_s", "wall clock [s]"), ("cpu_s", "CPU-seconds"))


def _split(run: Measured, clock: str, title: str) -> str:
    whole: float = getattr(run, clock)
    loop, closing = run.phase("loop", clock), run.phase("closing", clock)
    return (
        f"  {title:30}{whole:9.2f}: start-up and imports {whole - loop - closing:.2f}, "
        f"loop {loop:.2f}, closing {closing:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("case", nargs="*", help=f"of {', '.join(CASES)}; default: all")
    chosen = parser.parse_args().case or list(CASES)
    if unknown := [name for name in chosen if name not in CASES]:
        parser.error(f"there is no case {unknown[0]}; there are {', '.join(CASES)}")
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}")
    for name in chosen:
        case = CASES[name]
        if case.overrides["execution.node"] == "anvil" and find_anvil() is None:
            print(f"\n{case.title}: anvil is not installed (`make anvil`)")
            continue
        print(f"\n{report(case, measure(case))}", flush=True)


if __name__ == "__main__":
    main()
