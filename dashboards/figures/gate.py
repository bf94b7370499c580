"""When each slot's commit was final, against the start of the slot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import plotly.graph_objects as go

from dashboards.figures.factory import INK, Drawing, Key, blank
from dashboards.palette import OUTCOMES
from dashboards.quantity import scale
from dashboards.queries.settlement import Commit

_NOT_SENT: Final = OUTCOMES["missed_the_gate"]
_KEYS: Final = (
    (True, "accepted by the contract", OUTCOMES["kept"], "dot"),
    (False, "refused: past its deadline", OUTCOMES["missed_the_gate"], "ring"),
)


def gate(
    time: Sequence[datetime], commits: Sequence[Commit], unsent: Sequence[datetime]
) -> Drawing:
    """One mark per commit; below the line it was final before its slot began.

    Parameters: the start of each commit's slot on the local clock, the commits, and the starts of
    slots for which none was sent, which stand as crosses on the line.
    """
    unit = scale("ms", [commit.final_after_start_ms for commit in commits])
    figure = blank(300)
    keys = []
    for accepted, name, colour, mark in _KEYS:
        rows = [i for i, commit in enumerate(commits) if commit.accepted is accepted]
        if not rows:
            continue
        keys.append(Key(name, colour, "dot" if mark == "dot" else "ring"))
        figure.add_trace(
            go.Scatter(
                x=[time[i] for i in rows],
                y=[commits[i].final_after_start_ms / unit.divisor for i in rows],
                mode="markers",
                marker={
                    "size": 8,
                    "color": colour,
                    "symbol": "circle" if mark == "dot" else "circle-open",
                    "line": {"width": 2 if mark == "ring" else 0},
                },
                customdata=[unit.text(commits[i].final_after_start_ms) for i in rows],
                hovertemplate=f"slot of %{{x|%H:%M}}, {name}<br>"
                "final %{customdata} after it began<extra></extra>",
            )
        )
    if unsent:
        keys.append(Key("not sent: no block could be final in time", _NOT_SENT, "cross"))
        figure.add_trace(
            go.Scatter(
                x=list(unsent),
                y=[0.0] * len(unsent),
                mode="markers",
                marker={"size": 7, "color": _NOT_SENT, "symbol": "x-thin", "line": {"width": 2}},
                marker_line_color=_NOT_SENT,
                hovertemplate="slot of %{x|%H:%M}: not sent<extra></extra>",
            )
        )
    figure.add_hline(
        y=0,
        line={"width": 1.5, "color": INK},
        annotation={"text": "the slot begins", "font": {"size": 12}},
        annotation_position="top right",
    )
    days = len({at.date() for at in (*time, *unsent)})
    figure.update_xaxes(
        title_text="slot, local time",
        tickformat="%H:%M" if days <= 1 else "%d %b\n%H:%M",
        showgrid=False,
    )
    figure.update_yaxes(title_text=f"finality − start of the slot [{unit.unit}]")
    return Drawing(figure, tuple(keys))
