"""Signed transactions as bytes: legacy ones with a gas price, bound to the chain (EIP-155)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from emulators.chain.keccak import keccak256
from emulators.chain.keys import Key, address_bytes, checksum_address

CHAIN_ID: Final = 200307940
"""The same on every node, so that transactions have the same hashes; the paper's arXiv number."""
GAS_PRICE_WEI: Final = 1_000_000_000
"""Pinned; what gas costs in euros is a matter of the scenario."""


def rlp_encode(item: bytes | int | list[bytes | int]) -> bytes:
    """Recursive-length-prefix encoding of a byte string, an integer, or a flat list of them."""
    if isinstance(item, list):
        body = b"".join([rlp_encode(part) for part in item])
        return _rlp_prefix(len(body), 0xC0) + body
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8)
    if len(item) == 1 and item[0] < 0x80:
        return item
    return _rlp_prefix(len(item), 0x80) + item


def _rlp_prefix(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes((offset + length,))
    size = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((offset + 55 + len(size),)) + size


def contract_address(sender: bytes, nonce: int) -> str:
    """Where a contract comes to stand that `sender` creates with its transaction number `nonce`."""
    return checksum_address(keccak256(rlp_encode([sender, nonce]))[12:])


@dataclass(frozen=True)
class SignedTransaction:
    """A transaction that a node takes as it is."""

    kind: str
    """What it is for, e.g. "commit"; a label of the results."""
    sender: str
    """Name of who sent it, e.g. "auction_house"."""
    raw: bytes = field(repr=False)
    gas_limit: int

    @property
    def tx_hash(self) -> str:
        """Its hash, 0x and 64 digits."""
        return "0x" + keccak256(self.raw).hex()


@dataclass
class Sender:
    """An account that sends transactions and counts them itself."""

    name: str
    key: Key
    nonce: int = 0
    """Number of its next transaction."""
    chain_id: int = CHAIN_ID

    def send(self, kind: str, to: str | None, data: bytes, gas_limit: int) -> SignedTransaction:
        """Sign the next transaction; `to` none creates a contract from `data`."""
        target = b"" if to is None else address_bytes(to)
        body: list[bytes | int] = [self.nonce, GAS_PRICE_WEI, gas_limit, target, 0, data]
        digest = keccak256(rlp_encode([*body, self.chain_id, 0, 0]))
        signature = self.key.sign_digest(digest)
        v = signature[64] - 27 + 35 + 2 * self.chain_id
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
        self.nonce += 1
        return SignedTransaction(kind, self.name, rlp_encode([*body, v, r, s]), gas_limit)
