"""The grid in truth: power flow of every slot, once the slot has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from cosim.clock import Clock
from cosim.layer import unknown
from cosim.neighbourhood import Neighbourhood
from twin.power_flow import PowerFlow, bus_powers
from twin.units import MWH_PER_WH, SECONDS_PER_HOUR, FloatArray


@dataclass
class Grid:
    """Voltages, loading and losses of the feeder."""

    name: ClassVar[str] = "grid"
    inputs: ClassVar[tuple[str, ...]] = ("flows",)
    outputs: ClassVar[tuple[str, ...]] = ("rows",)

    neighbourhood: Neighbourhood
    clock: Clock
    power_flow: PowerFlow = field(init=False)
    voltage_pu: list[FloatArray] = field(default_factory=list)
    line_loading_percent: list[FloatArray] = field(default_factory=list)
    losses_mwh: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.power_flow = PowerFlow(self.neighbourhood.feeder)
        feeder = self.neighbourhood.feeder
        buses, lines, transformers = feeder.buses, feeder.lines, len(feeder.transformers.name)
        self._kind = np.repeat(np.arange(4), (buses, lines, transformers, 1))
        self._first = np.cumsum((0, buses, lines, transformers, 1))

    @property
    def devices(self) -> Sequence[str]:
        return element_ids(self.neighbourhood)

    def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        flows = inputs.get("flows")
        if flows is None:
            return {"rows": {}}
        slot, net_mwh = flows
        place = self.neighbourhood
        load_mwh = place.load_mwh[slot]
        result = self.power_flow.solve(
            *bus_powers(place.feeder.buses, place.fleet, load_mwh, net_mwh, self.clock.slot_s)
        )
        rows = len(self._kind)
        voltage, loading = np.full(rows, np.nan), np.full(rows, np.nan)
        first = self._first
        voltage[: first[1]] = result.u_pu
        loading[first[1] : first[2]] = result.line_loading_percent
        loading[first[2] : first[3]] = result.transformer_loading_percent
        losses, imported = unknown(rows), unknown(rows)
        hours = self.clock.slot_s / SECONDS_PER_HOUR
        losses[-1] = round(float(result.loss_w) * hours * MWH_PER_WH)
        self.voltage_pu.append(result.u_pu)
        self.line_loading_percent.append(result.line_loading_percent)
        self.losses_mwh.append(int(losses[-1]))
        imported[-1] = int(net_mwh.sum()) + losses[-1]
        return {
            "rows": {
                "grid": {
                    "slot": np.full(rows, slot),
                    "kind": self._kind,
                    "element": np.arange(rows),
                    "voltage_pu": voltage,
                    "loading_percent": loading,
                    "losses_mwh": losses,
                    "import_mwh": imported,
                }
            }
        }


def element_ids(neighbourhood: Neighbourhood) -> tuple[str, ...]:
    """Names of buses, lines, transformers and the feeder, in the order of the results."""
    feeder = neighbourhood.feeder
    return (
        *(f"bus {name}" for name in feeder.bus_name),
        *(f"line {name}" for name in feeder.line_name),
        *(f"transformer {name}" for name in feeder.transformers.name),
        "feeder",
    )
