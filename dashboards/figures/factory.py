"""What all figures have in common; every graph of every page comes from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import plotly.graph_objects as go
from dash import dcc, html

FONT: Final = '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
INK: Final = "#6C757D"
HAIRLINE: Final = "#ced4da"
"""Ink is read on white and on black; `assets/style.css` recolours text and hairlines."""
CONFIG: Final[dict[str, Any]] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "showLink": False,
    "plotlyServerURL": "",
    "responsive": True,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
}


_AXIS: Final[dict[str, Any]] = {
    "automargin": True,
    "zeroline": False,
    "showline": False,
    "gridcolor": HAIRLINE,
    "gridwidth": 1,
    "ticks": "",
    "ticklabelstandoff": 6,
    "title": {"standoff": 8, "font": {"size": 13}},
    "separatethousands": False,
}
_HOUSE: Final = go.layout.Template(
    layout={
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": INK},
        "hoverlabel": {"font": {"family": FONT, "size": 13}},
        "showlegend": False,
        "bargap": 0.35,
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
)


@dataclass(frozen=True)
class Key:
    """One entry of a legend: what a colour, or a mark, stands for."""

    label: str
    colour: str
    mark: Literal["area", "dot", "ring", "line", "cross"] = "area"


@dataclass(frozen=True)
class Drawing:
    """A figure with the legend that stands above it."""

    figure: go.Figure
    keys: tuple[Key, ...] = ()
    heading: str = ""
    """What the legend is about, where the labels do not say it."""


def blank(
    height: int, *, left: int = 8, right: int = 16, top: int = 8, bottom: int = 8
) -> go.Figure:
    """An empty figure in the house's hand [px]; margins grow with the axes' labels."""
    return go.Figure(
        layout={
            "template": _HOUSE,
            "height": height,
            "margin": {"l": left, "r": right, "t": top, "b": bottom},
        }
    )


def graph(identity: str, drawing: Drawing, label: str) -> html.Div:
    """A figure for a page, its legend above it; `label` is what a screen reader says."""
    config: Any = CONFIG
    drawn = dcc.Graph(
        id=identity,
        figure=drawing.figure,
        config=config,
        responsive=True,
        style={"height": f"{drawing.figure.layout.height}px"},
    )
    spoken: Any = {"aria-label": label}
    return html.Div([_legend(drawing), html.Div(drawn, role="img", className="figure", **spoken)])


def _legend(drawing: Drawing) -> html.Div | None:
    if not drawing.keys:
        return None
    heading = [html.Span(f"{drawing.heading}:")] if drawing.heading else []
    keys = [
        html.Span(
            [
                html.Span(
                    "×" if key.mark == "cross" else None,
                    className=f"swatch swatch-{key.mark}",
                    style={"--swatch": key.colour},
                ),
                key.label,
            ],
            className="key",
        )
        for key in drawing.keys
    ]
    return html.Div([*heading, *keys], className="legend")
