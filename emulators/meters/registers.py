"""The registers of a whole fleet as one array, and how counters get in and out of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulators.meters.sunspec import (
    NOMINAL_VOLTAGE_V,
    SCALE_FACTORS,
    MeterMap,
    WordArray,
    meter_map,
)
from twin.units import FloatArray, IntArray

WORD: Final = 0xFFFF
INT16_MAX: Final = 32_767
"""The largest magnitude a scaled int16 point shows; −32 768 means "not implemented"."""
UNIMPLEMENTED_SF: Final = -32_768


class MeterRegisters:
    """SunSpec images of n meters, replaced as a whole at every write.

    Whoever serves a request takes `words` once and sees one state: a counter is never read half old
    and half new.
    """

    def __init__(self, serials: Sequence[str]) -> None:
        """One meter per serial number (ASCII, at most 32 characters)."""
        self.map: MeterMap = meter_map()
        words = np.tile(self.map.image, (len(serials), 1))
        start, length = self.map.offset["SN"], self.map.length["SN"]
        for row, serial in enumerate(serials):
            raw = serial.encode("ascii")
            if len(raw) > 2 * length:
                raise ValueError(f"serial number {serial!r} has more than {2 * length} characters")
            words[row, start : start + length] = np.frombuffer(raw.ljust(2 * length, b"\0"), ">u2")
        words.flags.writeable = False
        self.words: WordArray = words
        """(n, words), read-only, big-endian; register a stands in column a − BASE_ADDRESS."""

    def write(
        self,
        import_wh: IntArray,
        export_wh: IntArray,
        power_w: FloatArray,
        voltage_v: FloatArray | None = None,
    ) -> None:
        """Show new counters (n,) [Wh], any size: a register keeps them modulo 2³² (acc32).

        `power_w` (n,) is the mean power, import positive, spread evenly over the phases; where it
        exceeds the register it stays at the register's end. `voltage_v` (n,), by default nominal,
        is phase to neutral.
        """
        words = self.words.copy()
        self._put_acc32(words, "TotWhImp", import_wh)
        self._put_acc32(words, "TotWhExp", export_wh)
        voltage = np.full(len(words), NOMINAL_VOLTAGE_V) if voltage_v is None else voltage_v
        current = np.abs(power_w) / (3.0 * np.maximum(voltage, 1.0))
        self._put_int16(words, ("W",), power_w, "W_SF")
        self._put_int16(words, ("A",), 3.0 * current, "A_SF")
        self._put_int16(words, ("AphA", "AphB", "AphC"), current, "A_SF")
        if voltage_v is not None:
            self._put_int16(words, ("PhV", "PhVphA", "PhVphB", "PhVphC"), voltage, "V_SF")
            lines = ("PPV", "PhVphAB", "PhVphBC", "PhVphCA")
            self._put_int16(words, lines, voltage * 3**0.5, "V_SF")
        words.flags.writeable = False
        self.words = words

    def _put_acc32(self, words: WordArray, point: str, energy_wh: IntArray) -> None:
        column = self.map.offset[point]
        value = energy_wh // 10 ** SCALE_FACTORS["TotWh_SF"]
        words[:, column] = value >> 16 & WORD
        words[:, column + 1] = value & WORD

    def _put_int16(
        self, words: WordArray, points: Sequence[str], value: FloatArray, scale_factor: str
    ) -> None:
        scaled = np.rint(value * 10.0 ** -SCALE_FACTORS[scale_factor])
        register = np.clip(scaled, -INT16_MAX, INT16_MAX).astype(np.int64) & WORD
        for point in points:
            words[:, self.map.offset[point]] = register

    def energy_block(self) -> WordArray:
        """(n, energy_words): what one request for the energy counters returns, of every meter."""
        start = self.map.energy_start
        return self.words[:, start : start + self.map.energy_words]


def decode_energy(block: WordArray) -> tuple[IntArray, IntArray]:
    """Import and export counters (n,) [Wh] from energy blocks (n, energy_words).

    The scale factor is taken from the block itself. The counters are those of the register, that is
    modulo 2³² of its steps: who follows a meter over time unwraps them.
    """
    where = meter_map()
    start = where.energy_start
    wide = block.astype(np.int64)
    scale = wide[:, where.offset["TotWh_SF"] - start].astype(np.int16).astype(np.int64)
    scale = np.where(scale == UNIMPLEMENTED_SF, 0, scale)
    up = 10 ** np.clip(scale, 0, 9)
    down = 10 ** np.clip(-scale, 0, 9)

    def counter(point: str) -> NDArray[np.int64]:
        column = where.offset[point] - start
        value: NDArray[np.int64] = (wide[:, column] << 16) + wide[:, column + 1]
        return value * up // down

    return counter("TotWhImp"), counter("TotWhExp")
