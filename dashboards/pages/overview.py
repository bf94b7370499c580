"""Overview of one run: what trading changed against the status quo."""

from __future__ import annotations

from typing import Any, Final

import dash_mantine_components as dmc
from dash import html

from dashboards import wording
from dashboards.figures.cost_by_role import cost_by_role
from dashboards.figures.coverage import coverage
from dashboards.figures.energy_sankey import energy_sankey
from dashboards.figures.gains import gains
from dashboards.findings import (
    against,
    cost_finding,
    coverage_finding,
    flows_finding,
    gains_finding,
)
from dashboards.parts.chosen import Chosen, chosen_run
from dashboards.parts.head import page_head, run_line
from dashboards.parts.number import number
from dashboards.parts.origin import origin_mark
from dashboards.parts.panel import figure_panel
from dashboards.parts.states import damaged
from dashboards.parts.top import page
from dashboards.quantity import text
from dashboards.queries import overview as query
from dashboards.queries.indicators import Figure, figures
from dashboards.wording import indicator_label
from twin.errors import ResultsError

PATH: Final = "/"
QUESTION: Final = "What does trading with neighbours change?"
GLANCE: Final = (
    ("self_sufficiency", wording.SELF_SUFFICIENCY),
    ("cost_neur", wording.COST),
    ("local_share_of_import", wording.NEIGHBOURS),
    ("contracts_kept_share", wording.KEPT),
    ("fee_per_contract_neur", wording.FEE),
)


def layout(run: Any = None, **_: Any) -> Any:
    """The page for the run in the address, the newest where it names none."""
    chosen = chosen_run(PATH, run)
    if not isinstance(chosen, Chosen):
        return chosen
    try:
        content = _content(chosen)
    except ResultsError as error:
        content = [damaged(str(error))]
    return page(PATH, content, run=chosen.run_id, choice=chosen.control)


def _content(chosen: Chosen) -> list[Any]:
    runs, run_id, manifest = chosen.runs, chosen.run_id, chosen.manifest
    found = figures(manifest)
    sums = query.role_sums(runs, run_id)
    flows = query.energy_flows(sums, *query.stabilised_wh(runs, run_id))
    moved = query.gains_neur(manifest)
    return [
        page_head(QUESTION),
        run_line(manifest),
        html.Div(
            [
                number(found[name], why, _beside(name, found))
                for name, why in GLANCE
                if name in found
            ],
            className="numbers",
        ),
        html.Div(
            [
                figure_panel(
                    "flows",
                    energy_sankey(flows),
                    flows_finding(sums),
                    "Energy from generation to consumption, by role and market tier",
                    wording.FLOWS,
                    "simulated",
                ),
                figure_panel(
                    "coverage",
                    coverage(sums),
                    coverage_finding(sums),
                    "What covered the consumption of each role (number of participants)",
                    wording.COVERAGE,
                    "simulated",
                ),
            ],
            className="panels panels-wide-left",
        ),
        html.Div(
            [
                figure_panel(
                    "cost",
                    cost_by_role(sums),
                    cost_finding(sums),
                    "Cost per participant with the market and without, by role",
                    wording.COST,
                    "assumed",
                ),
                figure_panel(
                    "gains",
                    gains(moved),
                    gains_finding(moved),
                    "Change of every party's income against the status quo; the bars sum to zero",
                    wording.ZERO_SUM,
                    "assumed",
                ),
            ],
            className="panels panels-two",
        ),
        _all_indicators(found),
    ]


def _beside(name: str, found: dict[str, Figure]) -> str:
    """What a figure without a status quo is compared with."""
    if name == "local_share_of_import":
        traded = sum(found[t].value or 0 for t in _TIERS if t in found)
        return f"{text(traded, 'Wh')}; none at the status quo"
    if name == "contracts_kept_share" and "contracts" in found:
        missed = found.get("contracts_missed_the_gate")
        late = f", {text(missed.value, 'count')} missed the gate" if missed else ""
        return f"of {text(found['contracts'].value, 'count')}{late}"
    if name == "fee_per_contract_neur" and "gas_per_contract" in found:
        return f"for {text(found['gas_per_contract'].value, 'gas')}"
    return ""


_TIERS: Final = ("energy_tier_0_wh", "energy_tier_1_wh", "energy_tier_2_wh")


def _all_indicators(found: dict[str, Figure]) -> Any:
    """Every indicator of the run, one click deeper."""
    head = ("Indicator", "Value", "Against the status quo", "Meaning")
    rows = [
        dmc.TableTr(
            [
                dmc.TableTd([origin_mark(figure.origin), indicator_label(name)]),
                dmc.TableTd(text(figure.value, figure.unit), className="table-number"),
                dmc.TableTd(
                    against(figure.value, figure.status_quo, figure.unit), className="table-number"
                ),
                dmc.TableTd(figure.meaning),
            ]
        )
        for name, figure in found.items()
    ]
    table = dmc.Table(
        [
            dmc.TableThead(
                dmc.TableTr(
                    [
                        dmc.TableTh(words, className="table-number" if 0 < i < 3 else "")
                        for i, words in enumerate(head)
                    ]
                )
            ),
            dmc.TableTbody(rows),
        ],
        verticalSpacing=4,
    )
    return dmc.Accordion(
        dmc.AccordionItem(
            [
                dmc.AccordionControl(f"All {len(found)} indicators of this run"),
                dmc.AccordionPanel(dmc.TableScrollContainer(table, minWidth=700)),
            ],
            value="indicators",
        ),
        mt="xl",
        variant="default",
    )
