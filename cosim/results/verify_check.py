"""What a check is: its name, whether it passed, and what was found."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cosim.results.manifest import Manifest


@dataclass(frozen=True)
class Check:
    """One thing that must hold, and what was found."""

    name: str
    passed: bool
    detail: str


CheckFunction = Callable[[Path, Manifest], Iterable[Check]]
