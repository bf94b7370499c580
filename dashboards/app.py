"""The dashboard as a Dash app: pages over a folder of runs, nothing fetched from elsewhere."""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import Any, Final

import dash
import dash_mantine_components as dmc
import flask
from dash import ALL, Dash, Input, Output, State, dcc, html

from dashboards.figures.factory import FONT
from dashboards.pages import agreements, compare, overview, settlement
from dashboards.queries.runs import RunsFolder

NAME: Final = "Energy twin"
register_page: Final[Any] = dash.register_page
_HERE: Final = Path(__file__).parent
_HEADERS: Final = {
    # Dash's own scripts need inline code and eval; nothing may come from, or go to, another host.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_ACCENT: Final = [
    "#e7f3fb",
    "#cfe4f3",
    "#9fc9e6",
    "#6cadd9",
    "#4195ce",
    "#2585c7",
    "#0072b2",
    "#00659f",
    "#00568a",
    "#004874",
]
_THEME: Final[dict[str, Any]] = {
    "fontFamily": FONT,
    "primaryColor": "accent",
    "primaryShade": {"light": 6, "dark": 4},
    "colors": {"accent": _ACCENT},
    "defaultRadius": "sm",
}
_NAVIGATE: Final = """
function(values, ids) {
  const search = new URLSearchParams(window.location.search);
  let changed = false;
  ids.forEach((id, i) => {
    const value = values[i] === null || values[i] === undefined ? '' : String(values[i]);
    if (value === id.shown) return;
    changed = true;
    if (id.key === 'run' || id.key === 'sweep') [...search.keys()].forEach(k => search.delete(k));
    if (value === '') search.delete(id.key); else search.set(id.key, value);
  });
  return changed ? '?' + search.toString() : window.dash_clientside.no_update;
}
"""
"""A control whose value is no longer the one shown writes it into the address; the page follows."""
_REMEMBER: Final = """
function(chosen) {
  const [slot, agreement] = String(chosen || '').split('-');
  if (slot && agreement) {
    const search = new URLSearchParams(window.location.search);
    search.set('slot', slot);
    search.set('agreement', agreement);
    window.history.replaceState(window.history.state, '', '?' + search.toString());
  }
  return window.dash_clientside.no_update;
}
"""
"""The agreement that is followed goes into the address without the page being made anew."""


def create_app(runs_dir: str | Path) -> Dash:
    """The app over the runs in `runs_dir`, which may be empty and may fill while it runs."""
    app = Dash(
        __name__,
        title=NAME,
        update_title="",
        assets_folder=str(_HERE / "assets"),
        pages_folder="",
        use_pages=True,
        serve_locally=True,
        suppress_callback_exceptions=True,
        include_pages_meta=False,
        enable_mcp=False,
    )
    for name, module in (("Overview", overview), ("Settlement", settlement), ("Compare", compare)):
        register_page(
            module.__name__,
            path=module.PATH,
            name=name,
            title=f"{name} – {NAME}",
            layout=module.layout,
        )
    app.layout = dmc.MantineProvider(
        html.Div(
            [
                dcc.Location(id="navigate", refresh="callback-nav"),
                dcc.Store(id="remembered"),
                dash.page_container,
            ]
        ),
        theme=_THEME,
    )
    in_the_browser: Any = app.clientside_callback
    in_the_browser(
        _NAVIGATE,
        Output("navigate", "search"),
        Input({"type": "control", "key": ALL, "shown": ALL}, "value"),
        State({"type": "control", "key": ALL, "shown": ALL}, "id"),
        prevent_initial_call=True,
    )
    in_the_browser(_REMEMBER, Output("remembered", "data"), Input("story-chosen", "data"))
    agreements.register_callbacks(app)
    server: flask.Flask = app.server
    runs = RunsFolder(Path(runs_dir))
    # DuckDB complains at length where Python ends before it does.
    atexit.register(runs.close)
    server.config["RUNS"] = runs
    server.after_request(_with_headers)
    return app


def _with_headers(response: flask.Response) -> flask.Response:
    response.headers.update(_HEADERS)
    return response
