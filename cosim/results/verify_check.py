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


def verdict(name: str, wrong: int, sound: str, broken: str) -> Check:
    """Passed with `sound` to say if nothing is wrong, else failed with `broken`."""
    return Check(name, wrong == 0, broken if wrong else sound)


CheckFunction = Callable[[Path, Manifest], Iterable[Check]]
