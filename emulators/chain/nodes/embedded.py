"""The EVM inside this process: py-evm, with nothing but pip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from eth.abc import ComputationAPI, MiningChainAPI, ReceiptAPI, SignedTransactionAPI
from eth.chains.base import MiningChain
from eth.consensus.applier import ConsensusApplier
from eth.consensus.noproof import NoProofConsensus
from eth.constants import GENESIS_PARENT_HASH, POST_MERGE_DIFFICULTY, POST_MERGE_NONCE
from eth.db.atomic import AtomicDB
from eth.exceptions import VMError
from eth.vm.forks.cancun import CancunVM
from eth_utils.exceptions import ValidationError

from emulators.chain.keys import Key, address_bytes
from emulators.chain.nodes.base import BLOCK_GAS_LIMIT, FUNDS_WEI, EvmNode, Log, Receipt
from emulators.chain.transactions import CHAIN_ID, GAS_PRICE_WEI
from twin.errors import CallRevertedError, NodeError

if TYPE_CHECKING:
    from web3 import Web3

_MIX_HASH: Final = bytes(32)
"""Fixed: py-evm's users otherwise put random bytes here, which contracts can read."""
_NOBODY: Final = bytes(20)
_READER: Final = Key(bytes(31) + b"\1")
"""Asks where a foreign client does; it must be able to pay, though it never does."""


def _chain_class(chain: int) -> type[MiningChainAPI]:
    class SlotChain(MiningChain):
        chain_id = chain
        vm_configuration = ConsensusApplier(NoProofConsensus).amend_vm_configuration(
            ((0, CancunVM),)
        )

        def create_header_from_parent(self, parent_header: Any, **params: Any) -> Any:
            params["gas_limit"] = parent_header.gas_limit
            return super().create_header_from_parent(parent_header, **params)

        def get_transaction_builder(self) -> Any:
            return self.get_vm().get_transaction_builder()

    return SlotChain


class EmbeddedNode(EvmNode):
    """py-evm as a chain of blocks in memory."""

    name = "embedded"

    def __init__(
        self,
        genesis_time: int,
        funded: Sequence[str],
        block_gas_limit: int = BLOCK_GAS_LIMIT,
        chain_id: int = CHAIN_ID,
    ) -> None:
        self.chain_id = chain_id
        genesis: Any = {
            "coinbase": _NOBODY,
            "difficulty": POST_MERGE_DIFFICULTY,
            "extra_data": b"",
            "gas_limit": block_gas_limit,
            "mix_hash": _MIX_HASH,
            "nonce": POST_MERGE_NONCE,
            "timestamp": genesis_time,
        }
        account = {"balance": FUNDS_WEI, "storage": {}, "code": b"", "nonce": 0}
        state: Any = {address_bytes(address): account for address in (*funded, _READER.address)}
        self._chain: Any = _chain_class(chain_id).from_genesis(AtomicDB(), genesis, state)

    def mine(self, timestamp: int, raw: Sequence[bytes]) -> list[Receipt]:
        chain = self._chain
        before = chain.header
        parent_time = chain.get_canonical_head().timestamp
        if timestamp <= parent_time:
            raise NodeError(
                f"a block at {timestamp} s cannot follow one at {parent_time} s: block times "
                "strictly increase"
            )
        chain.header = before.copy(timestamp=timestamp)
        try:
            build = chain.get_transaction_builder()
            transactions = [build.decode(each) for each in raw]
            _, receipts, computations = chain.mine_all(transactions, mix_hash=_MIX_HASH)
        except (ValidationError, VMError, ValueError) as problem:
            chain.header = before
            raise NodeError(f"the block cannot hold these transactions: {problem}") from problem
        return _receipts(transactions, receipts, computations)

    def call(self, to: str, data: bytes) -> bytes:
        vm = self._chain.get_vm()
        target = address_bytes(to)
        computation = vm.execute_bytecode(
            origin=_NOBODY,
            gas_price=GAS_PRICE_WEI,
            gas=10**9,
            to=target,
            sender=_NOBODY,
            value=0,
            data=data,
            code=vm.state.get_code(target),
        )
        if computation.is_error:
            raise CallRevertedError(to, computation.output)
        output: bytes = computation.output
        return output

    def snapshot(self) -> object:
        return self._chain.get_canonical_head()

    def revert(self, snapshot: object) -> None:
        chain = self._chain
        chain.chaindb._set_as_canonical_chain_head(chain.chaindb.db, snapshot, GENESIS_PARENT_HASH)
        chain.header = chain.create_header_from_parent(snapshot)

    def web3(self) -> Web3:
        from eth_keys.datatypes import PrivateKey
        from eth_tester import EthereumTester, PyEVMBackend
        from web3 import EthereumTesterProvider, Web3

        backend = PyEVMBackend.__new__(PyEVMBackend)  # its __init__ would make a chain of its own
        backend.chain, backend.account_keys = self._chain, (PrivateKey(_READER.secret),)
        tester = EthereumTester(backend=backend, auto_mine_transactions=False)
        return Web3(EthereumTesterProvider(tester))

    def close(self) -> None:
        pass


def _receipts(
    transactions: Sequence[SignedTransactionAPI],
    receipts: Sequence[ReceiptAPI],
    computations: Sequence[ComputationAPI],
) -> list[Receipt]:
    out = []
    gas_before = 0
    for transaction, receipt, computation in zip(transactions, receipts, computations, strict=True):
        created = computation.msg.is_create and computation.is_success
        out.append(
            Receipt(
                tx_hash="0x" + transaction.hash.hex(),
                succeeded=computation.is_success,
                gas_used=receipt.gas_used - gas_before,
                contract_address=(
                    "0x" + computation.msg.storage_address.hex() if created else None
                ),
                logs=tuple(
                    Log(
                        "0x" + log.address.hex(),
                        tuple(topic.to_bytes(32) for topic in log.topics),
                        bytes(log.data),
                    )
                    for log in receipt.logs
                ),
                revert_data=b"" if computation.is_success else bytes(computation.output),
            )
        )
        gas_before = receipt.gas_used
    return out
