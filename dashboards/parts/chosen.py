"""Which run the address asks for, or what to say if there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flask

from cosim.results.manifest import Manifest
from dashboards.address import run_parameter
from dashboards.parts.states import no_runs, no_such_run
from dashboards.parts.top import page, run_choice
from dashboards.queries.runs import RunsFolder


@dataclass(frozen=True)
class Chosen:
    """A run of the folder, and the control that chooses another."""

    runs: RunsFolder
    run_id: str
    manifest: Manifest
    control: Any


def runs_folder() -> RunsFolder:
    """The folder of the app that answers the present request."""
    folder: RunsFolder = flask.current_app.config["RUNS"]
    return folder


def chosen_run(path: str, asked: object) -> Chosen | Any:
    """The run that `asked` names, the newest where it names none; else a page that says why not."""
    runs = runs_folder()
    manifests = runs.manifests()
    if asked in (None, ""):
        if not manifests:
            return page(path, [no_runs(str(runs.path))])
        run_id = next(iter(manifests))
    else:
        found = run_parameter(asked)
        if found is None or found not in manifests:
            return page(path, [no_such_run(str(asked))])
        run_id = found
    return Chosen(runs, run_id, manifests[run_id], run_choice(manifests, run_id))
