"""Keys of parties, meters and operators, and their signatures (secp256k1, deterministic)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import coincurve

from emulators.chain.keccak import keccak256
from twin.streams import ENTROPY, Component

SIGNATURE_BYTES: Final = 65
CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def checksum_address(address: bytes) -> str:
    """The 20 bytes of an address as text, mixed case as EIP-55 says."""
    digits = address.hex()
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        d.upper() if int(h, 16) >= 8 else d for d, h in zip(digits, digest, strict=False)
    )


def address_bytes(address: str) -> bytes:
    """The 20 bytes behind the text of an address, of any case."""
    return bytes.fromhex(address[2:])


@dataclass(frozen=True)
class Key:
    """A private key and what follows from it. The secret stays out of `repr`."""

    secret: bytes = field(repr=False)
    """32 bytes."""

    @cached_property
    def _private(self) -> coincurve.PrivateKey:
        return coincurve.PrivateKey(self.secret)

    @cached_property
    def address_bytes(self) -> bytes:
        """The account's address, 20 bytes."""
        public: bytes = self._private.public_key.format(compressed=False)
        return keccak256(public[1:])[12:]

    @cached_property
    def address(self) -> str:
        """The account's address as text (EIP-55)."""
        return checksum_address(self.address_bytes)

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 32 bytes: r ‖ s ‖ v with v 27 or 28, 65 bytes.

        Deterministic (RFC 6979) and low-s, as libsecp256k1 always signs.
        """
        signature: bytes = self._private.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes((signature[64] + 27,))


def party_key(seed: int, party: str) -> Key:
    """The key of `party` (a participant, "meter:…" or an operator's role) in the run of `seed`."""
    material = b"|".join((str(ENTROPY).encode(), str(int(Component.KEYS)).encode()))
    secret = keccak256(b"|".join((material, str(seed).encode(), party.encode())))
    while not 0 < int.from_bytes(secret) < CURVE_ORDER:
        secret = keccak256(secret)
    return Key(secret)


def recover_address(digest: bytes, signature: bytes) -> bytes | None:
    """Who signed `digest` (20 bytes); none where the 65 bytes are no signature of anybody."""
    if len(signature) != SIGNATURE_BYTES or signature[64] not in (27, 28):
        return None
    if int.from_bytes(signature[32:64]) > CURVE_ORDER // 2:
        return None
    try:
        public = coincurve.PublicKey.from_signature_and_message(
            signature[:64] + bytes((signature[64] - 27,)), digest, hasher=None
        )
    except Exception:  # coincurve raises a bare Exception for a point that is not on the curve
        return None
    return keccak256(public.format(compressed=False)[1:])[12:]


def compact_signature(signature: bytes) -> bytes:
    """r ‖ s ‖ v as the 64 bytes of ERC-2098: the parity is the top bit of s."""
    if signature[64] == 28:
        return signature[:32] + bytes((signature[32] | 0x80,)) + signature[33:64]
    return signature[:64]
