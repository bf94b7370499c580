"""A fleet without sockets: the same registers, encoded and decoded in place."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from emulators.meters.fleet import Endpoint
from emulators.meters.registers import MeterRegisters, decode_energy
from twin.units import FloatArray, IntArray


class MemoryFleet:
    """Meters whose registers are read where they stand; for fleets too large for sockets."""

    endpoints: tuple[Endpoint, ...] = ()

    def __init__(self, serials: Sequence[str]) -> None:
        self._registers = MeterRegisters(serials)

    def write(
        self,
        import_wh: IntArray,
        export_wh: IntArray,
        power_w: FloatArray,
        voltage_v: FloatArray | None = None,
    ) -> None:
        self._registers.write(import_wh, export_wh, power_w, voltage_v)

    def read(self) -> tuple[IntArray, IntArray]:
        return decode_energy(self._registers.energy_block())

    def close(self) -> None:
        """Nothing is open."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
