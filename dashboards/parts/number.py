"""A number with its unit, its comparison and its origin."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html

from dashboards.findings import against
from dashboards.parts.origin import origin_mark
from dashboards.parts.why import why_button
from dashboards.quantity import text
from dashboards.queries.indicators import Figure
from dashboards.wording import Why, indicator_label


def number(figure: Figure, why: Why, beside: str = "") -> html.Div:
    """One figure at a glance; `beside` stands in where there is no status quo to compare with."""
    label = indicator_label(figure.name)
    comparison = against(figure.value, figure.status_quo, figure.unit) or beside
    return html.Div(
        [
            dmc.Group(
                [
                    html.Span([origin_mark(figure.origin), label], className="number-label"),
                    why_button(why, label),
                ],
                justify="space-between",
                wrap="nowrap",
                gap=4,
            ),
            html.Div(text(figure.value, figure.unit), className="number-value"),
            html.Div(comparison, className="number-comparison"),
        ],
        className="number",
    )
