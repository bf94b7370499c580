"""A figure with the sentence that states its finding, what is plotted, and "Why?"."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboards.figures.factory import Drawing, graph
from dashboards.parts.origin import origin_mark
from dashboards.parts.why import why_button
from dashboards.wording import Why


def figure_panel(
    identity: str, drawing: Drawing, finding: str, plotted: str, why: Why, origin: str
) -> html.Section:
    """A panel around one figure."""
    return panel(finding, plotted, graph(identity, drawing, finding), why, origin=origin)


def panel(
    finding: str, plotted: str, content: Any, why: Why, *, origin: str | None = None
) -> html.Section:
    """The finding as a heading, below it what is plotted and where its numbers come from."""
    subtitle: list[Any] = [origin_mark(origin)] if origin else []
    return html.Section(
        [
            dmc.Group(
                [
                    dmc.Title(finding, order=2, className="finding"),
                    why_button(why, finding),
                ],
                justify="space-between",
                align="flex-start",
                wrap="nowrap",
            ),
            html.P([*subtitle, plotted], className="plotted"),
            content,
        ],
        className="panel",
    )
