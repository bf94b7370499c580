"""The command line in this process: `twin("run", "demo")` gives status, stdout and stderr."""

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from experiments.cli import main

SMALL = """
name: small
horizon: {start: 2016-06-15, days: 1, slot_s: 3600, warm_up_days: 1}
neighbourhood: {grid: 1-LV-rural1, participants: 4}
market: {lead_s: 3600}
links: {technology: ideal}
execution: {transport: memory}
"""


@dataclass
class Ended:
    status: int
    out: str
    err: str


@pytest.fixture
def twin(monkeypatch, capsys) -> Callable[..., Ended]:
    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
    }

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["twin", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ended(ended.value.code, captured.out, captured.err)

    yield run
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path
