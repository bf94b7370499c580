"""A fleet on real sockets: one Modbus TCP server per meter, on a loopback address of its own."""

from __future__ import annotations

import selectors
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from emulators.meters.fleet import Endpoint
from emulators.meters.gateway import Gateway
from emulators.meters.registers import MeterRegisters, decode_energy
from emulators.meters.server import MeterServer
from emulators.meters.serving import MAX_CONNECTIONS, ServingThread
from emulators.meters.sunspec import BASE_ADDRESS, UNIT_ID
from twin.errors import PortError
from twin.units import FloatArray, IntArray

COMMON_ADDRESS: Final = "127.0.0.1"
HOSTS_PER_NET: Final = 250
SELECT_LIMIT: Final = 500
"""Sockets that `select` can wait for where there is nothing better (Windows)."""


class ModbusFleet:
    """Meters that any Modbus TCP client can read while the twin runs.

    Meter i listens on 127.0.1.1 and following, all on one port where that is free everywhere. Where
    only 127.0.0.1 can be bound (macOS), each meter has a port of its own there.
    """

    def __init__(self, serials: Sequence[str], own_addresses: bool | None = None) -> None:
        """Start one server per serial number.

        `own_addresses` says whether each meter gets its own address; None tries. Raises PortError
        where the machine does not have the sockets.
        """
        self._registers = MeterRegisters(serials)
        self._thread = ServingThread("meters")
        self._servers: list[MeterServer] = []
        self._gateway = Gateway((), ())
        try:
            self._listen(len(serials), own_addresses)
        except OSError as error:
            self.close()
            raise PortError(
                f"no Modbus server for meter {len(self._servers) + 1} of {len(serials)}: "
                f"{error.strerror or error}; "
                "raise the limit of open files or choose execution.transport: memory"
            ) from error
        self._thread.start()
        self.endpoints: tuple[Endpoint, ...] = tuple(
            Endpoint(server.host, server.port, UNIT_ID) for server in self._servers
        )
        """Where each meter answers, in the order of the fleet."""
        self._gateway = Gateway(serials, self.endpoints)

    def _listen(self, meters: int, own_addresses: bool | None) -> None:
        _allow_sockets(meters + MAX_CONNECTIONS)
        port = 0
        for row in range(meters):
            if own_addresses is not False:
                try:
                    port = self._start_on(_own_address(row), port, row)
                    continue
                except OSError:
                    if own_addresses or row:
                        raise
                    own_addresses = False
            self._start_on(COMMON_ADDRESS, 0, row)

    def _start_on(self, host: str, port: int, row: int) -> int:
        """Start meter `row` there, on any other port where that one is taken; returns its port."""
        server = MeterServer(host, port, self._registers, row, self._thread)
        try:
            server.start()
        except OSError:
            if not port:
                raise
            server.port = 0
            server.start()
        self._servers.append(server)
        return int(server.port)

    def write(
        self,
        import_wh: IntArray,
        export_wh: IntArray,
        power_w: FloatArray,
        voltage_v: FloatArray | None = None,
    ) -> None:
        self._registers.write(import_wh, export_wh, power_w, voltage_v)

    def read(self) -> tuple[IntArray, IntArray]:
        where = self._registers.map
        return decode_energy(
            self._gateway.read(BASE_ADDRESS + where.energy_start, where.energy_words)
        )

    def close(self) -> None:
        self._gateway.close()
        self._thread.stop()
        for server in self._servers:
            server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _own_address(row: int) -> str:
    """127.0.1.1 to 127.0.1.250, then 127.0.2.1 and so on."""
    net, host = divmod(row, HOSTS_PER_NET)
    return f"127.{net // HOSTS_PER_NET}.{net % HOSTS_PER_NET + 1}.{host + 1}"


def _allow_sockets(sockets: int) -> None:
    """Raise the soft limit of open files to what the fleet needs, as far as the machine lets it."""
    only_select = not (hasattr(selectors, "EpollSelector") or hasattr(selectors, "KqueueSelector"))
    if only_select and sockets > SELECT_LIMIT:
        raise OSError(f"this system waits for at most {SELECT_LIMIT} sockets")
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = sockets + 256  # for the rest of the process
    if soft != resource.RLIM_INFINITY and soft < wanted:
        ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
