"""Settlement of one run: from orders to final money, and one agreement's story."""

from __future__ import annotations

from typing import Any, Final

from dash import html

from dashboards import wording
from dashboards.address import choice_parameter, whole_parameter
from dashboards.figures.failures import failures as failures_figure
from dashboards.figures.funnel import funnel
from dashboards.figures.gate import gate
from dashboards.figures.outcomes import outcomes
from dashboards.findings import (
    failures_finding,
    funnel_finding,
    gate_finding,
    outcomes_finding,
)
from dashboards.pages.agreements import agreements
from dashboards.parts.chosen import Chosen, chosen_run
from dashboards.parts.clock import local_time, slot_length_s
from dashboards.parts.head import page_head, run_line
from dashboards.parts.panel import figure_panel
from dashboards.parts.states import damaged
from dashboards.parts.top import page
from dashboards.queries import settlement as query
from dashboards.queries.overview import agreements_by_outcome
from twin.errors import ResultsError

PATH: Final = "/settlement"
QUESTION: Final = "What became of the agreements, and who paid when one was not kept?"


def layout(
    run: Any = None, status: Any = None, slot: Any = None, agreement: Any = None, **_: Any
) -> Any:
    """The page for the run, outcome and agreement in the address."""
    chosen = chosen_run(PATH, run)
    if not isinstance(chosen, Chosen):
        return chosen
    outcome = choice_parameter(status, query.STATUSES)
    asked = (whole_parameter(slot), whole_parameter(agreement))
    try:
        content = _content(chosen, outcome, *asked)
    except ResultsError as error:
        content = [damaged(str(error))]
    return page(PATH, content, run=chosen.run_id, choice=chosen.control)


def _content(
    chosen: Chosen, outcome: str | None, slot: int | None, agreement: int | None
) -> list[Any]:
    runs, run_id, manifest = chosen.runs, chosen.run_id, chosen.manifest
    steps = query.steps(runs, run_id)
    paid = query.failures(runs, run_id)
    sent = query.commits(runs, run_id, slot_length_s(manifest))
    unsent = query.unsent_slots(runs, run_id)
    in_time = gate_finding(sent, len(unsent))
    by_slot = agreements_by_outcome(runs, run_id).to_pydict()
    ended = outcomes_finding(by_slot["status"], by_slot["agreements"])
    slot_s = slot_length_s(manifest)
    stabiliser = str(manifest.scenario.get("stability", {}).get("stabiliser", "lpd"))
    return [
        page_head(QUESTION),
        run_line(manifest),
        html.Div(
            [
                figure_panel(
                    "funnel",
                    funnel(steps),
                    funnel_finding(steps),
                    "Energy and number of orders or agreements left at each step of a slot, A to G",
                    wording.FUNNEL,
                    "executed",
                ),
                figure_panel(
                    "outcomes",
                    outcomes(
                        [local_time(manifest, s) for s in by_slot["slot"]],
                        by_slot["status"],
                        by_slot["wh"],
                        slot_s,
                    ),
                    ended,
                    "Energy agreed for each slot, by how the agreements ended",
                    wording.KEPT,
                    "executed",
                ),
                figure_panel(
                    "gate",
                    gate(
                        [local_time(manifest, commit.slot) for commit in sent],
                        sent,
                        [local_time(manifest, slot) for slot in unsent],
                    ),
                    in_time,
                    "When each slot's commit was final by the ledger's own rule",
                    wording.GATE,
                    "simulated",
                ),
                figure_panel(
                    "failures",
                    failures_figure(paid),
                    failures_finding(paid, stabiliser),
                    "What each role paid to the stabiliser because a commitment was not kept",
                    wording.COMPENSATION,
                    "executed",
                ),
            ],
            className="panels panels-two",
        ),
        agreements(chosen, outcome, slot, agreement),
    ]
