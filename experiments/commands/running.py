"""`twin demo` and `twin run`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.commands.options import (
    RUNS,
    Force,
    Json,
    Node,
    Overrides,
    RunsFolder,
    Seed,
    checked_folder,
    print_json,
)

if TYPE_CHECKING:
    from cosim.run import RunResult


def register(app: typer.Typer) -> None:
    app.command()(demo)
    app.command()(run)


def demo(
    seed: Seed = 1,
    overrides: Overrides = [],  # noqa: B006 (typer copies it)
    node: Node = None,
    force: Force = False,
    out: RunsFolder = RUNS,
    as_json: Json = False,
) -> None:
    """Run the demo: one June day of a street with 41 participants."""
    run("demo", seed, overrides, node, force, out, as_json)


def run(
    scenario: Annotated[str, typer.Argument(help="A YAML file, or the name of a shipped one.")],
    seed: Seed = 1,
    overrides: Overrides = [],  # noqa: B006 (typer copies it)
    node: Node = None,
    force: Force = False,
    out: RunsFolder = RUNS,
    as_json: Json = False,
) -> None:
    """Run a scenario; a run that is already there is reported and not computed again."""
    from experiments.shipped import find_scenario, read_scenario

    chosen = overrides if node is None else [*overrides, f"execution.node={node}"]
    checked = read_scenario(find_scenario(scenario), chosen)
    checked_folder(out)

    from cosim.run import run_scenario
    from experiments.progress import progress

    with progress() as report:
        result = run_scenario(checked, seed, out, force=force, progress=report)
    if as_json:
        print_json(
            {
                "run_id": result.run_id,
                "path": str(result.path),
                "existed": result.existed,
                "manifest": asdict(result.manifest),
            }
        )
    else:
        _show(result, out)


def _show(result: RunResult, out: Path) -> None:
    from experiments.terminal import print_run

    if result.existed:
        typer.echo(f"The run {result.run_id} is already there; --force computes it again.\n")
    print_run(out, result.run_id)
