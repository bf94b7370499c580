"""Smart-meter layer: counters go into registers, gateways read them back and send signed frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from cosim.clock import Clock
from emulators.meters.fleet import MeterFleet
from emulators.meters.frame import COUNTER_MODULUS, CounterFrame, encode_frame, meter_keys


@dataclass
class Metering:
    """Writes the fleet's registers at each slot boundary and reads them as any client would.

    What is sent is what was read: nothing else of the plant leaves the household.
    """

    name: ClassVar[str] = "metering"
    inputs: ClassVar[tuple[str, ...]] = ("registers",)
    outputs: ClassVar[tuple[str, ...]] = ("frames",)

    fleet: MeterFleet
    meter_ids: tuple[str, ...]
    clock: Clock
    seed: int
    keys: tuple[bytes, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = meter_keys(self.seed, len(self.meter_ids))

    @property
    def devices(self) -> Sequence[str]:
        return self.meter_ids

    def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        registers = inputs.get("registers")
        if registers is None:
            return {"frames": []}
        n = len(self.meter_ids)
        self.fleet.write(
            registers["import_wh"] % COUNTER_MODULUS,
            registers["export_wh"] % COUNTER_MODULUS,
            registers.get("power_w", np.zeros(n)),
        )
        imported, exported = self.fleet.read()
        sequence = t // self.clock.slot_s
        return {
            "frames": [
                (meter, sequence, encode_frame(CounterFrame(meter, sequence, t, i, e), key))
                for meter, (i, e, key) in enumerate(
                    zip(imported.tolist(), exported.tolist(), self.keys, strict=True)
                )
            ]
        }
