"""How far a run or a sweep is: a bar on a terminal, a few plain lines where stderr is piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from experiments import stopping

Report = Callable[[int, int, str], None]
"""Takes what is done, of how much, and the name of the phase."""


@contextmanager
def progress() -> Iterator[Report]:
    """Show progress on stderr while the context lasts; nothing is left of the bar afterwards.

    A report raises KeyboardInterrupt where the program was asked to end meanwhile.
    """
    if sys.stderr.isatty():
        with _bar() as show:
            yield _unless_stopped(show)
    else:
        yield _unless_stopped(_Lines())


def _unless_stopped(show: Report) -> Report:
    def report(done: int, total: int, phase: str) -> None:
        stopping.check()
        show(done, total, phase)

    return report


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeElapsedColumn as Elapsed

    columns = (
        TextColumn("{task.description}"),
        BarColumn(complete_style="#0072B2", finished_style="#0072B2"),
        TaskProgressColumn(),
        Elapsed(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def report(done: int, total: int, phase: str) -> None:
            bar.update(task, completed=done, total=max(total, 1), description=f"{phase:<24.24}")

        yield report


class _Lines:
    """One line per phase and quarter."""

    def __init__(self) -> None:
        self._said: tuple[str, int] | None = None

    def __call__(self, done: int, total: int, phase: str) -> None:
        quarter = 4 * done // max(total, 1)
        if self._said != (phase, quarter):
            self._said = (phase, quarter)
            print(f"{phase} {done}/{total}", file=sys.stderr, flush=True)
