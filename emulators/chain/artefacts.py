"""The compiled contracts, and how to speak with them (ABI)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from eth_abi import abi

from emulators.chain.keccak import keccak256
from emulators.chain.nodes.base import Log, Receipt


@dataclass(frozen=True)
class Interface:
    """A function, error, event or constructor: its name, its types, and how calls begin."""

    name: str
    inputs: tuple[str, ...]
    """Canonical types, e.g. "uint256" or "(address,uint8)[]"."""
    outputs: tuple[str, ...]
    input_names: tuple[str, ...]
    indexed: tuple[bool, ...]

    @property
    def signature(self) -> str:
        return f"{self.name}({','.join(self.inputs)})"

    @property
    def topic(self) -> bytes:
        """First topic of an event; its first four bytes select a function or error."""
        return keccak256(self.signature.encode())


class Artefact:
    """A compiled contract: what to deploy and how to call it."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.name: str = description["contract"]
        self.bytecode = bytes.fromhex(description["bytecode"][2:])
        self.runtime_bytes: int = description["runtime_bytes"]
        self.abi: list[dict[str, Any]] = description["abi"]
        self.functions = {i.name: i for i in _interfaces(self.abi, "function")}
        self.errors = {i.topic[:4]: i for i in _interfaces(self.abi, "error")}
        self.events = {i.topic: i for i in _interfaces(self.abi, "event")}
        self._selectors = {name: i.topic[:4] for name, i in self.functions.items()}
        constructors = _interfaces(self.abi, "constructor")
        self._constructor = constructors[0].inputs if constructors else ()

    def selector(self, function: str) -> bytes:
        """The four bytes that a call of `function` begins with."""
        return self._selectors[function]

    def encode_deployment(self, *arguments: object) -> bytes:
        """What creates the contract."""
        return self.bytecode + abi.encode(self._constructor, arguments)

    def encode_call(self, function: str, *arguments: object) -> bytes:
        """The data of a call."""
        return self._selectors[function] + abi.encode(self.functions[function].inputs, arguments)

    def decode_result(self, function: str, output: bytes) -> tuple[Any, ...]:
        """What a call returned, one item per return value."""
        result: tuple[Any, ...] = abi.decode(self.functions[function].outputs, output)
        return result

    def decode_log(self, log: Log) -> tuple[str, dict[str, Any]] | None:
        """Name and values of an event, none where it is not this contract's."""
        event = self.events.get(log.topics[0]) if log.topics else None
        if event is None:
            return None
        kinds = list(zip(event.input_names, event.inputs, event.indexed, strict=True))
        in_data = abi.decode([kind for _, kind, indexed in kinds if not indexed], log.data)
        data, topics = iter(in_data), iter(log.topics[1:])
        values = {
            name: abi.decode([kind], next(topics))[0] if indexed else next(data)
            for name, kind, indexed in kinds
        }
        return event.name, values


def _interfaces(description: list[dict[str, Any]], kind: str) -> list[Interface]:
    return [
        Interface(
            name=item.get("name", ""),
            inputs=tuple(_type(part) for part in item["inputs"]),
            outputs=tuple(_type(part) for part in item.get("outputs", ())),
            input_names=tuple(part["name"] for part in item["inputs"]),
            indexed=tuple(part.get("indexed", False) for part in item["inputs"]),
        )
        for item in description
        if item["type"] == kind
    ]


def _type(part: dict[str, Any]) -> str:
    kind: str = part["type"]
    if kind.startswith("tuple"):
        inner = ",".join(_type(component) for component in part["components"])
        return f"({inner}){kind.removeprefix('tuple')}"
    return kind


@cache
def artefact(contract: str) -> Artefact:
    """The committed artefact of `contract`: Registry, Stablecoin, EnergyToken, Market or
    TradeMarket."""
    path = files("emulators.chain") / "artefacts" / f"{contract}.json"
    return Artefact(json.loads(path.read_text()))


_SOLIDITY = (
    Interface("Error", ("string",), (), ("message",), (False,)),
    Interface("Panic", ("uint256",), (), ("code",), (False,)),
)
"""What Solidity itself says."""


@cache
def _errors() -> dict[bytes, Interface]:
    known = {i.topic[:4]: i for i in _SOLIDITY}
    for contract in ("Registry", "Stablecoin", "EnergyToken", "Market", "TradeMarket"):
        known.update(artefact(contract).errors)
    return known


def refusal(revert_data: bytes) -> str:
    """What a contract said on refusing, in words: the error's name and its arguments.

    "out of gas or an invalid instruction" where it could not even say; unknown errors as digits.
    """
    if not revert_data:
        return "out of gas or an invalid instruction"
    error = _errors().get(revert_data[:4])
    if error is None:
        return f"unknown error 0x{revert_data.hex()}"
    values = abi.decode(error.inputs, revert_data[4:])
    parts = [f"{n}={v}" for n, v in zip(error.input_names, values, strict=True)]
    return f"{error.name}({', '.join(parts)})"


def refusal_name(receipt: Receipt) -> str | None:
    """The name of the error that a transaction was refused with; none where it succeeded."""
    return None if receipt.succeeded else refusal(receipt.revert_data).partition("(")[0]
