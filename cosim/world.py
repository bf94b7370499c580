"""The mosaik world: one simulator per layer, joined as the paper's Fig. 4 joins the layers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import mosaik
from mosaik.starters import PythonStarter

from cosim.clock import Clock
from cosim.layer import Layer, LayerSimulator

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and what is going on."""

FORWARD = (
    ("plant", "registers", "metering", "registers"),
    ("plant", "flows", "grid", "flows"),
    ("metering", "frames", "transmission", "frames"),
    ("transmission", "readings", "management", "readings"),
    ("management", "submissions", "ledger", "submissions"),
    ("plant", "rows", "recording", "rows"),
    ("grid", "rows", "recording", "rows"),
    ("management", "rows", "recording", "rows"),
)
"""What a layer hands on at the same instant: (from, attribute, to, attribute)."""

FEEDBACK = (
    ("transmission", "set_points", "plant", "set_points"),
    ("management", "set_points_out", "transmission", "set_points_out"),
    ("ledger", "events", "management", "events"),
)
"""What reaches a layer at its next step."""


@dataclass(frozen=True)
class Cost:
    """Processor time of this thread [s]: each layer's own, and all of the co-simulation."""

    by_layer: Mapping[str, float]
    total: float

    @property
    def mosaik_share(self) -> float:
        """What mosaik itself took of the total [-]."""
        return max(0.0, 1 - sum(self.by_layer.values()) / self.total) if self.total > 0 else 0.0


def simulate(layers: Mapping[str, Layer], clock: Clock, progress: Progress | None) -> Cost:
    """Run all layers to the end of the clock. Errors of a layer come out as they are."""
    simulators = {name: LayerSimulator(layer, clock) for name, layer in layers.items()}
    with mosaik.World(
        {name: PythonStarter(_Given(s)) for name, s in simulators.items()},  # type: ignore[arg-type]
        time_resolution=clock.step_s,
        skip_greetings=True,
        configure_logging=False,
    ) as world:
        fleets = {name: world.start(name, sim_id=name).Fleet() for name in simulators}
        for source, attribute, target, name in FORWARD:
            world.connect(fleets[source], fleets[target], (attribute, name))
        for source, attribute, target, name in FEEDBACK:
            world.connect(
                fleets[source],
                fleets[target],
                (attribute, name),
                time_shifted=True,
                initial_data={attribute: ()},
            )
        if progress is not None:
            simulators["recording"].after_step = _reporter(progress, clock)
        begun = time.thread_time()
        try:
            world.run(until=clock.steps, print_progress=False)
        except BaseException:
            _cancel_tasks(world.loop)
            raise
        total = time.thread_time() - begun
    return Cost({name: s.busy_s for name, s in simulators.items()}, total)


@dataclass(frozen=True)
class _Given:
    """Stands where mosaik expects a simulator's class: the simulator is there already."""

    simulator: LayerSimulator

    def __call__(self) -> LayerSimulator:
        return self.simulator


def _cancel_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """End the other simulators' tasks when one has failed, so that nothing is left pending."""
    # What an interrupt left in a task that it ended is no news: it is on its way up already.
    loop.set_exception_handler(lambda loop, context: None)
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        # Not for ever: an interrupt may have taken a handle of the loop with it.
        loop.run_until_complete(asyncio.wait(tasks, timeout=2.0))


def _reporter(progress: Progress, clock: Clock) -> Callable[[int], None]:
    def report(step: int) -> None:
        slot = clock.t(step) // clock.slot_s
        phase = "settling" if slot >= clock.slots else "trading"
        progress(min(clock.next_step(step), clock.steps), clock.steps, phase)

    return report
