"""`twin sweep`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands.options import (
    RUNS,
    Force,
    Json,
    Node,
    RunsFolder,
    checked_folder,
    print_json,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from experiments.sweep_file import PlannedRun, SweepPlan
    from experiments.sweep_pool import FailedRun

Workers = Annotated[
    int | None, typer.Option(min=1, max=1024, help="Runs at a time; else one per processor.")
]


def register(app: typer.Typer) -> None:
    app.command()(sweep)


def sweep(
    sweep: Annotated[str, typer.Argument(help="A YAML file, or the name of a shipped one.")],
    workers: Workers = None,
    node: Node = None,
    force: Force = False,
    out: RunsFolder = RUNS,
    as_json: Json = False,
) -> None:
    """Run a scenario under a grid of settings and seeds; what is already there is skipped.

    A failed run does not stop the others; status 1 at the end says that one failed.
    """
    from experiments.shipped import find_sweep
    from experiments.sweep_file import load_sweep

    plan = load_sweep(find_sweep(sweep))
    checked_folder(out)

    from cosim.results.catalogue import rebuild_catalogue
    from cosim.results.store import clean_stages, is_whole
    from experiments.sweep_index import write_index

    clean_stages(out)
    todo = [run for run in plan.runs if force or not is_whole(out / run.run_id)]
    write_index(out, plan, ())
    failed = _carry_out(out, todo, workers or os.cpu_count() or 1, force, node)
    path = write_index(out, plan, failed)
    complaint = rebuild_catalogue(out)
    if complaint:
        typer.echo(f"twin: {complaint}", err=True)
    if as_json:
        from experiments.sweep_index import index

        print_json(index(plan, failed) | {"path": str(path), "skipped": len(plan.runs) - len(todo)})
    else:
        _say(plan, todo, failed, out)
    if failed:
        raise typer.Exit(1)


def _carry_out(
    out: Path, todo: Sequence[PlannedRun], workers: int, force: bool, node: str | None
) -> list[FailedRun]:
    from experiments.progress import progress
    from experiments.sweep_pool import SweepPool

    with progress() as report:
        report(0, len(todo), "runs")
        ended = 0

        def hear(run: PlannedRun, reason: str | None) -> None:
            nonlocal ended
            ended += 1
            if reason is not None:
                typer.echo(f"twin: failed: {run.label}: {reason}", err=True)
            report(ended, len(todo), "runs")

        return SweepPool(out, workers, force, node).carry_out(todo, hear)


def _say(
    plan: SweepPlan, todo: Sequence[PlannedRun], failed: Sequence[FailedRun], out: Path
) -> None:
    done = len(todo) - len(failed)
    typer.echo(
        f"{plan.sweep.name}: {len(plan.runs)} runs in {len(plan.arms)} arms; {done} computed, "
        f"{len(plan.runs) - len(todo)} already there, {len(failed)} failed"
    )
    for one in failed:
        typer.echo(f"  failed: {one.run.label}: {one.reason}")
    typer.echo(f"\ntwin dashboard --runs {out}    compares them in the browser")
