"""One run: scenario and seed in, a whole folder of results out, or nothing."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosim.results.catalogue import rebuild_catalogue
from cosim.results.identity import run_id
from cosim.results.manifest import Manifest, load_manifest
from cosim.results.store import Stage, clean_stages, is_whole
from cosim.world import Cost, Progress
from twin.scenario import Scenario


@dataclass(frozen=True)
class RunResult:
    """Where a run is and what it came to."""

    run_id: str
    path: Path
    manifest: Manifest
    existed: bool
    """It was there already, whole, and was not computed again."""


def run_scenario(
    scenario: Scenario,
    seed: int,
    out: Path,
    *,
    force: bool = False,
    progress: Progress | None = None,
) -> RunResult:
    """Carry out a run into `out/<run_id>`, unless it is there already (`force` recomputes).

    Everything that is started (node, meters) is stopped, also when something fails. Raises
    TwinError.
    """
    clean_stages(out)
    identity = run_id(scenario, seed)
    folder = out / identity
    if not force and is_whole(folder):
        return RunResult(identity, folder, load_manifest(folder), existed=True)
    with Stage(out, identity) as stage:
        manifest, timing = _carry_out(scenario, seed, stage, progress)
        path = stage.publish(manifest, timing, force=force)
    rebuild_catalogue(out)
    return RunResult(identity, path, manifest, existed=False)


def _carry_out(
    scenario: Scenario, seed: int, stage: Stage, progress: Progress | None
) -> tuple[Manifest, dict[str, Any]]:
    # Imported here, so that whoever asks for a run that exists does not wait for all of this.
    from cosim.assembly import assemble
    from cosim.world import simulate

    instants = [_instant()]
    with ExitStack() as started:
        parts = assemble(scenario, seed, stage.folder, started)
        instants.append(_instant())
        cost = simulate(parts.layers, parts.clock, progress)
        tokens = parts.tokens()
        # Node and meters end here, so that their processor time counts as the loop's.
        parts.stop()
        instants.append(_instant())
        manifest = parts.record_and_summarise(stage, tokens)
    instants.append(_instant())
    return manifest, _timing(cost, instants, parts.ledger.node.name)


def _instant() -> tuple[float, float]:
    """Wall clock, and processor time of this process and its children that have ended [s]."""
    t = os.times()
    return time.perf_counter(), t.user + t.system + t.children_user + t.children_system


def _timing(cost: Cost, instants: list[tuple[float, float]], node: str) -> dict[str, Any]:
    phases = ("start_up", "loop", "closing")
    spans = zip(phases, instants, instants[1:], strict=False)
    return {
        "node": node,
        "phases": {
            name: {"wall_s": end[0] - begin[0], "cpu_s": end[1] - begin[1]}
            for name, begin, end in spans
        },
        "layers_cpu_s": dict(cost.by_layer),
        "co_simulation_cpu_s": cost.total,
        "mosaik_share": cost.mosaik_share,
    }
