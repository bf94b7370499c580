"""Whatever lies between, both fleets read the same."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emulators.meters.fleet import open_fleet
from emulators.meters.memory import MemoryFleet
from emulators.meters.modbus import ModbusFleet

N = 45
SERIALS = [f"H{number:02d}" for number in range(1, N + 1)]
counters = arrays(np.int64, N, elements=st.integers(0, 2**33))


@pytest.fixture(scope="module")
def fleets() -> Iterator[tuple[ModbusFleet, MemoryFleet]]:
    with ModbusFleet(SERIALS) as modbus, MemoryFleet(SERIALS) as memory:
        yield modbus, memory


@settings(max_examples=20, deadline=None)
@given(imported=counters, exported=counters)
def test_both_transports_read_the_same(
    fleets: tuple[ModbusFleet, MemoryFleet], imported: np.ndarray, exported: np.ndarray
) -> None:
    power_w = np.linspace(-400_000.0, 400_000.0, N)
    readings = []
    for fleet in fleets:
        fleet.write(imported, exported, power_w)
        readings.append(fleet.read())
    assert np.array_equal(readings[0], readings[1])
    assert np.array_equal(readings[0], (imported % 2**32, exported % 2**32))


@pytest.mark.parametrize("transport", ["modbus", "memory"])
def test_a_new_fleet_reads_zero(transport: str) -> None:
    with open_fleet(transport, ["H1", "H2"]) as fleet:
        assert [counter.tolist() for counter in fleet.read()] == [[0, 0], [0, 0]]


def test_counters_follow_a_roll_over() -> None:
    with MemoryFleet(["H1"]) as fleet:
        fleet.write(np.array([2**32 - 1]), np.array([0]), np.zeros(1))
        before, _ = fleet.read()
        fleet.write(np.array([2**32 + 4]), np.array([0]), np.zeros(1))
        after, _ = fleet.read()
    assert (after - before) % 2**32 == 5
