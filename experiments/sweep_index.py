"""runs/sweeps/<name>.json: which run belongs to which arm, for whoever compares them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from experiments.sweep_file import SweepPlan
from experiments.sweep_pool import FailedRun

FOLDER: Final = "sweeps"


def write_index(runs_dir: Path, plan: SweepPlan, failed: Sequence[FailedRun]) -> Path:
    """Write the index beside the old one and swap it in; returns its path."""
    folder = runs_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{plan.sweep.name}.json"
    fresh = folder / f".{plan.sweep.name}.{os.getpid()}.json"
    fresh.write_text(
        json.dumps(index(plan, failed), indent=1, ensure_ascii=False, default=str) + "\n",
        encoding="utf-8",
    )
    os.replace(fresh, path)
    return path


def index(plan: SweepPlan, failed: Sequence[FailedRun]) -> dict[str, Any]:
    """The index as plain values; the same sweep gives the same text."""
    sweep = plan.sweep
    return {
        "name": sweep.name,
        "description": sweep.description,
        "scenario": sweep.scenario,
        "seeds": sweep.seeds,
        "grid": sweep.grid,
        "set": sweep.set,
        "arms": [
            {
                "values": dict(arm.values),
                "runs": {str(seed): run_id for seed, run_id in arm.run_ids.items()},
            }
            for arm in plan.arms
        ],
        "failed": [
            {"run_id": one.run.run_id, "seed": one.run.seed, "reason": one.reason} for one in failed
        ],
    }
