"""How every page starts: the question that it answers, and which run answers it."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from cosim.results.manifest import Manifest
from dashboards.parts.origin import origin_legend
from dashboards.wording import value_label


def page_head(question: str, beside: Any = None) -> html.Div:
    """The question, and on the right what is being looked at."""
    return html.Div(
        [dmc.Title(question, order=1, className="question"), beside],
        className="page-head",
    )


def run_line(manifest: Manifest) -> html.Div:
    """The run in one line: scenario, what it was about, seed, origin marks."""
    scenario = manifest.scenario
    return html.Div(
        [html.Span(run_words(manifest) + f" · {manifest.run_id}"), origin_legend()],
        className="run-line",
        title=str(scenario.get("description", "")),
    )


def run_words(manifest: Manifest) -> str:
    """What tells a run from others: scenario, consensus, microgrid size, day, seed."""
    scenario = manifest.scenario
    consensus = value_label("ledger.consensus", str(_at(scenario, "ledger", "consensus")))
    return " · ".join(
        [
            str(scenario.get("name", "")),
            consensus,
            f"microgrids of {_at(scenario, 'microgrids', 'size')}",
            str(_at(scenario, "horizon", "start")),
            f"seed {manifest.seed}",
        ]
    )


def _at(scenario: Any, section: str, key: str) -> Any:
    part = scenario.get(section)
    return part.get(key, "") if isinstance(part, dict) else ""
