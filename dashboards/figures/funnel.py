"""How much is left at each of the steps A to G."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from dashboards.figures.factory import Drawing, blank
from dashboards.palette import ACCENT, OUTCOMES
from dashboards.quantity import THIN, scale, whole
from dashboards.queries.settlement import Step


def funnel(steps: Sequence[Step]) -> Drawing:
    """One bar per step, in energy, with the number of orders or agreements beside it."""
    unit = scale("Wh", [step.wh for step in steps])
    figure = blank(56 + 40 * len(steps), right=150)
    labels = [f"<b>{step.letter}</b>  {step.name}" for step in steps]
    values = [step.wh / unit.divisor for step in steps]
    kinds = ["orders" if step.letter in ("A", "B") else "agreements" for step in steps]
    figure.add_trace(
        go.Bar(
            y=labels,
            x=values,
            orientation="h",
            marker={
                "color": [
                    OUTCOMES["kept"] if step.name.startswith("kept") else ACCENT for step in steps
                ]
            },
            text=[
                f"{unit.text(step.wh)} · {whole(step.count)}{THIN}{kind}"
                for step, kind in zip(steps, kinds, strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    figure.update_xaxes(title_text=f"energy [{unit.unit}]", range=[0, max([*values, 1e-9]) * 1.02])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return Drawing(figure)
