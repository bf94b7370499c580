"""What is signed off the ledger: typed data (EIP-712), hashed with as few Keccaks as possible."""

from __future__ import annotations

from typing import Final

from emulators.chain.keccak import keccak256
from emulators.chain.keys import address_bytes

_DOMAIN: Final = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
BATCH_TYPE: Final = (
    "Batch(uint32 slot,uint32 batch,uint64 commitDeadline,uint64 deliveryEnd,uint32 shortRate,"
    "uint32 longRate,uint256[] agreements,uint256[] parties,uint256[] counterOrders)"
)
READINGS_TYPE: Final = "Readings(bytes32 batch,uint256[] readings)"
PERMIT_TYPE: Final = (
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
CONTRACT_TYPE: Final = (
    "Contract(bytes32 offer,bytes32 request,uint256 agreement,uint32 shortRate,uint32 longRate,"
    "uint64 commitDeadline)"
)
METER_READING_TYPE: Final = "MeterReading(address party,uint32 slot,uint256 reading)"
_CONTRACT_HASH: Final = keccak256(CONTRACT_TYPE.encode())
_METER_READING_HASH: Final = keccak256(METER_READING_TYPE.encode())
_BATCH_HASH: Final = keccak256(BATCH_TYPE.encode())
_READINGS_HASH: Final = keccak256(READINGS_TYPE.encode())
_PERMIT_HASH: Final = keccak256(PERMIT_TYPE.encode())
MARKET_NAME: Final = "EnergyMarket"
STABLECOIN_NAME: Final = "Energy Euro"


def word(value: int) -> bytes:
    """An unsigned integer as 32 bytes."""
    return value.to_bytes(32)


def address_word(address: str) -> bytes:
    """An address as 32 bytes."""
    return bytes(12) + address_bytes(address)


def domain_separator(name: str, chain_id: int, contract: str) -> bytes:
    """What binds a signature to one contract on one chain, 32 bytes (version "1")."""
    return keccak256(
        _DOMAIN
        + keccak256(name.encode())
        + keccak256(b"1")
        + word(chain_id)
        + address_word(contract)
    )


def digest(separator: bytes, struct_hash: bytes) -> bytes:
    """What is signed: 32 bytes."""
    return keccak256(b"\x19\x01" + separator + struct_hash)


def batch_hash(
    slot: int,
    batch: int,
    commit_deadline: int,
    delivery_end: int,
    short_rate: int,
    long_rate: int,
    agreements: bytes,
    parties: bytes,
    counter_orders: bytes,
) -> bytes:
    """Hash of the struct that every party, the DSO and the LPD sign.

    Parameters: times in s UTC, rates in n€/Wh; `agreements`, `parties` and `counter_orders` as
    words.
    """
    numbers = (slot, batch, commit_deadline, delivery_end, short_rate, long_rate)
    return keccak256(
        _BATCH_HASH
        + b"".join(word(number) for number in numbers)
        + keccak256(agreements)
        + keccak256(parties)
        + keccak256(counter_orders)
    )


def readings_hash(batch: bytes, readings: bytes) -> bytes:
    """Hash of the struct that the oracle signs: the batch's hash and the readings as words."""
    return keccak256(_READINGS_HASH + batch + keccak256(readings))


def contract_hash(terms: bytes) -> bytes:
    """Hash of the struct that buyer, seller, DSO and LPD of one contract sign, from its words."""
    return keccak256(_CONTRACT_HASH + terms)


def meter_reading_hash(party: str, slot: int, reading: bytes) -> bytes:
    """Hash of one party's reading, as the oracle or the meter signs it."""
    return keccak256(_METER_READING_HASH + address_word(party) + word(slot) + reading)


def permit_hash(owner: str, spender: str, value: int, nonce: int, deadline: int) -> bytes:
    """Hash of an ERC-2612 permit [n€; s UTC]."""
    return keccak256(
        _PERMIT_HASH
        + address_word(owner)
        + address_word(spender)
        + word(value)
        + word(nonce)
        + word(deadline)
    )
