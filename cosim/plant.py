"""Device layer: true consumption, generation and batteries of the whole fleet, and their meters'
counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from cosim.clock import Clock
from cosim.neighbourhood import Neighbourhood
from emulators.batteries.inbox import SetPointInbox
from twin.assets import step as battery_step
from twin.errors import ForgedFrameError
from twin.units import MWH_PER_WH, IntArray, power_w


@dataclass
class Plant:
    """Integrates the slot that has just ended and moves the counters of all meters.

    A meter counts in mWh and shows whole Wh; a building's meter sees the sum of its flats. A
    battery follows the set-point that had arrived when its slot began, else it serves
    self-consumption.
    """

    name: ClassVar[str] = "plant"
    inputs: ClassVar[tuple[str, ...]] = ("set_points",)
    outputs: ClassVar[tuple[str, ...]] = ("registers", "flows", "rows")

    neighbourhood: Neighbourhood
    clock: Clock
    inbox: SetPointInbox
    net_wh: list[IntArray] = field(default_factory=list)
    """True position of every meter, slot after slot."""
    soc_mwh: IntArray = field(init=False)
    import_mwh: IntArray = field(init=False)
    export_mwh: IntArray = field(init=False)

    def __post_init__(self) -> None:
        self.soc_mwh = self.neighbourhood.initial_soc_mwh
        self.import_mwh, self.export_mwh = self.neighbourhood.initial_counters_mwh

    @property
    def devices(self) -> Sequence[str]:
        return self.neighbourhood.meter_ids

    def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        for delivery in inputs.get("set_points") or ():
            with suppress(ForgedFrameError):  # Counted by the inbox.
                self.inbox.accept(delivery.payload, delivery.received_at_ms)
        slot = self.clock.slot_ended_at(t)
        if slot is None:
            registers = self._registers() if t == 0 else None
            return {"registers": registers, "flows": None, "rows": {}}
        return self._integrate(slot)

    def _registers(self) -> dict[str, IntArray]:
        return {
            "import_wh": self.import_mwh // MWH_PER_WH,
            "export_wh": self.export_mwh // MWH_PER_WH,
        }

    def _integrate(self, slot: int) -> dict[str, Any]:
        place = self.neighbourhood
        load, generation = place.load_mwh[slot], place.generation_mwh[slot]
        target_wh, arrived = self.inbox.targets(slot, self.clock.start_s(slot) * 1000)
        self.inbox.discard_before(slot)
        battery, self.soc_mwh = battery_step(
            place.batteries, self.soc_mwh, load - generation, target_wh
        )
        net = load - generation + battery
        meter_net = place.at_meters(net)
        before = self._registers()
        self.import_mwh = self.import_mwh + np.maximum(meter_net, 0)
        self.export_mwh = self.export_mwh + np.maximum(-meter_net, 0)
        after = self._registers()
        self.net_wh.append(
            after["import_wh"] - before["import_wh"] - after["export_wh"] + before["export_wh"]
        )
        has_battery = place.batteries.capacity_mwh > 0
        rows = {
            "slot": np.full(len(meter_net), slot),
            "meter": np.arange(len(meter_net)),
            "true_import_wh": after["import_wh"] - before["import_wh"],
            "true_export_wh": after["export_wh"] - before["export_wh"],
            "load_mwh": place.at_meters(load),
            "generation_mwh": place.at_meters(generation),
            "battery_mwh": place.at_meters(battery),
            "soc_mwh": place.at_meters(self.soc_mwh),
            "target_net_wh": place.padded(target_wh),
            "setpoint_received": place.padded(arrived & has_battery).astype(bool),
        }
        shown = {**after, "power_w": power_w(meter_net, self.clock.slot_s)}
        return {"registers": shown, "flows": (slot, net), "rows": {"meter.truth": rows}}
