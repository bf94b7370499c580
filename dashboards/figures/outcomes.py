"""How the agreements of each slot ended, over the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import plotly.graph_objects as go

from dashboards.figures.factory import Drawing, Key, blank
from dashboards.palette import OUTCOMES
from dashboards.quantity import scale
from dashboards.wording import OUTCOMES as WORDS


def outcomes(
    time: Sequence[datetime], status: Sequence[str], wh: Sequence[int], slot_s: int
) -> Drawing:
    """Stacked bars of committed energy per slot, coloured by outcome.

    Parameters: columns of one row per slot and outcome; `slot_s` the length of a slot [s].
    """
    unit = scale(
        "Wh", [sum(w for t, w in zip(time, wh, strict=True) if t == at) for at in set(time)]
    )
    figure = blank(316)
    keys = []
    for outcome, colour in OUTCOMES.items():
        rows = [i for i, found in enumerate(status) if found == outcome]
        if not rows:
            continue
        keys.append(Key(WORDS[outcome], colour))
        figure.add_trace(
            go.Bar(
                x=[time[i] for i in rows],
                y=[wh[i] / unit.divisor for i in rows],
                name=WORDS[outcome],
                marker={"color": colour, "line": {"width": 0}},
                width=slot_s * 900,
                offset=slot_s * 50,
                hovertemplate=f"%{{x|%H:%M}} {WORDS[outcome]}: %{{y:.3~g}} {unit.unit}"
                "<extra></extra>",
            )
        )
    days = len({at.date() for at in time})
    figure.update_layout(barmode="stack", bargap=0)
    figure.update_xaxes(
        title_text="local time", tickformat="%H:%M" if days <= 1 else "%d %b\n%H:%M", showgrid=False
    )
    figure.update_yaxes(title_text=f"agreed energy per slot [{unit.unit}]", rangemode="tozero")
    return Drawing(figure, tuple(keys))
