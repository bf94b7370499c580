"""What a member of each role pays, at the status quo and with the market."""

from __future__ import annotations

import plotly.graph_objects as go

from dashboards.figures.factory import INK, Drawing, Key, blank
from dashboards.palette import ROLES as COLOURS
from dashboards.quantity import change, scale
from dashboards.queries.overview import ROLES, RoleSums
from dashboards.wording import party_label


def cost_by_role(sums: RoleSums) -> Drawing:
    """A ring at the status quo, a dot with the market, per role; income lies left of zero."""
    present = [i for i, members in enumerate(sums.members) if members]
    before = [float(sums.status_quo_neur[i] / sums.members[i]) for i in present]
    now = [float(sums.market_neur[i] / sums.members[i]) for i in present]
    unit = scale("n€", [*before, *now])
    figure = blank(68 + 50 * len(present), right=64, top=18)
    for i, was, is_now in zip(present, before, now, strict=True):
        label = party_label(ROLES[i])
        figure.add_trace(
            go.Scatter(
                x=[was / unit.divisor, is_now / unit.divisor],
                y=[label, label],
                mode="lines+markers+text",
                line={"color": COLOURS[ROLES[i]], "width": 2},
                marker={
                    "size": 13,
                    "symbol": ["circle-open", "circle"],
                    "line": {"width": 2},
                    "color": COLOURS[ROLES[i]],
                },
                text=["", f"{unit.text(is_now)}  ({change(is_now, was)})"],
                textposition="top center",
                cliponaxis=False,
                hovertemplate=f"{label}: %{{x:.3~g}} {unit.unit}<extra></extra>",
            )
        )
    figure.add_vline(x=0, line={"width": 1, "color": INK})
    figure.update_xaxes(title_text=f"cost per participant in the run [{unit.unit}]")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return Drawing(figure, (Key("status quo", INK, "ring"), Key("with the market", INK, "dot")))
