"""The reading side: energy counters of many meters over Modbus TCP, a few connections at a time."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

import numpy as np
from pyModbusTCP.client import ModbusClient
from pyModbusTCP.constants import READ_HOLDING_REGISTERS

from emulators.meters.fleet import Endpoint
from emulators.meters.sunspec import WordArray
from twin.errors import MeterReadError

MAX_CONNECTIONS: Final = 20
"""Open at once: with a thousand hot sockets the readings of a machine collapse."""
TIMEOUT_S: Final = 5.0
PDU_HEADER_BYTES: Final = 2
"""Function code and byte count, in front of the registers of a response."""


class RegisterClient(ModbusClient):  # type: ignore[misc]
    """A pyModbusTCP client whose request and response are two steps.

    Between them other meters are asked, so that one thread keeps many meters busy at once.
    """

    def request(self, address: int, count: int) -> None:
        """Connect where necessary and ask for `count` holding registers."""
        self._req_init()
        try:
            self._send_pdu(struct.pack(">BHH", READ_HOLDING_REGISTERS, address, count))
        except ModbusClient._InternalError as error:
            self._req_except_handler(error)

    def response(self, count: int) -> bytes | None:
        """The registers as they came, big-endian; None where there was an error on the way."""
        if not self.is_open:
            return None
        try:
            pdu: bytes = self._recv_pdu(min_len=PDU_HEADER_BYTES + 2 * count)
        except ModbusClient._InternalError as error:
            self._req_except_handler(error)
            return None
        return pdu[PDU_HEADER_BYTES : PDU_HEADER_BYTES + 2 * count]

    @property
    def failure(self) -> str:
        """What went wrong last, for a reader."""
        return str(self.last_except_as_txt if self.last_except else self.last_error_as_txt)


class Gateway:
    """Reads the same block of holding registers from every meter, on fresh connections."""

    def __init__(
        self,
        serials: Sequence[str],
        endpoints: Sequence[Endpoint],
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._serials = tuple(serials)
        self._clients = [
            RegisterClient(where.host, where.port, where.unit, timeout_s) for where in endpoints
        ]

    def read(self, address: int, count: int) -> WordArray:
        """(n, count) registers from `address` on. A meter that fails is asked once more.

        Raises MeterReadError, which names the meter, its address and its port.
        """
        raw: list[bytes] = []
        meters = len(self._clients)
        for first in range(0, meters, MAX_CONNECTIONS):
            batch = range(first, min(first + MAX_CONNECTIONS, meters))
            for row in batch:
                self._clients[row].request(address, count)
            for row in batch:
                response = self._clients[row].response(count)
                self._clients[row].close()
                raw.append(self._again(row, address, count) if response is None else response)
        return np.frombuffer(b"".join(raw), ">u2").reshape(len(raw), count)

    def _again(self, row: int, address: int, count: int) -> bytes:
        client = self._clients[row]
        first = client.failure
        client.request(address, count)
        response = client.response(count)
        client.close()
        if response is None:
            raise MeterReadError(
                f"meter {self._serials[row]} at {client.host}:{client.port} did not give registers "
                f"{address} to {address + count - 1}: {first}, and again {client.failure}; "
                "a Modbus TCP server with these registers must answer there"
            )
        return response

    def close(self) -> None:
        """Close what an interrupted reading has left open."""
        for client in self._clients:
            client.close()
