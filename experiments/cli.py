"""The `twin` command: whatever is wrong ends in one sentence and a status, never in a traceback.

Status 0 is success, 1 a run that failed, 2 wrong input.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from typing import Final, NoReturn

import typer

from experiments import stopping
from experiments.commands import dashboard, results, running, scenario, sweeping
from twin.errors import TwinError

TRACEBACK: Final = "TWIN_TRACEBACK"
"""Set to anything to see where an error that nobody foresaw comes from."""
_INTERRUPTED: Final = 128 + signal.SIGINT

app = typer.Typer(
    name="twin",
    help="A digital twin of a neighbourhood that trades its own electricity.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
running.register(app)
sweeping.register(app)
results.register(app)
dashboard.register(app)
app.add_typer(scenario.app, name="scenario")


def main() -> NoReturn:
    """Entry point of the console script."""
    stopping.listen()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    status = _status()
    if status == _INTERRUPTED:
        # A co-simulation that is cut short has coroutines that nobody will ever await.
        warnings.simplefilter("ignore", RuntimeWarning)
        _say("stopped; no half-written run is left behind")
        status = 128 + (stopping.asked() or signal.SIGINT)
    sys.exit(status)


def _status() -> int:
    """Carry out the command line; returns the exit status."""
    try:
        app(prog_name="twin")
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    except TwinError as error:
        _say(str(error))
        return error.exit_status
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        kind = "" if isinstance(error, OSError) else f"unexpected {type(error).__name__}: "
        _say(f"{kind}{error} (set {TRACEBACK}=1 to see where it comes from)")
        return 1
    return 0


def _say(sentence: str) -> None:
    print(f"twin: {' '.join(sentence.split())}", file=sys.stderr)
