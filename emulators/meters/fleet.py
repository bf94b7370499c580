"""What every fleet of meters does, whatever lies between it and its reader."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Literal, NamedTuple, Protocol, Self

from twin.units import FloatArray, IntArray


class Endpoint(NamedTuple):
    """Where a meter answers Modbus TCP."""

    host: str
    port: int
    unit: int


class MeterFleet(Protocol):
    """The meters of n households, in the order of their numbers."""

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where each meter can be reached; empty where there are no sockets."""

    def write(
        self,
        import_wh: IntArray,
        export_wh: IntArray,
        power_w: FloatArray,
        voltage_v: FloatArray | None = None,
    ) -> None:
        """Show new counters (n,) [Wh], mean power [W], import positive, and voltage [V]."""

    def read(self) -> tuple[IntArray, IntArray]:
        """Import and export counters (n,) [Wh] as the registers show them, modulo 2³².

        Raises MeterReadError, which names the meter, where one does not answer.
        """

    def close(self) -> None:
        """Stop answering; closing twice does no harm."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def open_fleet(transport: Literal["modbus", "memory"], serials: Sequence[str]) -> MeterFleet:
    """The fleet of a scenario's `execution.transport`, one meter per serial number."""
    if transport == "modbus":
        from emulators.meters.modbus import ModbusFleet

        return ModbusFleet(serials)
    from emulators.meters.memory import MemoryFleet

    return MemoryFleet(serials)
