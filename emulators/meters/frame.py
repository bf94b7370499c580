"""The frame in which a meter reports its counters: 29 bytes, authenticated end to end."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Final, NamedTuple

from emulators.meters.authentication import MAC_BYTES, Purpose, device_key, seal, unseal
from twin.errors import ForgedFrameError

VERSION: Final = 1
_BODY: Final = Struct(">BIIiII")
_METER: Final = Struct(">xI")
FRAME_BYTES: Final = _BODY.size + MAC_BYTES
"""29: even with the 13 bytes that LoRaWAN adds it fits the 51 + 13 bytes of spreading factor 12."""
COUNTER_MODULUS: Final = 2**32


class CounterFrame(NamedTuple):
    """What a meter says: its cumulative counters at one instant."""

    meter: int
    sequence: int
    """Number of the interval that ended, from 0; never used twice."""
    measured_at_s: int
    """When the registers were read [s since slot 0], negative before it."""
    import_wh: int
    """Counter as the register shows it, modulo 2³² [Wh]."""
    export_wh: int


def meter_keys(seed: int, meters: int) -> tuple[bytes, ...]:
    """The keys of meters 0 to `meters` − 1."""
    return tuple(device_key(seed, Purpose.COUNTER_FRAME, meter) for meter in range(meters))


def encode_frame(frame: CounterFrame, key: bytes) -> bytes:
    """FRAME_BYTES: version, meter, sequence, measured_at, import, export, code; big-endian."""
    return seal(_BODY.pack(VERSION, *frame), key)


def decode_frame(payload: bytes, keys: Sequence[bytes]) -> CounterFrame:
    """The content of a frame whose code matches the key of the meter that it names.

    Raises ForgedFrameError for anything else, also for a wrong length or an unknown meter.
    """
    if len(payload) != FRAME_BYTES:
        raise ForgedFrameError(f"a counter frame has {FRAME_BYTES} bytes, not {len(payload)}")
    (meter,) = _METER.unpack_from(payload)
    if meter >= len(keys):
        raise ForgedFrameError(
            f"a frame names meter {meter}; there are meters 0 to {len(keys) - 1}"
        )
    version, *fields = _BODY.unpack(unseal(payload, keys[meter]))
    if version != VERSION:
        raise ForgedFrameError(f"a frame has version {version}, not {VERSION}")
    return CounterFrame(*fields)
