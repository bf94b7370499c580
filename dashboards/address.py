"""Everything a page shows is in its address: building addresses, and judging what comes in one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from cosim.results.identity import RUN_ID

LONGEST: Final = 200
"""No parameter that a page knows is longer; what is, is not looked at."""
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}")


def address(path: str, **parameters: str | int | None) -> str:
    """The address of a page with its parameters; those that are None or empty are left out."""
    search = query_string(**parameters)
    return f"{path}{search}"


def query_string(**parameters: str | int | None) -> str:
    """`?key=value&…`, properly quoted, or nothing."""
    kept = {key: value for key, value in parameters.items() if value not in (None, "")}
    return f"?{urlencode(kept)}" if kept else ""


def run_parameter(value: object) -> str | None:
    """A run id, or None for anything else."""
    return value if isinstance(value, str) and RUN_ID.fullmatch(value) else None


def choice_parameter(value: object, choices: Iterable[str]) -> str | None:
    """One of `choices`, or None for anything else."""
    if not isinstance(value, str) or len(value) > LONGEST:
        return None
    return value if value in set(choices) else None


def whole_parameter(value: object) -> int | None:
    """A whole number, or None for anything else."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return None
