"""Who gains and who loses against the status quo; the bars sum to zero."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from dashboards.figures.factory import Drawing, blank
from dashboards.palette import GREY, PARTIES
from dashboards.quantity import scale
from dashboards.wording import party_label


def gains(gains_neur: Mapping[str, int]) -> Drawing:
    """One bar per party whose income changed, in money of the run."""
    moved = {party: gain for party, gain in gains_neur.items() if gain}
    unit = scale("n€", moved.values())
    figure = blank(64 + 40 * max(len(moved), 1), right=72)
    values = [gain / unit.divisor for gain in moved.values()]
    figure.add_trace(
        go.Bar(
            y=[party_label(party) for party in moved],
            x=values,
            orientation="h",
            marker={"color": [PARTIES.get(party, GREY) for party in moved]},
            text=[("+" if gain > 0 else "") + unit.number(gain) for gain in moved.values()],
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"%{{y}}: %{{text}} {unit.unit}<extra></extra>",
        )
    )
    low, high = min([0.0, *values]), max([0.0, *values])
    room = (high - low or 1.0) * 0.16
    figure.update_xaxes(
        title_text=f"income against the status quo [{unit.unit}]",
        range=[low - room * (low < 0), high + room * (high > 0)],
    )
    figure.add_vline(x=0, line={"width": 1, "color": GREY})
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return Drawing(figure)
