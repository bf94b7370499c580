"""`twin list`, `twin show` and `twin verify`: what is in a folder of runs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from experiments.commands.options import RUNS, Json, RunsFolder, print_json
from twin.errors import UnknownRunError

Run = Annotated[str, typer.Argument(help="A run's id, or enough of its first digits.")]

ReplayNode = Annotated[
    str,
    typer.Option("--node", metavar="auto|embedded|anvil|URL|PATH", help="EVM node of the replay."),
]


def register(app: typer.Typer) -> None:
    app.command("list")(list_runs)
    app.command()(show)
    app.command()(verify)


def list_runs(out: RunsFolder = RUNS, as_json: Json = False) -> None:
    """List the runs of a folder."""
    from cosim.results.store import list_runs as listing_of
    from experiments.terminal import print_runs

    listing = listing_of(out)
    if as_json:
        print_json(
            [
                {
                    "run_id": run_id,
                    "name": manifest.scenario["name"],
                    "seed": manifest.seed,
                    "ledger": manifest.scenario["ledger"]["consensus"],
                    "microgrid_size": manifest.scenario["microgrids"]["size"],
                    "path": str(out / run_id),
                }
                for run_id, manifest in listing.runs.items()
            ]
        )
    elif listing.runs:
        print_runs(listing.runs)
    else:
        typer.echo(f"There is no run in {out} yet; `twin demo` makes the first.")
    for skipped in listing.skipped:
        typer.echo(f"twin: left out: {skipped.reason}", err=True)


def show(run: Run, out: RunsFolder = RUNS, as_json: Json = False) -> None:
    """Show what came out of a run."""
    from cosim.results.manifest import load_manifest

    run_id = complete(out, run)
    if as_json:
        print_json(asdict(load_manifest(out / run_id)))
    else:
        from experiments.terminal import print_run

        print_run(out, run_id)


def verify(run: Run, out: RunsFolder = RUNS, as_json: Json = False) -> None:
    """Recompute a run's hashes, sums and on-chain balances; status 1 where one does not hold."""
    from cosim.replay import verify_run
    from experiments.terminal import print_checks

    run_id = complete(out, run)
    checks = verify_run(out, run_id)
    passed = all(check.passed for check in checks)
    if as_json:
        found = [asdict(check) for check in checks]
        print_json({"run_id": run_id, "passed": passed, "checks": found})
    else:
        print_checks(run_id, checks)
    if not passed:
        raise typer.Exit(1)


def complete(runs_dir: Path, start: str) -> str:
    """The one run whose id begins with `start`; raises UnknownRunError where there is not just one.

    Only names of folders that are there are ever compared, so that nothing else reaches a path.
    """
    from cosim.results.identity import RUN_ID

    names = [p.name for p in runs_dir.iterdir() if p.is_dir()] if runs_dir.is_dir() else []
    found = sorted(name for name in names if RUN_ID.fullmatch(name) and name.startswith(start))
    if len(found) == 1 and start:
        return found[0]
    if found:
        raise UnknownRunError(
            f"{start[:40]!r} begins {len(found)} runs in {runs_dir}: {', '.join(found[:4])}"
            f"{' …' if len(found) > 4 else ''}; give more digits"
        )
    raise UnknownRunError(f"there is no run {start[:40]!r} in {runs_dir} (see `twin list`)")
