"""Options that several commands share, spelled once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from twin.errors import ScenarioError

RunsFolder = Annotated[
    Path, typer.Option("--out", "--runs", metavar="DIR", help="Folder of the runs.")
]
RUNS = Path("runs")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Seed = Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of all random streams.")]
Force = Annotated[bool, typer.Option("--force", help="Compute again what is already there.")]
Overrides = Annotated[
    list[str],
    typer.Option(
        "--set", metavar="KEY.PATH=VALUE", help="Override a key, e.g. ledger.consensus=pos."
    ),
]
Node = Annotated[
    str | None,
    typer.Option(
        metavar="auto|embedded|anvil|URL|PATH", help="EVM node; else the scenario's execution.node."
    ),
]


def print_json(document: Any) -> None:
    """The one document that --json promises."""
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False, default=str))


def checked_folder(folder: Path) -> Path:
    """A folder for runs, which may not exist yet; refused where a file stands in its place."""
    for place in (folder, *folder.absolute().parents):
        if place.exists():
            if not place.is_dir():
                raise ScenarioError(f"--out {folder}: {place} is a file, not a folder")
            break
    return folder
