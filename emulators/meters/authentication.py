"""Message authentication codes: one key per device and purpose, HMAC-SHA256 cut to eight bytes."""

from __future__ import annotations

import hmac
from enum import Enum
from hashlib import sha256
from typing import Final

from twin.errors import ForgedFrameError

MAC_BYTES: Final = 8
"""64 of 256 bits, so that a frame fits a LoRa payload: less than the 80 bits that RFC 2104 advises,
twice the integrity code of LoRaWAN itself."""


class Purpose(Enum):
    """What a key is for: a code made for one purpose never passes for another."""

    COUNTER_FRAME = b"meter counter frame"
    SET_POINT = b"battery set-point"


def device_key(seed: int, purpose: Purpose, number: int) -> bytes:
    """The key (32 bytes) that device `number` and its operator share in the world of `seed`."""
    return sha256(b"energy twin key|%s|%d|%d" % (purpose.value, seed, number)).digest()


def seal(body: bytes, key: bytes) -> bytes:
    """`body` with its authentication code behind it."""
    return body + hmac.digest(key, body, "sha256")[:MAC_BYTES]


def unseal(payload: bytes, key: bytes) -> bytes:
    """The body in front of the code; raises ForgedFrameError where the code does not match."""
    body = payload[:-MAC_BYTES]
    if not hmac.compare_digest(hmac.digest(key, body, "sha256")[:MAC_BYTES], payload[-MAC_BYTES:]):
        raise ForgedFrameError("the authentication code of a frame does not match its content")
    return body
