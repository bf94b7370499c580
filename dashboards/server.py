"""Serving the dashboard with waitress, on this machine only unless asked otherwise."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from twin.errors import PortError


def serve(
    runs_dir: str | Path,
    host: str = "127.0.0.1",
    port: int = 8050,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until interrupted; calls `ready` with the address once the port is ours.

    PortError if the port is taken or not allowed, before anything heavy is imported.
    """
    listening = _listen(host, port)
    try:
        import waitress

        from dashboards.app import create_app

        app = create_app(runs_dir)
        server = waitress.create_server(app.server, sockets=[listening], threads=8, ident=None)
        if ready is not None:
            ready(f"http://{_shown(host)}:{listening.getsockname()[1]}/")
        server.run()
    finally:
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except (OSError, OverflowError) as error:
        listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise PortError(
            f"The dashboard cannot listen on {host}:{port} ({reason}); choose another with --port."
        ) from None
    return listening


def _shown(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
