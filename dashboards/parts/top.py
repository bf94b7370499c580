"""The top of every page: the pages, the run or sweep that is looked at, day or night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import dash_mantine_components as dmc
from dash import dcc, html

from cosim.results.manifest import Manifest
from dashboards.address import address
from dashboards.parts.head import run_words

_SWITCH: Final[dict[str, Any]] = {"aria-label": "Switch between light and dark colours"}
_NAVIGATION: Final[dict[str, Any]] = {"aria-label": "Pages"}
PAGES: Final = (("/", "Overview"), ("/settlement", "Settlement"), ("/compare", "Compare"))


def page(
    path: str, content: Sequence[Any], *, run: str | None = None, choice: Any = None
) -> html.Div:
    """A whole page: top and content. Links to other pages keep the `run` that is looked at."""
    links = [
        dcc.Link(
            name,
            href=address(to, run=run),
            className="here" if to == path else "",
        )
        for to, name in PAGES
    ]
    toggle = dmc.ColorSchemeToggle(
        lightIcon="Dark",
        darkIcon="Light",
        size="sm",
        w=52,
        variant="subtle",
        color="gray",
        fz="sm",
        **_SWITCH,
    )
    return html.Div(
        [
            html.Header(
                [
                    dcc.Link("Energy twin", href=address("/", run=run), className="brand"),
                    html.Nav(links, className="nav", **_NAVIGATION),
                    html.Div([choice, toggle], className="top-right"),
                ],
                className="top",
            ),
            html.Main(list(content), className="shell"),
        ]
    )


def control(
    key: str, label: str, options: Sequence[tuple[str, str]], shown: str, width: int
) -> Any:
    """A choice whose value goes into the address under `key`; `options` are (value, words)."""
    return dmc.Select(
        id={"type": "control", "key": key, "shown": shown},
        label=label,
        data=[{"value": value, "label": words} for value, words in options],
        value=shown,
        allowDeselect=False,
        searchable=len(options) > 12,
        size="xs",
        w=width,
        maxDropdownHeight=420,
        comboboxProps={"width": "max-content", "position": "bottom-end"},
    )


def run_choice(manifests: Mapping[str, Manifest], shown: str) -> Any:
    """Which of the runs is looked at, newest first."""
    options = [(run, f"{run_words(found)} · {run[:6]}") for run, found in manifests.items()]
    return control("run", "Run", options, shown, 460)
