"""Why a number is what it is: in words, as a formula, in the paper, in the code."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc

from dashboards.wording import Why


def why_button(why: Why, about: str) -> dmc.Popover:
    """A small button that opens the explanation; `about` completes its name for screen readers."""
    spoken: Any = {"aria-label": f"Why? About: {about}"}
    return dmc.Popover(
        [
            dmc.PopoverTarget(
                dmc.Button(
                    "Why?",
                    variant="subtle",
                    size="compact-xs",
                    **spoken,
                )
            ),
            dmc.PopoverDropdown(
                dmc.Stack(
                    [
                        dmc.Text(why.words, size="sm"),
                        dmc.Code(why.formula, block=True),
                        dmc.Text(f"Paper: arXiv 2003.07940, {why.paper}", size="xs", c="dimmed"),
                        dmc.Text(["Code: ", dmc.Code(why.code)], size="xs", c="dimmed"),
                    ],
                    gap="xs",
                )
            ),
        ],
        width=380,
        position="bottom-end",
        withArrow=True,
        shadow="md",
        trapFocus=True,
    )
