"""The one thread that serves all sockets of a fleet."""

from __future__ import annotations

import errno
import selectors
import socket
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from pyModbusTCP.server import ModbusServer

if TYPE_CHECKING:
    from emulators.meters.server import MeterServer

MAX_CONNECTIONS: Final = 500
"""Clients that a fleet serves at once; a further one takes the place of the oldest."""
RECEIVE_BYTES: Final = 4096


@dataclass
class _Connection:
    """A client and what it has sent that is not yet a whole request."""

    server: MeterServer
    session: Any
    received: bytearray


class ServingThread:
    """Waits for all listeners and connections of a fleet and lets its servers answer.

    Sockets are added before `start` and belong to the thread until `stop` has returned.
    """

    def __init__(self, name: str) -> None:
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._selector.register(self._woken, selectors.EVENT_READ, None)
        self._connections: dict[socket.socket, None] = {}
        """Open connections, the oldest first."""
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def serve(self, listener: socket.socket, server: MeterServer) -> None:
        """Accept connections of `listener` on behalf of `server`."""
        self._selector.register(listener, selectors.EVENT_READ, server)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread and close every connection; the listeners are their servers' to close."""
        if self._thread.is_alive():
            self._wake.send(b"\0")
            self._thread.join()
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._selector.close()
        self._wake.close()
        self._woken.close()

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if isinstance(key.data, _Connection):
                    if key.fileobj in self._connections:  # not dropped for a newer one just now
                        self._receive(key.fileobj, key.data)
                elif key.data is None:
                    return
                else:
                    self._accept(key.fileobj, key.data)

    def _accept(self, listener: Any, server: MeterServer) -> None:
        try:
            client, address = listener.accept()
        except OSError as error:  # the client has gone again, or there are no sockets left
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._drop_oldest()
            return
        if len(self._connections) >= MAX_CONNECTIONS:
            self._drop_oldest()
        client.setblocking(False)
        session = ModbusServer.SessionData()
        session.client.address, session.client.port = address[0], address[1]
        self._connections[client] = None
        connection = _Connection(server, session, bytearray())
        self._selector.register(client, selectors.EVENT_READ, connection)

    def _receive(self, client: Any, connection: _Connection) -> None:
        try:
            chunk = client.recv(RECEIVE_BYTES)
            connection.received += chunk
            responses = connection.server.answer(connection.session, connection.received)
            # A response fits any send buffer; a client that lets it fill up is not listening.
            if not chunk or client.send(responses) < len(responses):
                self._drop(client)
        except (ModbusServer.Error, OSError):
            self._drop(client)

    def _drop_oldest(self) -> None:
        if self._connections:
            self._drop(next(iter(self._connections)))

    def _drop(self, client: Any) -> None:
        del self._connections[client]
        self._selector.unregister(client)
        client.close()
