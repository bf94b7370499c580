"""Counters go into registers and come out again, modulo what a register holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emulators.meters.registers import INT16_MAX, MeterRegisters, decode_energy
from emulators.meters.sunspec import meter_map

N = 3
counters = arrays(np.int64, N, elements=st.integers(0, 2**40))
REGISTERS = MeterRegisters(["H1", "H2", "H3"])


def signed(word: int) -> int:
    return int(np.int16(np.uint16(word)))


@given(counters, counters)
def test_counters_come_back_modulo_the_register(imported: np.ndarray, exported: np.ndarray) -> None:
    REGISTERS.write(imported, exported, np.zeros(N))
    assert np.array_equal(
        decode_energy(REGISTERS.energy_block()), (imported % 2**32, exported % 2**32)
    )


@given(arrays(np.float64, N, elements=st.floats(-1e9, 1e9)))
def test_power_stays_at_the_registers_end(power_w: np.ndarray) -> None:
    REGISTERS.write(np.zeros(N, np.int64), np.zeros(N, np.int64), power_w)
    column = meter_map().offset["W"]
    shown = [signed(word) for word in REGISTERS.words[:, column]]
    expected = np.clip(np.rint(power_w / 10), -INT16_MAX, INT16_MAX)
    assert shown == expected.tolist()


@pytest.mark.parametrize(
    ("scale", "expected"), [(3, 12_000), (-1, 1), (-32_768, 12)], ids=["kWh", "0.1 Wh", "none"]
)
def test_scale_factor_is_taken_from_the_registers(scale: int, expected: int) -> None:
    REGISTERS.write(np.full(N, 12), np.full(N, 12), np.zeros(N))
    block = REGISTERS.energy_block().copy()
    where = meter_map()
    block[:, where.offset["TotWh_SF"] - where.energy_start] = scale & 0xFFFF
    imported, exported = decode_energy(block)
    assert imported.tolist() == exported.tolist() == [expected] * N


def test_a_write_leaves_what_was_handed_out_alone() -> None:
    REGISTERS.write(np.full(N, 1), np.full(N, 2), np.zeros(N))
    before = REGISTERS.energy_block()
    copy = before.copy()
    REGISTERS.write(np.full(N, 3), np.full(N, 4), np.zeros(N))
    assert np.array_equal(before, copy)
    assert not REGISTERS.words.flags.writeable


def test_a_serial_number_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="32 characters"):
        MeterRegisters(["H" * 33])
