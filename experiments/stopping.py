"""Ending cleanly when asked to: Ctrl-C and SIGTERM unwind, so that stages, nodes and servers end.

To raise KeyboardInterrupt wherever the program happens to be is not safe: in the middle of an event
loop it loses events, and a finalizer swallows it. Whatever reports progress therefore asks with
`check` whether to go on. Only where no report has come for a while, or none comes, does a signal
raise on the spot.
"""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Final

PATIENCE_S: Final = 2.0
"""How recent the last report must be to wait for the next, and how long to wait for it [s]."""

_received: list[int] = []
_last_report_s = float("-inf")


def listen() -> None:
    """Take SIGTERM, and SIGINT unless whoever started this program has it ignored."""
    global _last_report_s
    _received.clear()
    _last_report_s = float("-inf")
    signal.signal(signal.SIGTERM, _asked)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _asked)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, _out_of_patience)


def check() -> None:
    """Says that work goes on; raises KeyboardInterrupt where the program was asked to end."""
    global _last_report_s
    _last_report_s = time.monotonic()
    if _received:
        _alarm(0)
        raise KeyboardInterrupt


def asked() -> int | None:
    """The first signal that asked the program to end; none where none did."""
    return _received[0] if _received else None


def _asked(number: int, frame: FrameType | None) -> None:
    again = bool(_received)
    _received.append(number)
    if again:
        # A second SIGTERM must not disturb the clean-up after the first; a person who insists may.
        if number == signal.SIGINT:
            raise KeyboardInterrupt
    elif time.monotonic() - _last_report_s > PATIENCE_S or not _alarm(PATIENCE_S):
        raise KeyboardInterrupt


def _out_of_patience(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _alarm(after_s: float) -> bool:
    """Set the alarm (0 switches it off); whether this system has one."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, after_s)
        return True
    return False
