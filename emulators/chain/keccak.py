"""Keccak-256, the ledger's hash, in one place."""

from Crypto.Hash import keccak as _keccak


def keccak256(data: bytes | bytearray | memoryview) -> bytes:
    """The 32-byte Keccak-256 digest of `data` (not SHA3-256: Ethereum kept the older padding)."""
    return _keccak.new(data=data, digest_bits=256).digest()
