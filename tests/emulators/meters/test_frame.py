"""A counter frame says what was put in, and nothing once it has been touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.meters.authentication import Purpose, device_key
from emulators.meters.frame import (
    FRAME_BYTES,
    CounterFrame,
    decode_frame,
    encode_frame,
    meter_keys,
)
from twin.errors import ForgedFrameError

KEYS = meter_keys(1, 5)
u32 = st.integers(0, 2**32 - 1)
frames = st.builds(CounterFrame, st.integers(0, 4), u32, st.integers(-(2**31), 2**31 - 1), u32, u32)


@given(frames)
def test_what_goes_in_comes_out(frame: CounterFrame) -> None:
    assert decode_frame(encode_frame(frame, KEYS[frame.meter]), KEYS) == frame


@given(frames, st.integers(0, 8 * FRAME_BYTES - 1))
def test_any_flipped_bit_is_refused(frame: CounterFrame, bit: int) -> None:
    payload = bytearray(encode_frame(frame, KEYS[frame.meter]))
    payload[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ForgedFrameError):
        decode_frame(bytes(payload), KEYS)


@given(st.binary(max_size=60))
def test_noise_is_refused(payload: bytes) -> None:
    with pytest.raises(ForgedFrameError):
        decode_frame(payload, KEYS)


@pytest.mark.parametrize("length", [0, 1, FRAME_BYTES - 1, FRAME_BYTES + 1])
def test_a_wrong_length_is_refused(length: int) -> None:
    payload = encode_frame(CounterFrame(0, 1, 2, 3, 4), KEYS[0]).ljust(length, b"\0")[:length]
    with pytest.raises(ForgedFrameError, match="29 bytes"):
        decode_frame(payload, KEYS)


def test_another_meters_key_is_refused() -> None:
    with pytest.raises(ForgedFrameError):
        decode_frame(encode_frame(CounterFrame(0, 1, 2, 3, 4), KEYS[1]), KEYS)


def test_a_frame_fits_lora_at_its_slowest() -> None:
    assert FRAME_BYTES <= 40 < 51


def test_keys_differ_by_seed_meter_and_purpose() -> None:
    keys = {
        device_key(seed, purpose, number)
        for seed in (1, 11)
        for purpose in Purpose
        for number in (1, 11)
    }
    assert len(keys) == 8
