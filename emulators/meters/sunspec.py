"""The register image of a three-phase SunSpec meter, made from pysunspec2's model definitions.

Layout from `BASE_ADDRESS` on: the marker "SunS", the common model (1), the meter model 203 (wye,
integers with scale factors) and the end model. SunSpec Alliance, "SunSpec Modbus Meter Models".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

WordArray = NDArray[np.uint16]
"""16-bit registers; big-endian in memory (`>u2`), as they travel."""

BASE_ADDRESS: Final = 40_000
MARKER: Final = b"SunS"
COMMON_MODEL: Final = 1
METER_MODEL: Final = 203
END_MODEL: Final = b"\xff\xff\x00\x00"
UNIT_ID: Final = 1

MANUFACTURER: Final = "Energy Twin"
PRODUCT: Final = "Household meter 203"
VERSION: Final = "1"

NOMINAL_VOLTAGE_V: Final = 230.0
SCALE_FACTORS: Final[Mapping[str, int]] = {
    "A_SF": -1,
    "V_SF": -1,
    "Hz_SF": -2,
    "W_SF": 1,
    "TotWh_SF": 0,
}
"""Powers of ten of a register's unit. W in steps of 10 W, so that an int16 reaches 327 kW; energy
in whole Wh, the resolution that is settled."""


@dataclass(frozen=True)
class MeterMap:
    """Where each point stands, in words from the base address, and what a new meter holds."""

    image: WordArray
    """(words,) of a meter whose counters are zero."""
    offset: Mapping[str, int]
    """First word of each point, by SunSpec name: those of the meter model, and the common `SN`."""
    length: Mapping[str, int]
    """Words of each point."""

    @property
    def energy_start(self) -> int:
        """First word of the block that holds both energy counters and their scale factor."""
        return self.offset["TotWhExp"]

    @property
    def energy_words(self) -> int:
        """Length of that block: one request reads it."""
        return self.offset["TotWh_SF"] + self.length["TotWh_SF"] - self.energy_start


@cache
def meter_map() -> MeterMap:
    """The map and the template, built once from the model definitions and shared by all fleets."""
    from sunspec2.device import Model  # 25 ms, only where registers are needed

    common = Model(COMMON_MODEL)
    _set(common, {"Mn": MANUFACTURER, "Md": PRODUCT, "Vr": VERSION, "SN": "", "DA": UNIT_ID})
    meter = Model(METER_MODEL)
    # A value is stored by its scale factor, which therefore has to be there first.
    _set(meter, SCALE_FACTORS)
    for name in ("A", "AphA", "AphB", "AphC", "W"):
        meter.points[name].cvalue = 0.0
    for name in ("PhV", "PhVphA", "PhVphB", "PhVphC"):
        meter.points[name].cvalue = NOMINAL_VOLTAGE_V
    for name in ("PPV", "PhVphAB", "PhVphBC", "PhVphCA"):
        meter.points[name].cvalue = NOMINAL_VOLTAGE_V * 3**0.5
    meter.points["Hz"].cvalue = 50.0
    _set(meter, {"TotWhImp": 0, "TotWhExp": 0, "Evt": 0})

    marker_words = len(MARKER) // 2
    offset, length = {}, {}
    for name, point in meter.points.items():
        offset[name] = marker_words + common.len + point.offset
        length[name] = int(point.len)
    offset["SN"] = marker_words + common.points["SN"].offset
    length["SN"] = int(common.points["SN"].len)
    raw = MARKER + common.get_mb() + meter.get_mb() + END_MODEL
    image = np.frombuffer(raw, ">u2")
    return MeterMap(image=image, offset=offset, length=length)


def _set(model: Any, values: Mapping[str, object]) -> None:
    """Set raw values, and the model's number and length (of what follows these two words)."""
    model.points["ID"].value = model.model_id
    model.points["L"].value = model.len - 2
    for name, value in values.items():
        model.points[name].value = value
