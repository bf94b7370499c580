"""Ending cleanly when asked to: Ctrl-C and SIGTERM unwind, so that stages, nodes and servers end.

A signal raises KeyboardInterrupt wherever the program happens to be. That may be a place that
swallows it (a finalizer, somebody's bare `except`): it is remembered, and whatever reports
progress asks with `check` whether to go on.
"""

from __future__ import annotations

import signal
from types import FrameType

_received: list[int] = []


def listen() -> None:
    """Take SIGTERM, and SIGINT unless whoever started this program has it ignored."""
    _received.clear()
    signal.signal(signal.SIGTERM, _unwind)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _unwind)


def check() -> None:
    """Raises KeyboardInterrupt where the program was asked to end and has not."""
    if _received:
        raise KeyboardInterrupt


def asked() -> int | None:
    """The first signal that asked the program to end; none where none did."""
    return _received[0] if _received else None


def _unwind(number: int, frame: FrameType | None) -> None:
    again = bool(_received)
    _received.append(number)
    # A second SIGTERM must not disturb the clean-up after the first; a person who insists may.
    if not again or number == signal.SIGINT:
        raise KeyboardInterrupt
