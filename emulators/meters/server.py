"""A meter's Modbus TCP server: pyModbusTCP's protocol engine on a map of SunSpec registers."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any, Final

from pyModbusTCP.constants import EXP_DATA_ADDRESS, EXP_ILLEGAL_FUNCTION, EXP_NONE
from pyModbusTCP.server import DataBank, DataHandler, ModbusServer

from emulators.meters.registers import MeterRegisters
from emulators.meters.sunspec import BASE_ADDRESS

if TYPE_CHECKING:
    from emulators.meters.serving import ServingThread

LISTEN_BACKLOG: Final = 128
HEADER_BYTES: Final = 7
"""MBAP header: transaction, protocol, length, unit."""

_NO_BANK: Final = DataBank(virtual_mode=True)
"""pyModbusTCP wants a bank; with virtual addresses an empty one serves all meters."""


class MeterDataHandler(DataHandler):  # type: ignore[misc]
    """Holding registers of one row of a fleet; everything else a sealed meter refuses."""

    def __init__(self, registers: MeterRegisters, row: int) -> None:
        super().__init__(_NO_BANK)
        self._registers = registers
        self._row = row

    def read_h_regs(self, address: int, count: int, srv_info: Any) -> DataHandler.Return:
        words = self._registers.words
        start = address - BASE_ADDRESS
        if start < 0 or start + count > words.shape[1]:
            return DataHandler.Return(EXP_DATA_ADDRESS)
        return DataHandler.Return(EXP_NONE, words[self._row, start : start + count].tolist())

    def _refuse(self, *_: object) -> DataHandler.Return:
        """No coils, no inputs, and nobody writes a meter that the DSO has sealed."""
        return DataHandler.Return(EXP_ILLEGAL_FUNCTION)

    read_coils = read_d_inputs = read_i_regs = write_coils = write_h_regs = _refuse


class MeterServer(ModbusServer):  # type: ignore[misc]
    """A pyModbusTCP server whose sockets are served by a thread that it shares with its fleet.

    pyModbusTCP itself runs one thread per server and one per connection: a thousand meters would be
    a thousand threads that wake twice a second, and stopping them would take half a second each.
    """

    def __init__(
        self, host: str, port: int, registers: MeterRegisters, row: int, thread: ServingThread
    ) -> None:
        super().__init__(host, port, no_block=True, data_hdl=MeterDataHandler(registers, row))
        self.port: int = port
        self._thread = thread
        self._listener: socket.socket | None = None

    def start(self) -> None:
        """Listen; port 0 takes a free one and keeps it in `port`. Raises OSError."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if os.name == "posix":  # elsewhere the option lets strangers take the port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setblocking(False)
            listener.bind((self.host, self.port))
            listener.listen(LISTEN_BACKLOG)
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._thread.serve(listener, self)
        self._evt_running.set()

    def stop(self) -> None:
        """Stop listening. Only once the serving thread has ended: it owns the open sockets."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._evt_running.clear()

    def answer(self, session: Any, received: bytearray) -> bytes:
        """Take the whole requests off the front of `received` and return the responses to them.

        Raises ModbusServer.Error where a request is no Modbus: the connection is then closed.
        """
        responses = b""
        while len(received) >= HEADER_BYTES:
            session.new_request()
            session.request.mbap.raw = bytes(received[:HEADER_BYTES])
            # The length field counts the unit id, the header's last byte, as well.
            end = HEADER_BYTES + session.request.mbap.length - 1
            if len(received) < end:
                break
            session.request.pdu.raw = bytes(received[HEADER_BYTES:end])
            del received[:end]
            session.set_response_mbap()
            self._engine(session)
            responses += session.response.raw
        return responses
