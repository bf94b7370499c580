"""LoRa's published formulae: time on air, silence by duty cycle, largest payload."""

from __future__ import annotations

from math import ceil
from typing import Final

BANDWIDTH_HZ: Final = 125_000
PREAMBLE_SYMBOLS: Final = 8
LOW_DATA_RATE_S: Final = 0.016
"""From this symbol time on the low-data-rate optimisation is on."""
LORAWAN_OVERHEAD_BYTES: Final = 13
"""Header, address, control, counter, port and integrity code around an application payload."""
EU868_MAX_PAYLOAD_BYTES: Final = {7: 222, 8: 222, 9: 115, 10: 51, 11: 51, 12: 51}
"""Largest application payload per spreading factor (LoRaWAN regional parameters, EU868)."""


def airtime_s(
    payload_bytes: int,
    spreading_factor: int,
    *,
    bandwidth_hz: int = BANDWIDTH_HZ,
    code_rate: int = 1,
    preamble_symbols: int = PREAMBLE_SYMBOLS,
    explicit_header: bool = True,
    crc: bool = True,
) -> float:
    """Time on air of a LoRa frame [s] (Semtech AN1200.13).

    `payload_bytes` is the whole physical payload, `code_rate` 1 to 4 stands for 4/5 to 4/8. With
    T_s = 2^SF/BW and, where T_s > 16 ms, DE = 1:
    n = 8 + max(⌈(8·PL − 4·SF + 28 + 16·CRC − 20·IH)/(4·(SF − 2·DE))⌉·(CR + 4), 0),
    T = (preamble + 4.25 + n)·T_s.
    """
    symbol_s = float(1 << spreading_factor) / bandwidth_hz
    optimised = 2 if symbol_s > LOW_DATA_RATE_S else 0
    bits = 8 * payload_bytes - 4 * spreading_factor + 28 + 16 * crc - 20 * (not explicit_header)
    blocks = ceil(bits / (4 * (spreading_factor - optimised)))
    symbols = preamble_symbols + 4.25 + 8 + max(blocks * (code_rate + 4), 0)
    return symbols * symbol_s


def silence_s(airtime_s: float, duty_cycle: float) -> float:
    """How long a sender must be silent after a frame [s]: 99 × its airtime at 1 % (EN 300 220)."""
    return airtime_s * (1.0 / duty_cycle - 1.0)
