"""The mark that says where a number comes from: executed, simulated or assumed."""

from __future__ import annotations

from typing import Any, Final

import dash_mantine_components as dmc
from dash import html

MEANINGS: Final = {
    "executed": "executed: done by the real thing, a contract on an EVM or a meter's register",
    "simulated": "simulated: the outcome of a model",
    "assumed": "assumed: rests on a price or parameter that the scenario sets",
}


def origin_mark(origin: str) -> dmc.Tooltip:
    """A dot (executed), a ring (simulated) or a dashed ring (assumed) with its meaning."""
    meaning = MEANINGS.get(origin, origin)
    spoken: Any = {"aria-label": meaning}
    mark = html.Span(className=f"origin origin-{origin}", role="img", **spoken)
    return dmc.Tooltip(mark, label=meaning, boxWrapperProps={"component": "span"})


def origin_legend() -> html.Div:
    """All three marks with their names."""
    return html.Div(
        [html.Span([origin_mark(origin), origin], className="origin-item") for origin in MEANINGS],
        className="origin-legend",
    )
