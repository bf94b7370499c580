"""What leaves a household is what its registers show, signed with the meter's key."""

import numpy as np
import pytest

from cosim.clock import Clock
from cosim.metering import Metering
from emulators.meters.frame import COUNTER_MODULUS, CounterFrame, decode_frame, meter_keys
from emulators.meters.memory import MemoryFleet
from emulators.meters.modbus import ModbusFleet

SEED = 1
IDS = ("H01", "H02", "B01")
CLOCK = Clock(slot_s=900, lead_s=900, slots=4, reading_wait_s=1800, run_out_s=0)
REGISTERS = {"import_wh": np.array([100, 2**32 + 7, 0]), "export_wh": np.array([3, 0, 2**33])}


@pytest.fixture
def metering() -> Metering:
    return Metering(MemoryFleet(IDS), IDS, CLOCK, SEED)


def decoded(frames: list[tuple[int, int, bytes]]) -> list[CounterFrame]:
    keys = meter_keys(SEED, len(IDS))
    return [decode_frame(payload, keys) for _, _, payload in frames]


def test_one_frame_per_meter_at_a_slot_boundary(metering: Metering) -> None:
    frames = metering.step(1800, {"registers": REGISTERS})["frames"]
    assert [(meter, sequence) for meter, sequence, _ in frames] == [(0, 2), (1, 2), (2, 2)]


def test_frames_say_what_the_registers_show_with_their_roll_over(metering: Metering) -> None:
    frames = decoded(metering.step(1800, {"registers": REGISTERS})["frames"])
    assert [(f.import_wh, f.export_wh) for f in frames] == [(100, 3), (7, 0), (0, 0)]
    assert all(f.import_wh < COUNTER_MODULUS for f in frames)


def test_frames_say_when_they_were_read(metering: Metering) -> None:
    frames = decoded(metering.step(1800, {"registers": REGISTERS})["frames"])
    assert {(f.measured_at_s, f.sequence) for f in frames} == {(1800, 2)}


@pytest.mark.parametrize("inputs", [{}, {"registers": None}])
def test_between_boundaries_nothing_is_sent(metering: Metering, inputs: dict[str, object]) -> None:
    assert metering.step(60, inputs) == {"frames": []}


def test_what_goes_over_sockets_is_the_same(metering: Metering) -> None:
    with ModbusFleet(IDS) as fleet:
        on_sockets = Metering(fleet, IDS, CLOCK, SEED).step(900, {"registers": REGISTERS})
    assert on_sockets == metering.step(900, {"registers": REGISTERS})


def test_every_meter_is_a_device(metering: Metering) -> None:
    assert list(metering.devices) == list(IDS)
