"""Ending when asked to."""

import os
import signal
import sys
import time

import pytest

from experiments import stopping
from experiments.progress import progress

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(autouse=True)
def listening():
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
    before = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    stopping.listen()
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)
    stopping._received.clear()


def _send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_where_nothing_reports_unwinds_on_the_spot(number):
    with pytest.raises(KeyboardInterrupt):
        _send(number)
    assert stopping.asked() == number


def test_a_signal_amid_reports_unwinds_at_the_next():
    with progress() as report:
        report(0, 2, "trading")
        _send(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            report(1, 2, "trading")


def test_a_signal_after_the_last_report_unwinds_soon(monkeypatch):
    monkeypatch.setattr(stopping, "PATIENCE_S", 0.2)
    with progress() as report:
        report(2, 2, "trading")
        begun = time.monotonic()
        _send(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            time.sleep(10)
    assert time.monotonic() - begun < 5


def test_what_was_swallowed_is_raised_again_at_the_next_report():
    with pytest.raises(KeyboardInterrupt):
        _send(signal.SIGTERM)
    with progress() as report, pytest.raises(KeyboardInterrupt):
        report(1, 2, "trading")


def test_a_second_sigterm_does_not_disturb_the_clean_up():
    with pytest.raises(KeyboardInterrupt):
        _send(signal.SIGTERM)
    _send(signal.SIGTERM)
    assert stopping.asked() == signal.SIGTERM


def test_a_person_may_insist():
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            _send(signal.SIGINT)


def test_an_interrupt_that_the_caller_ignores_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stopping.listen()
    _send(signal.SIGINT)
    assert stopping.asked() is None
