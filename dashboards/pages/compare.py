"""Comparison of runs: any setting against any indicator, with the spread over runs."""

from __future__ import annotations

from typing import Any, Final

import dash_mantine_components as dmc
from dash import dcc, html

from dashboards import wording
from dashboards.address import address, choice_parameter
from dashboards.figures.comparison import comparison as comparison_figure
from dashboards.findings import comparison_finding
from dashboards.parts.chosen import runs_folder
from dashboards.parts.head import page_head
from dashboards.parts.origin import origin_legend
from dashboards.parts.panel import figure_panel
from dashboards.parts.states import empty, no_runs
from dashboards.parts.top import control, page
from dashboards.quantity import scale
from dashboards.queries.compare import Compared, compared, indicators_of, key_of
from dashboards.queries.runs import Comparison, RunsFolder
from dashboards.wording import indicator_label, setting_label, value_label

PATH: Final = "/compare"
QUESTION: Final = "What does a choice of ledger, consensus or microgrid size change?"
PREFERRED: Final = (
    "contracts_missed_the_gate",
    "contracts_kept_share",
    "self_sufficiency",
    "cost_neur",
)
CONSENSUS: Final = "ledger.consensus"
ALL: Final = "all"
NONE: Final = "none"


def layout(
    sweep: Any = None,
    axis: Any = None,
    indicator: Any = None,
    lines: Any = None,
    run: Any = None,
    **_: Any,
) -> Any:
    """The page for the runs, axis, lines and indicator in the address."""
    runs = runs_folder()
    sweeps = runs.sweeps()
    chosen = _comparison(runs, sweeps, choice_parameter(sweep, [*sweeps, ALL]))
    keep = run if isinstance(run, str) and runs.manifest(run) is not None else None
    return page(PATH, _content(runs, sweeps, chosen, axis, indicator, lines), run=keep)


def _comparison(
    runs: RunsFolder, sweeps: dict[str, Comparison], asked: str | None
) -> tuple[str, Comparison]:
    if asked is None:
        asked = next(iter(sweeps), ALL)
    return asked, runs.all_runs() if asked == ALL else sweeps[asked]


def _content(
    runs: RunsFolder,
    sweeps: dict[str, Comparison],
    chosen: tuple[str, Comparison],
    axis: Any,
    indicator: Any,
    lines: Any,
) -> list[Any]:
    name, comparison = chosen
    which = control(
        "sweep",
        "Runs of",
        [*((s, f"sweep {s}") for s in sweeps), (ALL, "this folder, all of them")],
        name,
        220,
    )
    head = page_head(QUESTION)
    if not comparison.arms and not sweeps:
        return [head, no_runs(str(runs.path))]
    if not comparison.finished or not comparison.axes:
        return [
            head,
            html.Div(which, className="controls"),
            empty(
                "Nothing to compare yet",
                "These runs do not differ in any setting, or none of them is finished. "
                "A sweep makes runs that do:",
                "twin sweep compare",
            ),
        ]
    indicators = indicators_of(comparison)
    along = choice_parameter(axis, comparison.axes) or _first_axis(comparison)
    others = [key for key in comparison.axes if key != along]
    by = choice_parameter(lines, [*others, NONE]) or _first_lines(others)
    shown = choice_parameter(indicator, indicators) or next(
        (name for name in PREFERRED if name in indicators), indicators[0]
    )
    found = compared(comparison, shown, along, None if by == NONE else by)
    controls = html.Div(
        [
            which,
            control(
                "indicator",
                "Indicator",
                sorted(((i, indicator_label(i)) for i in indicators), key=lambda o: o[1]),
                shown,
                300,
            ),
            control("axis", "Along", [(k, setting_label(k)) for k in comparison.axes], along, 200),
            control(
                "lines",
                "A line for each",
                [*((k, setting_label(k)) for k in others), (NONE, "none")],
                by,
                200,
            ),
        ],
        className="controls",
    )
    return [
        head,
        html.Div([html.Span(_progress(comparison)), origin_legend()], className="run-line"),
        controls,
        html.Div(_results(found, comparison) if found else _without(shown), className="panels"),
    ]


def _first_axis(comparison: Comparison) -> str:
    """A setting of numbers, along which lines can be drawn, before one of words."""
    for key in comparison.axes:
        if all(key_of(arm.settings.get(key, ""))[0] == 0 for arm in comparison.arms):
            return key
    return comparison.axes[0]


def _first_lines(others: list[str]) -> str:
    if CONSENSUS in others:
        return CONSENSUS
    return others[0] if others else NONE


def _progress(comparison: Comparison) -> str:
    finished, planned = len(comparison.finished), len(comparison.arms)
    if finished == planned:
        return f"{finished} runs"
    return f"{finished} of {planned} runs finished; the rest is left out until it is"


def _without(indicator: str) -> Any:
    return html.P(f"No run has a value for {indicator_label(indicator)}.", className="note")


def _results(found: Compared, comparison: Comparison) -> list[Any]:
    finding = comparison_finding(found)
    spread = f"{len(found.seeds)} seeds" if len(found.seeds) > 1 else "one seed"
    if found.pooled:
        spread += " and all values of " + ", ".join(setting_label(k).lower() for k in found.pooled)
    plotted = f"{found.meaning or indicator_label(found.indicator)}. Mean and range over {spread}"
    return [
        figure_panel(
            "comparison",
            comparison_figure(found),
            finding,
            plotted,
            wording.COMPARISON,
            found.origin,
        ),
        _table(found, comparison),
    ]


def _table(found: Compared, comparison: Comparison) -> Any:
    """The figure's numbers, and a link to a run of each point."""
    unit = scale(found.unit, [value for point in found.points for value in point.values])
    heads = [setting_label(found.axis)]
    if found.lines:
        heads.append(setting_label(found.lines))
    heads += [f"Mean [{unit.unit or 'count'}]", "Smallest", "Largest", "Runs", ""]
    first_number = 2 if found.lines else 1
    body = []
    for point in found.points:
        cells = [dmc.TableTd(value_label(found.axis, point.at))]
        if found.lines:
            cells.append(dmc.TableTd(value_label(found.lines, point.line)))
        cells += [
            dmc.TableTd(words, className="table-number")
            for words in (
                unit.number(point.mean),
                unit.number(point.low),
                unit.number(point.high),
                str(len(point.values)),
            )
        ]
        run = _example(found, comparison, point.at, point.line)
        cells.append(dmc.TableTd(dcc.Link("open a run", href=address("/", run=run))))
        body.append(dmc.TableTr(cells))
    table = dmc.Table(
        [
            dmc.TableThead(
                dmc.TableTr(
                    [
                        dmc.TableTh(
                            words,
                            className="table-number"
                            if first_number <= i < first_number + 4
                            else "",
                        )
                        for i, words in enumerate(heads)
                    ]
                )
            ),
            dmc.TableTbody(body),
        ],
        verticalSpacing=4,
    )
    return dmc.TableScrollContainer(table, minWidth=560)


def _example(found: Compared, comparison: Comparison, at: str, line: str) -> str | None:
    """The first finished run of a point."""
    for arm in comparison.finished:
        same_line = found.lines is None or arm.settings.get(found.lines, "") == line
        if arm.settings.get(found.axis, "") == at and same_line:
            return arm.run_id
    return None
