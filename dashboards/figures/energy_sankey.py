"""Where energy came from and where it went, by role and tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go

from dashboards.figures.factory import Drawing, blank
from dashboards.palette import GREY, OWN, PARTIES, ROLES, TIERS, translucent
from dashboards.quantity import scale, text
from dashboards.queries.overview import TIERS as TIER_NAMES
from dashboards.queries.overview import Flow
from dashboards.wording import party_label

_KINDS: Final = {
    "own": OWN,
    "tier_0": TIERS[0],
    "tier_1": TIERS[1],
    "tier_2": TIERS[2],
    "lpd": PARTIES["lpd"],
    "stabiliser": PARTIES["lpd"],
    "storage": GREY,
}
_ROLES: Final = ("prosumer", "prosumer+", "producer", "consumer")
_LEFT: Final = (
    *(f"{role}: generated" for role in _ROLES),
    "out of batteries",
    "stabiliser: supplied",
    "from the LPD",
)
_MIDDLE: Final = ("own use", *TIER_NAMES)
_RIGHT: Final = (
    "to the LPD",
    "stored or lost",
    *(f"{role}: consumed" for role in _ROLES),
    "stabiliser: absorbed",
)
"""Top to bottom: what goes to the LPD stays at the top, what comes from it at the bottom."""
_GAP: Final = 0.045
"""Least distance between nodes of a column, of the figure's height; labels need it."""


def energy_sankey(flows: Sequence[Flow]) -> Drawing:
    """Links are coloured by tier, nodes of participants by role; widths are energy."""
    through = _through(flows)
    names = [name for name in (*_LEFT, *_MIDDLE, *_RIGHT) if name in through]
    place = {name: i for i, name in enumerate(names)}
    unit = scale("Wh", through.values())
    y = {**_column(_LEFT, through), **_column(_MIDDLE, through), **_column(_RIGHT, through)}
    figure = blank(450, left=4, right=4, top=10, bottom=14)
    figure.add_trace(
        go.Sankey(
            arrangement="fixed",
            node={
                "label": [f"{_shown(name)}  {unit.text(through[name])}" for name in names],
                "color": [_node_colour(name) for name in names],
                "x": [_x(name) for name in names],
                "y": [y[name] for name in names],
                "pad": 14,
                "thickness": 14,
                "line": {"width": 0},
                "hovertemplate": "%{label}<extra></extra>",
            },
            link={
                "source": [place[flow.source] for flow in flows],
                "target": [place[flow.target] for flow in flows],
                "value": [flow.wh / unit.divisor for flow in flows],
                "color": [translucent(_KINDS[flow.kind], 0.45) for flow in flows],
                "customdata": [
                    f"{_shown(flow.source)} → {_shown(flow.target)}<br>{text(flow.wh, 'Wh')}"
                    for flow in flows
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
        )
    )
    return Drawing(figure)


def _through(flows: Sequence[Flow]) -> dict[str, int]:
    """Energy through each node: the larger of what enters and what leaves."""
    entering: dict[str, int] = {}
    leaving: dict[str, int] = {}
    for flow in flows:
        leaving[flow.source] = leaving.get(flow.source, 0) + flow.wh
        entering[flow.target] = entering.get(flow.target, 0) + flow.wh
    return {
        name: max(entering.get(name, 0), leaving.get(name, 0)) for name in {**leaving, **entering}
    }


def _column(names: Sequence[str], through: Mapping[str, int]) -> dict[str, float]:
    """Centres of a column's nodes, 0 at the top to 1 at the bottom, in the order of `names`."""
    present = [name for name in names if name in through]
    largest = max(
        sum(through.get(name, 0) for name in column) for column in (_LEFT, _MIDDLE, _RIGHT)
    )
    most = max(len([n for n in column if n in through]) for column in (_LEFT, _MIDDLE, _RIGHT))
    height = (1 - _GAP * (most - 1)) / max(largest, 1)
    used = sum(through[name] for name in present) * height
    gap = (1 - used) / max(len(present) - 1, 1) if len(present) > 1 else 0.0
    top = 0.0 if len(present) > 1 else (1 - used) / 2
    centres: dict[str, float] = {}
    for name in present:
        centres[name] = min(max(top + through[name] * height / 2, 0.001), 0.999)
        top += through[name] * height + gap
    return centres


def _x(name: str) -> float:
    if name in _LEFT:
        return 0.001
    return 0.36 if name in _MIDDLE else 0.999


def _shown(name: str) -> str:
    head, colon, tail = name.partition(": ")
    if not colon:
        return name[0].upper() + name[1:]
    return f"{party_label(head) if head in ROLES else head.capitalize()} {tail}"


def _node_colour(name: str) -> str:
    role = name.partition(":")[0]
    if role in ROLES:
        return ROLES[role]
    if name in TIER_NAMES:
        return TIERS[TIER_NAMES.index(name)]
    if name in ("stored or lost", "out of batteries"):
        return GREY
    return OWN if name == "own use" else PARTIES["lpd"]
