"""A set-point says what was put in, and nothing once it has been touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.batteries.set_point import (
    SET_POINT_BYTES,
    SetPoint,
    battery_keys,
    decode_set_point,
    encode_set_point,
)
from emulators.meters.frame import meter_keys
from twin.errors import ForgedFrameError

KEYS = battery_keys(1, 5)
i32 = st.integers(-(2**31), 2**31 - 1)
set_points = st.builds(SetPoint, st.integers(0, 4), i32, i32, i32)


@given(set_points)
def test_what_goes_in_comes_out(told: SetPoint) -> None:
    assert decode_set_point(encode_set_point(told, KEYS[told.battery]), KEYS) == told


@given(set_points, st.integers(0, 8 * SET_POINT_BYTES - 1))
def test_any_flipped_bit_is_refused(told: SetPoint, bit: int) -> None:
    payload = bytearray(encode_set_point(told, KEYS[told.battery]))
    payload[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ForgedFrameError):
        decode_set_point(bytes(payload), KEYS)


@given(st.binary(max_size=60))
def test_noise_is_refused(payload: bytes) -> None:
    with pytest.raises(ForgedFrameError):
        decode_set_point(payload, KEYS)


def test_a_meters_key_does_not_command_its_battery() -> None:
    with pytest.raises(ForgedFrameError):
        decode_set_point(encode_set_point(SetPoint(0, 1, 2, 3), meter_keys(1, 5)[0]), KEYS)


def test_a_set_point_fits_lora_at_its_slowest() -> None:
    assert SET_POINT_BYTES <= 40 < 51
