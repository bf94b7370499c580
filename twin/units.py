"""Units and their conversions; settled energy and money are integers everywhere.

Settled energy is in Wh, money in n€ (10⁻⁹ €), prices in µ€/kWh, which is the same number as n€/Wh,
so that energy times price is money with no rounding. The physics of a slot is kept in mWh, as
integers, so that energy balances are exact and the same on every machine.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SECONDS_PER_HOUR: Final = 3600
SECONDS_PER_DAY: Final = 86_400
MWH_PER_WH: Final = 1000
"""Milliwatt-hours in a watt-hour (mWh here is always *milli*, never mega)."""
NEUR_PER_EUR: Final = 1_000_000_000
UEUR_PER_KWH_PER_CT: Final = 10_000


def power_w(energy_mwh: IntArray, slot_s: int) -> FloatArray:
    """Mean power [W] of an energy [mWh] over a slot of `slot_s` seconds; same shape."""
    power: FloatArray = energy_mwh.astype(np.float64)
    power *= SECONDS_PER_HOUR / (MWH_PER_WH * slot_s)
    return power
