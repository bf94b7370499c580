"""Who paid because commitments were not kept."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboards.figures.factory import Drawing, Key, blank
from dashboards.palette import OUTCOMES, PARTIES
from dashboards.quantity import scale
from dashboards.queries.settlement import Failure
from dashboards.wording import party_label

_PARTS = (
    ("collateral lost as seller", "as_seller_neur", OUTCOMES["missed_the_gate"]),
    ("collateral lost as buyer", "as_buyer_neur", OUTCOMES["compensated"]),
    ("price of energy the stabiliser supplied instead", "stood_in_neur", PARTIES["lpd"]),
)


def failures(paid: Sequence[Failure]) -> Drawing:
    """One bar per role, split by what was paid to the stabiliser for."""
    totals = [f.as_seller_neur + f.as_buyer_neur + f.stood_in_neur for f in paid]
    unit = scale("n€", totals)
    figure = blank(64 + 50 * max(len(paid), 1), right=40)
    keys = []
    for name, field, colour in _PARTS:
        values = [getattr(failure, field) for failure in paid]
        if not any(values):
            continue
        keys.append(Key(name, colour))
        figure.add_trace(
            go.Bar(
                y=[party_label(failure.role) for failure in paid],
                x=[value / unit.divisor for value in values],
                orientation="h",
                name=name,
                marker={"color": colour},
                customdata=[unit.text(value) for value in values],
                hovertemplate=f"%{{y}}<br>{name}: %{{customdata}}<extra></extra>",
            )
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(
        title_text=f"paid to the stabiliser in the run [{unit.unit}]", rangemode="tozero"
    )
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return Drawing(figure, tuple(keys))
