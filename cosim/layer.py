"""The one adapter between mosaik and the layers: a layer is a plain object with a `step`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol

import mosaik_api_v3
import numpy as np

from cosim.clock import Clock

Columns = Mapping[str, Any]
"""Columns of rows for the recorder: arrays or lists of one length."""
Rows = Mapping[str, Columns]
"""Columns by table."""


def unknown(rows: int) -> Any:
    """A column of integers of which none is known yet: a masked array, null where not assigned."""
    return np.ma.MaskedArray(np.zeros(rows, np.int64), mask=True)


def joined(parts: Sequence[Columns]) -> dict[str, Any]:
    """Batches of one table, at least one, as one."""
    join: Any = np.ma.concatenate
    return {
        name: [value for part in parts for value in part[name]]
        if isinstance(parts[0][name], list)
        else join([part[name] for part in parts])
        for name in parts[0]
    }


class Layer(Protocol):
    """A layer of the reference model: what comes in at an instant, what goes out at it."""

    name: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    outputs: ClassVar[tuple[str, ...]]

    @property
    def devices(self) -> Sequence[str]:
        """Names of what the layer holds, shown as children in mosaik's entity graph."""

    def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Advance to time `t` [s]; every name of `outputs` must be in the answer."""


class LayerSimulator(mosaik_api_v3.Simulator):
    """Steps a layer once per co-simulation step; one fleet entity, whose attributes are arrays."""

    def __init__(self, layer: Layer, clock: Clock) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            {
                "api_version": "3.0",
                "type": "time-based",
                "models": {
                    "Fleet": {
                        "public": True,
                        "params": [],
                        "attrs": [*layer.inputs, *layer.outputs],
                    },
                    "Device": {"public": False, "params": [], "attrs": []},
                },
            }
        )
        self.layer = layer
        self.clock = clock
        self.busy_s = 0.0
        self.after_step: Callable[[int], None] | None = None
        self._outputs: dict[str, Any] = {}

    def init(self, sid: str, time_resolution: float = 1.0, **sim_params: Any) -> Any:
        return self.meta

    def create(self, num: int, model: str, **model_params: Any) -> list[Any]:
        children = [{"eid": f"{self.layer.name}-{d}", "type": "Device"} for d in self.layer.devices]
        return [{"eid": self.layer.name, "type": model, "children": children}]

    def step(self, time_: int, inputs: Any, max_advance: int) -> int:
        begun = time.thread_time()
        received = inputs.get(self.layer.name, {}) if inputs else {}
        merged = {
            name: list(sources.values()) if name == "rows" else next(iter(sources.values()))
            for name, sources in received.items()
        }
        self._outputs = self.layer.step(self.clock.t(time_), merged)
        self.busy_s += time.thread_time() - begun
        if self.after_step is not None:
            self.after_step(time_)
        return self.clock.next_step(time_)

    def get_data(self, outputs: Mapping[str, Sequence[str]]) -> dict[str, dict[str, Any]]:
        return {eid: {a: self._outputs[a] for a in attrs} for eid, attrs in outputs.items()}
