"""Frames and set-points arrive when the links let them, and are written down."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cosim.clock import Clock
from cosim.transmission import Downlink, Transmission
from emulators.links.transfer import Direction

IDS = ("H01", "H02", "H03")
FRAMES = [(meter, 1, bytes([meter]) * 29) for meter in range(3)]


@pytest.fixture
def make(make_scenario: Callable[..., Any]) -> Callable[..., Transmission]:
    def make(**links: Any) -> Transmission:
        scenario = make_scenario({f"links.{key}": value for key, value in links.items()})
        return Transmission(scenario, 1, Clock.of(scenario, 0), IDS)

    return make


def test_what_is_sent_at_an_instant_arrives_at_a_later_one(
    make: Callable[..., Transmission],
) -> None:
    links = make(technology="ideal")
    assert links.step(0, {"frames": FRAMES})["readings"] == []
    arrived = links.step(3600, {})["readings"]
    assert [(d.meter, d.sequence, d.payload, d.received_at_ms) for d in arrived] == [
        (meter, 1, payload, 10) for meter, _, payload in FRAMES
    ]


def test_nothing_arrives_twice_from_one_drain(make: Callable[..., Transmission]) -> None:
    links = make(technology="ideal")
    links.step(0, {"frames": FRAMES})
    links.step(3600, {})
    assert links.step(7200, {})["readings"] == []


def test_a_set_point_leaves_when_it_is_told_to(make: Callable[..., Transmission]) -> None:
    links = make(technology="ideal")
    message = Downlink(meter=2, slot=5, send_at_s=3620, payload=b"x" * 20)
    links.step(3600, {})
    out = links.step(7200, {"set_points_out": [message]})
    assert out["readings"] == []
    (arrived,) = out["set_points"]
    assert (arrived.meter, arrived.sequence, arrived.received_at_ms) == (2, 5, 3_620_010)
    assert arrived.direction is Direction.DOWNLINK


def test_links_run_in_the_prelude_too(make: Callable[..., Transmission]) -> None:
    links = make(technology="ideal")
    first_s = -links.clock.prelude_s
    links.step(first_s, {})
    out = links.step(first_s + 3600, {"set_points_out": [Downlink(0, 0, first_s + 20, b"x")]})
    assert len(out["set_points"]) == 1


def test_every_frame_is_written_down_with_its_fate(make: Callable[..., Transmission]) -> None:
    links = make(technology="gprs", loss=0.6, attempts=1)
    for boundary in range(10):
        links.step(
            boundary * 3600, {"frames": [(meter, boundary, b"x" * 29) for meter in range(3)]}
        )
    links.step(40 * 3600, {})
    rows = links.rows()
    received = rows["received_at_ms"]
    assert len(rows["meter"]) == 30
    assert 0 < np.ma.count_masked(received) < 30
    lost = np.ma.getmaskarray(received)
    assert set(np.array(rows["outcome"])[lost]) == {"lost"}
    assert (received[~lost] > rows["sent_at_ms"][~lost]).all()


def test_a_frame_reports_the_slot_that_ended(make: Callable[..., Transmission]) -> None:
    links = make(technology="ideal")
    links.step(0, {"frames": [(0, 0, b"x"), (0, 1, b"y")]})
    links.step(3600, {})
    slots = links.rows()["slot"]
    assert np.ma.getmaskarray(slots).tolist() == [True, False]  # the first one closes none
    assert slots[1] == 0
