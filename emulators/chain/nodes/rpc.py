"""JSON-RPC over a node's local socket, HTTP or a WebSocket: one connection, no polling."""

from __future__ import annotations

import json
import socket
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from twin.errors import NodeError

_CHUNK: Final = 1 << 20


class RpcError(NodeError):
    """The node answered with an error."""

    def __init__(self, method: str, message: str, data: object) -> None:
        super().__init__(method, message, data)  # from which SimPy makes it anew as it passes
        self.method, self.message, self.data = method, message, data

    def __str__(self) -> str:
        return f"the node refused {self.method}: {self.message}"


class Rpc(ABC):
    """A connection to a node; requests are answered in turn."""

    _id = 0

    @abstractmethod
    def _send(self, text: str) -> Any:
        """Send a JSON text and return the parsed answer; NodeError where the node is gone."""

    @abstractmethod
    def close(self) -> None:
        """End the connection."""

    def request(self, method: str, *params: object) -> Any:
        """One request's result. Raises RpcError where refused, NodeError where the node is gone."""
        return self.batch([(method, params)])[0]

    def batch(self, requests: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        """Results of several requests sent at once, in their order; the first error is raised."""
        calls = []
        for method, params in requests:
            self._id += 1
            calls.append(
                {"jsonrpc": "2.0", "id": self._id, "method": method, "params": list(params)}
            )
        answers = self._send(json.dumps(calls if len(calls) > 1 else calls[0]))
        by_id = {
            answer["id"]: answer for answer in (answers if isinstance(answers, list) else [answers])
        }
        results = []
        for call in calls:
            answer = by_id[call["id"]]
            if "error" in answer:
                error = answer["error"]
                raise RpcError(str(call["method"]), error.get("message", ""), error.get("data"))
            results.append(answer["result"])
        return results


class RpcSocket(Rpc):
    """A connection to a node's IPC path."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(timeout_s)
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise

    def _send(self, text: str) -> Any:
        parts: list[bytes] = []
        try:
            self._socket.sendall(text.encode() + b"\n")
            while True:
                chunk = self._socket.recv(_CHUNK)
                if not chunk:
                    raise NodeError("the EVM node closed the connection: it ended or was killed")
                parts.append(chunk)
                if chunk.rstrip()[-1:] in (b"}", b"]"):
                    try:
                        return json.loads(b"".join(parts))
                    except json.JSONDecodeError:
                        continue
        except OSError as problem:
            raise NodeError(f"the EVM node does not answer: {problem}") from problem

    def close(self) -> None:
        self._socket.close()


class RpcHttp(Rpc):
    """A connection to a node's HTTP endpoint."""

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        make = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = make(parts.hostname or "", parts.port, timeout=timeout_s)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _send(self, text: str) -> Any:
        try:
            self._connection.request(
                "POST", self._path, text.encode(), {"Content-Type": "application/json"}
            )
            return json.loads(self._connection.getresponse().read())
        except (OSError, HTTPException) as problem:
            self._connection.close()
            raise NodeError(f"the EVM node does not answer: {problem}") from problem
        except ValueError as problem:
            raise NodeError("the EVM node's answer is no JSON: is this its RPC port?") from problem

    def close(self) -> None:
        self._connection.close()


class RpcWebSocket(Rpc):
    """A connection to a node's WebSocket endpoint."""

    def __init__(self, url: str, timeout_s: float) -> None:
        from websockets.sync.client import connect

        self._timeout_s = timeout_s
        self._open = ExitStack()
        self._connection = self._open.enter_context(
            connect(url, open_timeout=timeout_s, max_size=None)
        )

    def _send(self, text: str) -> Any:
        from websockets.exceptions import WebSocketException

        try:
            self._connection.send(text)
            return json.loads(self._connection.recv(self._timeout_s))
        except (OSError, WebSocketException) as problem:
            raise NodeError(f"the EVM node does not answer: {problem}") from problem

    def close(self) -> None:
        self._open.close()
