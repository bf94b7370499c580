"""`twin scenario check` and `twin scenario schema`."""

from __future__ import annotations

from typing import Annotated

import typer

from experiments.commands.options import Json, Overrides, print_json

app = typer.Typer(help="Check a scenario file, or print what one may hold.", no_args_is_help=True)


@app.command()
def check(
    file: Annotated[str, typer.Argument(help="A YAML file, or the name of a shipped one.")],
    overrides: Overrides = [],  # noqa: B006 (typer copies it)
    as_json: Json = False,
) -> None:
    """Check a scenario (or sweep) without running it; status 2 where something is wrong."""
    from experiments.shipped import find_scenario, is_sweep, read_scenario

    path = find_scenario(file)
    if is_sweep(path):
        from experiments.sweep_file import load_sweep

        sweep = load_sweep(path)
        if as_json:
            print_json(sweep.sweep.model_dump(mode="json"))
        else:
            typer.echo(f"{path}: a valid sweep of {len(sweep.runs)} runs in {len(sweep.arms)} arms")
        return
    scenario = read_scenario(path, overrides)
    if as_json:
        print_json(scenario.model_dump(mode="json"))
        return
    people = scenario.neighbourhood.participants or "all"
    typer.echo(
        f"{path}: a valid scenario, {scenario.name}: {people} participants of "
        f"{scenario.neighbourhood.grid}, {scenario.horizon.slots} slots of "
        f"{scenario.horizon.slot_s} s from {scenario.horizon.start}, microgrids of at most "
        f"{scenario.microgrids.size}, {scenario.links.technology} links, "
        f"{scenario.ledger.consensus} ledger"
    )


@app.command()
def schema() -> None:
    """Print the JSON Schema of a scenario: every key with unit, default and source."""
    from cosim.scenario_file import scenario_schema

    print_json(scenario_schema())
