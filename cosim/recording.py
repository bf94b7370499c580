"""The recorder at the end of the chain: every layer's rows, as column batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from cosim.layer import Rows
from cosim.results.recorder import Recorder


@dataclass
class Recording:
    """Hands all rows of an instant to the recorder."""

    name: ClassVar[str] = "recording"
    inputs: ClassVar[tuple[str, ...]] = ("rows",)
    outputs: ClassVar[tuple[str, ...]] = ()

    recorder: Recorder

    @property
    def devices(self) -> Sequence[str]:
        return ("recorder",)

    def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        batches: Sequence[Rows] = inputs["rows"]
        for rows in batches:
            for table, columns in rows.items():
                self.recorder.record(table, columns)
        return {}
