"""`twin dashboard`."""

from __future__ import annotations

import socket
import sys
from typing import Annotated

import typer

from experiments.commands.options import RUNS, RunsFolder, checked_folder
from twin.errors import PortError


def register(app: typer.Typer) -> None:
    app.command()(dashboard)


def dashboard(
    runs: RunsFolder = RUNS,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8050,
) -> None:
    """Open the dashboard over a folder of runs."""
    checked_folder(runs)
    check_port(host, port)

    import waitress

    from dashboards.app import create_app

    server = create_app(runs).server
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"The dashboard of {runs} is at http://{shown}:{port} (Ctrl-C ends it)")
    sys.stdout.flush()
    waitress.serve(server, host=host, port=port, threads=8, ident=None, _quiet=True)


def check_port(host: str, port: int) -> None:
    """Raises PortError where nobody could listen at `host` and `port`."""
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        raise PortError(f"--host {host}: this is no address of this machine") from None
    except OSError as error:
        raise PortError(
            f"--port {port}: nobody can listen at {host}:{port} ({error.strerror}); "
            "choose another port, e.g. --port 8051"
        ) from None
