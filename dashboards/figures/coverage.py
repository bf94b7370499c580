"""What covered each role's consumption, with self-sufficiency at the status quo as a mark."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from dashboards.figures.factory import INK, Drawing, Key, blank
from dashboards.palette import OWN, TIERS
from dashboards.quantity import text
from dashboards.queries.overview import ROLES, RoleSums
from dashboards.wording import TIERS as TIER_NAMES
from dashboards.wording import party_label


def coverage(sums: RoleSums) -> Drawing:
    """One bar per role that consumes, and one for all: own use, tiers, LPD, as shares."""
    parts = [
        ("own generation", OWN, sums.own_wh),
        *zip(TIER_NAMES, TIERS[:3], sums.neighbours_wh, strict=True),
        ("LPD and stabiliser", TIERS[3], sums.from_lpd_wh),
    ]
    present = [i for i, load in enumerate(sums.load_wh) if load > 0]
    labels = [f"{party_label(ROLES[i])} ({sums.members[i]})" for i in present]
    labels.append(f"All ({sums.members.sum()})")
    figure = blank(64 + 50 * len(labels))
    keys = []
    loads = np.array([*sums.load_wh[present], sums.load_wh.sum()])
    for name, colour, wh in parts:
        values = np.array([*wh[present], wh.sum()])
        if not values.any():
            continue
        keys.append(Key(name, colour))
        figure.add_trace(
            go.Bar(
                y=labels,
                x=values / loads * 100,
                orientation="h",
                name=name,
                marker={"color": colour},
                customdata=[text(int(value), "Wh") for value in values],
                hovertemplate=f"%{{y}}<br>{name}: %{{x:.1f}} %, %{{customdata}}<extra></extra>",
            )
        )
    before = np.array([*sums.status_quo_own_wh[present], sums.status_quo_own_wh.sum()])
    figure.add_trace(
        go.Scatter(
            y=labels,
            x=before / loads * 100,
            mode="markers",
            name="self-sufficiency at the status quo",
            marker={
                "symbol": "line-ns",
                "size": 30,
                "line": {"width": 3, "color": INK},
                "color": INK,
            },
            hovertemplate="%{y}<br>self-sufficient at the status quo: %{x:.1f} %<extra></extra>",
        )
    )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(title_text="share of consumption [%]", range=[0, 100.5], dtick=20)
    figure.update_yaxes(autorange="reversed", showgrid=False)
    keys.append(Key("self-sufficiency at the status quo", INK, "line"))
    return Drawing(figure, tuple(keys))
