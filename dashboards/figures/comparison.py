"""An indicator along a setting, every run a dot, the spread over runs a whisker."""

from __future__ import annotations

from typing import Final

import plotly.graph_objects as go

from dashboards.figures.factory import INK, Drawing, Key, blank
from dashboards.palette import ACCENT, series_colours, translucent
from dashboards.quantity import scale
from dashboards.queries.compare import Compared, Point, ordered
from dashboards.wording import indicator_label, setting_label, value_label

_WIDTH: Final = 0.5
"""How far apart the lines of one place stand, of the distance between places."""


def comparison(found: Compared) -> Drawing:
    """Means joined along an axis of numbers, bare where it is of words."""
    places = ordered([point.at for point in found.points])
    lines = ordered([point.line for point in found.points])
    if found.lines is None:
        by_place = found.axis == "ledger.consensus"
        hues = series_colours(found.axis, places) if by_place else dict.fromkeys(places, ACCENT)
    else:
        hues = series_colours(found.lines, lines)
    unit = scale(found.unit, [value for point in found.points for value in point.values])
    joined = all(_is_number(place) for place in places) and len(places) > 1
    figure = blank(440, right=24)
    for number, line in enumerate(lines):
        points = [point for point in found.points if point.line == line]
        shift = (number - (len(lines) - 1) / 2) * _WIDTH / max(len(lines), 1)
        x = [places.index(point.at) + shift for point in points]
        colours = [hues[point.at if found.lines is None else line] for point in points]
        _add_runs(figure, points, x, unit.divisor, colours)
        figure.add_trace(
            go.Scatter(
                x=x,
                y=[point.mean / unit.divisor for point in points],
                mode="lines+markers" if joined else "markers",
                name=value_label(found.lines or "", line) if found.lines else "",
                cliponaxis=False,
                line={"color": colours[0], "width": 1.5},
                marker={"size": 11, "color": colours},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [(point.high - point.mean) / unit.divisor for point in points],
                    "arrayminus": [(point.mean - point.low) / unit.divisor for point in points],
                    "thickness": 1.5,
                    "width": 5,
                    "color": colours[0] if len(set(colours)) == 1 else INK,
                },
                customdata=[
                    f"{unit.text(point.mean)} ({unit.number(point.low)} to "
                    f"{unit.number(point.high)}, {len(point.values)} runs)"
                    for point in points
                ],
                hovertemplate="%{customdata}<extra>%{fullData.name}</extra>",
            )
        )
    figure.update_xaxes(
        title_text=setting_label(found.axis),
        tickvals=list(range(len(places))),
        ticktext=[value_label(found.axis, place) for place in places],
        range=[-0.6, len(places) - 0.4],
        showgrid=False,
    )
    figure.update_yaxes(
        title_text=f"{indicator_label(found.indicator)} [{unit.unit or 'count'}]",
        rangemode="tozero",
    )
    if found.lines is None:
        return Drawing(figure)
    named = (Key(value_label(found.lines, line), hues[line], "dot") for line in lines)
    return Drawing(figure, tuple(named), setting_label(found.lines))


def _add_runs(
    figure: go.Figure, points: list[Point], x: list[float], divisor: float, colours: list[str]
) -> None:
    """Every run as a small dot beside the mean."""
    runs = [
        (at + 0.035, value / divisor, translucent(colour, 0.45))
        for at, point, colour in zip(x, points, colours, strict=True)
        for value in point.values
    ]
    figure.add_trace(
        go.Scatter(
            x=[run[0] for run in runs],
            y=[run[1] for run in runs],
            mode="markers",
            hoverinfo="skip",
            cliponaxis=False,
            marker={"size": 5, "color": [run[2] for run in runs]},
        )
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
