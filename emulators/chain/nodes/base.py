"""What every EVM node does: blocks at given times from given transactions, and reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from web3 import Web3

HARDFORK: Final = "cancun"
BLOCK_GAS_LIMIT: Final = 60_000_000
FUNDS_WEI: Final = 10**30
"""What each funded account has to pay gas with; more than any run spends."""


@dataclass(frozen=True, slots=True)
class Log:
    """An event as a contract emitted it."""

    address: str
    """The contract, lower case."""
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction in its block."""

    tx_hash: str
    succeeded: bool
    gas_used: int
    contract_address: str | None
    """Where a contract was created, lower case."""
    logs: tuple[Log, ...]
    revert_data: bytes
    """What the contract said on refusing; empty where it succeeded."""


class EvmNode(ABC):
    """An EVM that makes a block only when told to.

    Block times are UTC seconds and strictly increase. Nothing that differs between nodes (block
    hash, base fee) is handed out.
    """

    name: str
    chain_id: int

    @abstractmethod
    def mine(self, timestamp: int, raw: Sequence[bytes]) -> list[Receipt]:
        """Make one block with exactly these signed transactions in this order.

        A transaction that a contract refuses is in the block, with `succeeded` false. Raises
        NodeError where the block cannot hold one (wrong nonce, too much gas, time not later than
        the block before); the node is then as it was before.
        """

    @abstractmethod
    def call(self, to: str, data: bytes) -> bytes:
        """Execute a view on the newest state; raises CallRevertedError where it refuses."""

    @abstractmethod
    def snapshot(self) -> object:
        """A mark of the newest state, for `revert`."""

    @abstractmethod
    def revert(self, snapshot: object) -> None:
        """Go back to a snapshot, as often as wanted; later ones are void."""

    @abstractmethod
    def web3(self) -> Web3:
        """A web3 client of this node, for whoever wants to look around."""

    @abstractmethod
    def close(self) -> None:
        """End the node; harmless when repeated."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
