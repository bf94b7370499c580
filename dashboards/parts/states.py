"""What a page shows when there is nothing to show: what is missing, and the command that helps."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html


def empty(title: str, words: str, command: str) -> html.Div:
    """Says what is not there and which command fills it, ready to be copied."""
    return html.Div(
        [
            dmc.Title(title, order=2, className="finding"),
            dmc.Text(words, c="dimmed"),
            dmc.Group(
                [
                    dmc.Code(command, className="command"),
                    dmc.CopyButton(
                        value=command,
                        children="Copy",
                        copiedChildren="Copied",
                        size="xs",
                        variant="default",
                    ),
                ],
                gap="xs",
            ),
        ],
        className="empty",
        id="empty",
    )


def no_runs(folder: str) -> html.Div:
    """The folder holds no run."""
    return empty(
        "No run yet",
        f"There is no finished run in {folder}. The demo takes less than a minute:",
        "twin demo",
    )


def no_such_run(asked: str) -> html.Div:
    """The address names a run that is not there."""
    return empty(
        "No such run",
        f"There is no finished run {asked[:40]} in this folder. See what there is:",
        "twin list",
    )


def damaged(reason: str) -> html.Div:
    """A run's files cannot be read."""
    return empty("This run cannot be read", reason, "twin verify --help")
