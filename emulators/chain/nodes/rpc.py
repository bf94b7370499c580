"""JSON-RPC over a node's local socket: one connection, no polling."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from twin.errors import NodeError

_CHUNK: Final = 1 << 20


class RpcError(NodeError):
    """The node answered with an error."""

    def __init__(self, method: str, message: str, data: object) -> None:
        super().__init__(method, message, data)  # from which SimPy makes it anew as it passes
        self.method, self.message, self.data = method, message, data

    def __str__(self) -> str:
        return f"the node refused {self.method}: {self.message}"


class RpcSocket:
    """A connection to a node's IPC path; requests are answered in turn."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(timeout_s)
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._id = 0

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
        answers = self._exchange(calls if len(calls) > 1 else calls[0])
        by_id = {answer["id"]: answer for answer in answers}
        results = []
        for call in calls:
            answer = by_id[call["id"]]
            if "error" in answer:
                error = answer["error"]
                raise RpcError(str(call["method"]), error.get("message", ""), error.get("data"))
            results.append(answer["result"])
        return results

    def _exchange(self, message: object) -> list[dict[str, Any]]:
        parts: list[bytes] = []
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
            while True:
                chunk = self._socket.recv(_CHUNK)
                if not chunk:
                    raise NodeError("the EVM node closed the connection: it ended or was killed")
                parts.append(chunk)
                if chunk.rstrip()[-1:] in (b"}", b"]"):
                    try:
                        answer = json.loads(b"".join(parts))
                    except json.JSONDecodeError:
                        continue
                    return answer if isinstance(answer, list) else [answer]
        except OSError as problem:
            raise NodeError(f"the EVM node does not answer: {problem}") from problem

    def close(self) -> None:
        self._socket.close()
