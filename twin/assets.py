"""Home batteries: what one does in a slot, in whole mWh, so that every energy balance is exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.units import MWH_PER_WH, IntArray

PERMILLE = 1000


@dataclass(frozen=True)
class Batteries:
    """The batteries of a fleet, arrays of shape (n,); a participant without one has zero capacity.

    All energies are mWh. The power limit holds at the terminals, the state of charge counts what
    the cells hold.
    """

    capacity_mwh: IntArray
    power_limit_mwh: IntArray
    """Most that a slot may charge or discharge at the terminals."""
    charge_efficiency_permille: IntArray
    """Stored per energy taken in [‰], 1 to 1000."""
    discharge_efficiency_permille: IntArray
    """Given out per energy taken from store [‰], 1 to 1000."""

    def __len__(self) -> int:
        return len(self.capacity_mwh)

    @staticmethod
    def of_power(
        capacity_mwh: IntArray, power_w: IntArray, efficiency_permille: IntArray, slot_s: int
    ) -> Batteries:
        """Batteries of a power [W] and one efficiency for both ways, for slots of `slot_s`
        seconds."""
        return Batteries(
            capacity_mwh=capacity_mwh,
            power_limit_mwh=power_w * slot_s * MWH_PER_WH // 3600,
            charge_efficiency_permille=efficiency_permille,
            discharge_efficiency_permille=efficiency_permille,
        )

    @staticmethod
    def none(n: int) -> Batteries:
        """No battery at any of `n` participants."""
        zero, lossless = np.zeros(n, np.int64), np.full(n, PERMILLE, np.int64)
        return Batteries(zero, zero, lossless, lossless)

    def within_limits(self, soc_mwh: IntArray, wanted_mwh: IntArray) -> IntArray:
        """The charging (positive) or discharging nearest to `wanted_mwh` that is possible [mWh]."""
        room = self.capacity_mwh - soc_mwh
        most_in = np.minimum(
            self.power_limit_mwh, room * PERMILLE // self.charge_efficiency_permille
        )
        most_out = np.minimum(
            self.power_limit_mwh, soc_mwh * self.discharge_efficiency_permille // PERMILLE
        )
        return np.clip(wanted_mwh, -most_out, most_in)

    def charged(self, soc_mwh: IntArray, battery_mwh: IntArray) -> IntArray:
        """State of charge after `battery_mwh` at the terminals; the losses round against the owner.

        Charging stores ⌊c·η⌋, discharging takes ⌈d/η⌉ out of store.
        """
        charge, discharge = np.maximum(battery_mwh, 0), np.maximum(-battery_mwh, 0)
        stored = charge * self.charge_efficiency_permille // PERMILLE
        taken = -(-discharge * PERMILLE // self.discharge_efficiency_permille)
        return soc_mwh + stored - taken


def step(
    batteries: Batteries, soc_mwh: IntArray, natural_net_mwh: IntArray, target_net_wh: IntArray
) -> tuple[IntArray, IntArray]:
    """What each battery does in a slot, and the state of charge that leaves.

    Parameters, all (n,): `soc_mwh` in store, `natural_net_mwh` = load − generation, `target_net_wh`
    what the household is to draw at its meter (negative: give): what was committed, or 0 for
    self-consumption.

    A battery follows its target as closely as its limits allow, but where self-consumption alone
    already lands within 1 Wh of it (the register's resolution) it is left to that: so a household
    whose target is what self-consumption gives anyway behaves to the mWh as in the status quo.

    Returns `battery_mwh` (n,) at the terminals, charging positive, and `soc_mwh` (n,).
    """
    target_mwh = target_net_wh * MWH_PER_WH
    own_use = batteries.within_limits(soc_mwh, -natural_net_mwh)
    tracking = batteries.within_limits(soc_mwh, target_mwh - natural_net_mwh)
    on_target = np.abs(natural_net_mwh + own_use - target_mwh) < MWH_PER_WH
    battery_mwh = np.where(on_target, own_use, tracking)
    return battery_mwh, batteries.charged(soc_mwh, battery_mwh)
