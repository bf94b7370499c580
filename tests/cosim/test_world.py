"""The mosaik world: order at an instant, feedback one step later, errors as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cosim.clock import Clock
from cosim.layer import LayerSimulator
from cosim.world import FEEDBACK, FORWARD, simulate
from twin.errors import ChainError

CLOCK = Clock(slot_s=900, lead_s=900, slots=2, reading_wait_s=900, run_out_s=900)


class Recorded:
    """A layer that writes down what it gets and hands on its name and the time."""

    def __init__(self, name: str, log: list[tuple[str, int, dict[str, Any]]]) -> None:
        self.name = name
        self.log = log
        self.inputs = tuple({i for _, _, to, i in (*FORWARD, *FEEDBACK) if to == name})
        self.outputs = tuple({a for of, a, _, _ in (*FORWARD, *FEEDBACK) if of == name})

    @property
    def devices(self) -> Sequence[str]:
        return ("one",)

    def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        self.log.append((self.name, t, dict(inputs)))
        return dict.fromkeys(self.outputs, f"{self.name} {t}")


NAMES = ("plant", "grid", "metering", "transmission", "management", "ledger", "recording")


def run() -> list[tuple[str, int, dict[str, Any]]]:
    log: list[tuple[str, int, dict[str, Any]]] = []
    simulate({name: Recorded(name, log) for name in NAMES}, CLOCK, None)  # type: ignore[misc]
    return log


def test_layers_step_in_the_order_of_the_model_at_every_instant() -> None:
    order = [name for name, t, _ in run() if t == 0]
    chain = ["plant", "metering", "transmission", "management", "ledger"]
    assert [name for name in order if name in chain] == chain


def test_feedback_arrives_one_step_later() -> None:
    seen = {t: i["events"] for name, t, i in run() if name == "management"}
    assert seen[CLOCK.t(0)] == ()
    assert seen[0] == "ledger -900"


def test_recording_gets_rows_of_every_layer_that_has_some() -> None:
    rows = [i["rows"] for name, t, i in run() if name == "recording" and t == 0]
    assert sorted(rows[0]) == ["grid 0", "management 0", "plant 0"]


def test_every_step_of_the_clock_is_taken_once() -> None:
    times = [t for name, t, _ in run() if name == "ledger"]
    assert times == [CLOCK.t(k) for k in range(CLOCK.steps)]


def test_an_error_of_a_layer_comes_out_as_it_is() -> None:
    class Broken(Recorded):
        def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
            raise ChainError("the ledger says no")

    log: list[tuple[str, int, dict[str, Any]]] = []
    layers = {name: Recorded(name, log) for name in NAMES} | {"ledger": Broken("ledger", log)}
    with pytest.raises(ChainError, match="the ledger says no"):
        simulate(layers, CLOCK, None)  # type: ignore[arg-type]


def test_progress_counts_steps() -> None:
    told: list[tuple[int, int, str]] = []
    log: list[tuple[str, int, dict[str, Any]]] = []
    layers = {name: Recorded(name, log) for name in NAMES}
    simulate(layers, CLOCK, lambda *a: told.append(a))  # type: ignore[arg-type]
    assert told[-1][:2] == (CLOCK.steps, CLOCK.steps)


def test_devices_are_children_of_the_fleet() -> None:
    simulator = LayerSimulator(Recorded("plant", []), CLOCK)  # type: ignore[arg-type]
    (fleet,) = simulator.create(1, "Fleet")
    assert [child["eid"] for child in fleet["children"]] == ["plant-one"]
