"""The status quo, the baseline of every run: each household uses its own generation and battery
first, the LPD takes and gives the rest. Also what meters show of any course of net energies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.assets import Batteries, step
from twin.units import MWH_PER_WH, IntArray


@dataclass(frozen=True)
class StatusQuo:
    """Arrays of shape (slots, n) [mWh]."""

    net_mwh: IntArray
    """At the meter: load − generation + battery; positive is drawn from the grid."""
    battery_mwh: IntArray
    """At the terminals, charging positive."""
    soc_mwh: IntArray
    """In store at the end of each slot."""


def run_status_quo(
    load_mwh: IntArray, generation_mwh: IntArray, batteries: Batteries, initial_soc_mwh: IntArray
) -> StatusQuo:
    """All slots, warm-up included, under self-consumption.

    Parameters: `load_mwh`, `generation_mwh` (slots, n) ≥ 0; `initial_soc_mwh` (n,) before the
    first.
    """
    natural = load_mwh - generation_mwh
    battery, soc = np.empty_like(natural), np.empty_like(natural)
    zero = np.zeros(natural.shape[1], np.int64)
    now = initial_soc_mwh
    for slot in range(len(natural)):
        battery[slot], now = step(batteries, now, natural[slot], zero)
        soc[slot] = now
    return StatusQuo(net_mwh=natural + battery, battery_mwh=battery, soc_mwh=soc)


@dataclass(frozen=True)
class Registers:
    """What meters show at the slot boundaries, arrays of shape (slots + 1, n) [Wh]; row 0 is the
    start of the first slot."""

    import_wh: IntArray
    export_wh: IntArray

    @property
    def net_wh(self) -> IntArray:
        """Each slot's position, import − export, from register differences; (slots, n) [Wh]."""
        return np.diff(self.import_wh - self.export_wh, axis=0)


def register_wh(
    net_mwh: IntArray, start_import_mwh: IntArray, start_export_mwh: IntArray
) -> Registers:
    """The registers over a course of net energies.

    Parameters: `net_mwh` (slots, n) at the meter; `start_*_mwh` (n,) the counters at the beginning.
    Counters run in mWh and registers show whole Wh, rounded down, so that no energy is ever lost.
    """

    def counter(flow_mwh: IntArray, start_mwh: IntArray) -> IntArray:
        """Registers of one direction."""
        return np.cumsum(np.vstack([start_mwh, flow_mwh]), axis=0) // MWH_PER_WH

    return Registers(
        import_wh=counter(np.maximum(net_mwh, 0), start_import_mwh),
        export_wh=counter(np.maximum(-net_mwh, 0), start_export_mwh),
    )
