"""The frame that tells a battery which net its household should have in a slot: 25 bytes."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Final, NamedTuple

from emulators.meters.authentication import MAC_BYTES, Purpose, device_key, seal, unseal
from twin.errors import ForgedFrameError

VERSION: Final = 1
_BODY: Final = Struct(">BIiii")
_BATTERY: Final = Struct(">xI")
SET_POINT_BYTES: Final = _BODY.size + MAC_BYTES


class SetPoint(NamedTuple):
    """What the management layer asks of a battery."""

    battery: int
    """Number of the household, the same as its meter's."""
    slot: int
    """Delivery slot, from 0."""
    issued_at_s: int
    """When it was issued [s since slot 0]; of two for one slot the later issued holds."""
    target_net_wh: int
    """Import − export of the household that was committed [Wh]."""


def battery_keys(seed: int, batteries: int) -> tuple[bytes, ...]:
    """The keys of batteries 0 to `batteries` − 1."""
    return tuple(device_key(seed, Purpose.SET_POINT, number) for number in range(batteries))


def encode_set_point(set_point: SetPoint, key: bytes) -> bytes:
    """SET_POINT_BYTES: version, battery, slot, issued_at, target, code; big-endian."""
    return seal(_BODY.pack(VERSION, *set_point), key)


def decode_set_point(payload: bytes, keys: Sequence[bytes]) -> SetPoint:
    """The content of a set-point whose code matches the key of the battery that it names.

    Raises ForgedFrameError for anything else, also for a wrong length or an unknown battery.
    """
    if len(payload) != SET_POINT_BYTES:
        raise ForgedFrameError(f"a set-point has {SET_POINT_BYTES} bytes, not {len(payload)}")
    (battery,) = _BATTERY.unpack_from(payload)
    if battery >= len(keys):
        raise ForgedFrameError(
            f"a set-point names battery {battery}; there are 0 to {len(keys) - 1}"
        )
    version, *fields = _BODY.unpack(unseal(payload, keys[battery]))
    if version != VERSION:
        raise ForgedFrameError(f"a set-point has version {version}, not {VERSION}")
    return SetPoint(*fields)
