"""The list of a run's agreements, and the story of the one that is followed."""

from __future__ import annotations

from typing import Any, Final

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from cosim.results.manifest import Manifest
from dashboards import wording
from dashboards.address import run_parameter, whole_parameter
from dashboards.pages.story import story_panel
from dashboards.parts.chosen import Chosen, runs_folder
from dashboards.parts.clock import clock_text, local_time
from dashboards.parts.top import control
from dashboards.quantity import whole
from dashboards.queries import settlement as query
from dashboards.queries.story import story


def agreements(
    chosen: Chosen, outcome: str | None, slot: int | None, agreement: int | None
) -> html.Div:
    """All agreements, those of an outcome only if given, and the story of one of them."""
    runs, run_id, manifest = chosen.runs, chosen.run_id, chosen.manifest
    listed = query.agreement_list(runs, run_id, outcome)
    if not listed.rows:
        words = f"No agreement was {wording.OUTCOMES[outcome]}." if outcome else "Nothing matched."
        return html.Div([_outcome_control(outcome), html.P(words, className="note")])
    asked: dict[str, Any] = {}
    if slot is None or agreement is None:
        slot, agreement = listed.rows[0]["slot"], listed.rows[0]["agreement"]
    else:
        identity = f"{slot}-{agreement}"
        asked = {
            "selectedRows": {"ids": [identity]},
            "scrollTo": {"rowId": identity, "rowPosition": "middle"},
        }
    many = f"{whole(listed.total)} agreements; click one to follow it"
    if listed.total > len(listed.rows):
        many += f" (the first {whole(len(listed.rows))} are listed: choose an outcome)"
    return html.Div(
        [
            html.Div(
                [
                    dmc.Title("Every agreement", order=2, className="finding"),
                    html.P(many, className="plotted"),
                    html.Div(_outcome_control(outcome), className="controls"),
                    dag.AgGrid(
                        id="agreements",
                        rowData=[_row(manifest, row) for row in listed.rows],
                        columnDefs=_COLUMNS,
                        getRowId="params.data.id",
                        columnSize="responsiveSizeToFit",
                        defaultColDef={"sortable": True, "resizable": True, "cellClass": "cell"},
                        dashGridOptions={
                            "theme": {
                                "function": "themeQuartz.withParams({fontFamily: 'inherit',"
                                " backgroundColor: 'var(--mantine-color-body)',"
                                " foregroundColor: 'var(--mantine-color-text)',"
                                " wrapperBorder: false, headerBackgroundColor: 'transparent',"
                                " fontSize: 13, cellHorizontalPadding: 8, spacing: 6,"
                                " accentColor: '#0072B2', browserColorScheme: 'inherit'})"
                            },
                            "rowSelection": {
                                "mode": "singleRow",
                                "checkboxes": False,
                                "enableClickSelection": True,
                            },
                            "rowHeight": 32,
                            "headerHeight": 36,
                            "tooltipShowDelay": 300,
                            "animateRows": False,
                        },
                        style={"height": "620px"},
                        **asked,
                    ),
                    dcc.Store(id="story-run", data=run_id),
                    dcc.Store(id="story-chosen"),
                ]
            ),
            html.Div(_story(run_id, slot, agreement), id="story"),
        ],
        className="panels panels-wide-left",
    )


def _outcome_control(outcome: str | None) -> Any:
    options = [("", "all"), *((s, wording.OUTCOMES[s]) for s in query.STATUSES)]
    return control("status", "Outcome", options, outcome or "", 200)


_COLUMNS: Final[list[dict[str, Any]]] = [
    {"field": "time", "headerName": "Slot", "minWidth": 60},
    {"field": "agreement", "headerName": "No.", "minWidth": 48, "type": "rightAligned"},
    {"field": "seller", "headerName": "Seller", "minWidth": 60},
    {"field": "buyer", "headerName": "Buyer", "minWidth": 60},
    {"field": "tier", "headerName": "Tier", "minWidth": 84},
    {
        "field": "wh",
        "headerName": "Energy [Wh]",
        "minWidth": 90,
        "type": "rightAligned",
        "valueFormatter": {"function": "d3.format(',')(params.value).replace(/,/g, '\u202f')"},
    },
    {
        "field": "ct_per_kwh",
        "headerName": "Price [ct/kWh]",
        "minWidth": 98,
        "type": "rightAligned",
        "valueFormatter": {"function": "d3.format('.1f')(params.value)"},
    },
    {"field": "status", "headerName": "Outcome", "minWidth": 110},
    {
        "field": "lost_ct",
        "headerName": "Lost [ct]",
        "headerTooltip": "Collateral that seller and buyer lost to the stabiliser",
        "minWidth": 66,
        "type": "rightAligned",
        "valueFormatter": {
            "function": "params.value == null ? '–' : d3.format('.2f')(params.value)"
        },
    },
]


_TIER_WORDS: Final = ("building", "microgrid", "between")


def _row(manifest: Manifest, row: dict[str, Any]) -> dict[str, Any]:
    lost = row["compensation_neur"]
    return {
        "id": f"{row['slot']}-{row['agreement']}",
        "time": clock_text(manifest, row["slot"]),
        "agreement": row["agreement"],
        "seller": row["seller"],
        "buyer": row["buyer"],
        "tier": _TIER_WORDS[row["tier"]],
        "wh": row["quantity_wh"],
        "ct_per_kwh": row["price_ueur_per_kwh"] / 1e4,
        "status": wording.OUTCOMES[row["status"]],
        "lost_ct": None if lost is None else lost / 1e7,
    }


def _story(run_id: str, slot: int, agreement: int) -> Any:
    runs = runs_folder()
    manifest = runs.manifest(run_id)
    found = story(runs, run_id, slot, agreement) if manifest is not None else None
    if manifest is None or found is None:
        return html.P("There is no such agreement in this run.", className="note")
    return story_panel(found, manifest, local_time(manifest, slot))


def register_callbacks(app: Dash) -> None:
    """What the page asks the server while it is open."""
    app.callback(
        Output("story", "children"),
        Output("story-chosen", "data"),
        Input("agreements", "selectedRows"),
        State("story-chosen", "data"),
        State("story-run", "data"),
        prevent_initial_call=True,
    )(show_story)


def show_story(selected: Any, shown: Any, run: Any) -> Any:
    """Follow the agreement that was clicked, or selected by keyboard."""
    row = selected[0] if isinstance(selected, list) and selected else None
    identity = row.get("id") if isinstance(row, dict) else None
    run_id = run_parameter(run)
    if run_id is None or not isinstance(identity, str) or identity == shown:
        return no_update, no_update
    slot, _, agreement = identity.partition("-")
    numbers = whole_parameter(slot), whole_parameter(agreement)
    if numbers[0] is None or numbers[1] is None:
        return no_update, no_update
    return _story(run_id, numbers[0], numbers[1]), identity
