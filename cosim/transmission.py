"""Transmission layer: frames up and set-points down, each late, twice, or never."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import simpy

from cosim.clock import Clock
from emulators.links.network import LinkNetwork
from emulators.links.profile import link_profile
from emulators.links.transfer import Direction, Outcome
from twin.scenario import Scenario


@dataclass(frozen=True)
class Downlink:
    """A payload that the operator hands to the link of one household."""

    meter: int
    slot: int
    send_at_s: int
    payload: bytes


@dataclass
class Transmission:
    """Advances the links to the instant, hands out what has arrived, then takes in what is sent
    now."""

    name: ClassVar[str] = "transmission"
    inputs: ClassVar[tuple[str, ...]] = ("frames", "set_points_out")
    outputs: ClassVar[tuple[str, ...]] = ("readings", "set_points")

    scenario: Scenario
    seed: int
    clock: Clock
    meter_ids: tuple[str, ...]
    env: simpy.Environment = field(init=False)
    network: LinkNetwork = field(init=False)

    def __post_init__(self) -> None:
        # One step earlier, so that the first `run` has somewhere to go.
        self.env = simpy.Environment(initial_time=-self.clock.prelude_s - self.clock.step_s)
        profile = link_profile(self.scenario.links)
        self.network = LinkNetwork(self.env, profile, len(self.meter_ids), self.seed)

    @property
    def devices(self) -> Sequence[str]:
        return self.meter_ids

    def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        for message in inputs.get("set_points_out") or ():
            self.env.process(self._send_down(message))
        self.env.run(until=t)
        arrived = self.network.deliveries()
        for meter, sequence, payload in inputs.get("frames") or ():
            self.network.send(Direction.UPLINK, meter, payload, sequence)
        return {
            "readings": [d for d in arrived if d.direction is Direction.UPLINK],
            "set_points": [d for d in arrived if d.direction is Direction.DOWNLINK],
        }

    def _send_down(self, message: Downlink) -> Generator[simpy.Event, None, None]:
        yield self.env.timeout(message.send_at_s - self.env.now)
        self.network.send(Direction.DOWNLINK, message.meter, message.payload, message.slot)

    def rows(self) -> dict[str, Any]:
        """The table `frame`, once the run has ended."""
        log = self.network.frame_log()
        up = log.direction == Direction.UPLINK
        # An uplink frame closes the slot before its boundary; the first one closes none of the
        # run's.
        slot = np.where(up, log.sequence - 1, log.sequence)
        return {
            "direction": np.where(up, 0, 1),
            "meter": log.meter,
            "sequence": log.sequence,
            "slot": np.ma.masked_less(slot, 0),
            "sent_at_ms": log.sent_at_ms,
            "received_at_ms": np.ma.masked_equal(log.received_at_ms, -1),
            "attempts": log.attempts,
            "duplicates": log.duplicates,
            "airtime_us": log.airtime_us,
            "bytes": log.bytes,
            "outcome": [Outcome(code).label for code in log.outcome.tolist()],
        }
