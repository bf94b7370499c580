"""What every node must do, on every node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from web3 import IPCProvider

from emulators.chain.artefacts import artefact, refusal_name
from emulators.chain.keys import party_key
from emulators.chain.nodes import EvmNode
from emulators.chain.transactions import Sender
from twin.errors import CallRevertedError, NodeError

START = 1_465_900_000
KEY = party_key(1, "issuer")
HOLDERS = [party_key(1, f"H{i}").address for i in range(3)]
COIN = artefact("Stablecoin")


@pytest.fixture
def node(opened: Callable[..., EvmNode]) -> EvmNode:
    return opened(START, [KEY.address])


@pytest.fixture
def issuer() -> Sender:
    return Sender("issuer", KEY)


def deploy_coin(issuer: Sender) -> bytes:
    return issuer.send("deploy", None, COIN.encode_deployment(KEY.address), 3_000_000).raw


def issue(issuer: Sender, contract: str, amount: int, gas: int = 500_000) -> bytes:
    data = COIN.encode_call("deposit", HOLDERS, [amount] * 3)
    return issuer.send("issue", contract, data, gas).raw


def supply(node: EvmNode, contract: str) -> int:
    (amount,) = COIN.decode_result(
        "totalSupply", node.call(contract, COIN.encode_call("totalSupply"))
    )
    return int(amount)


def deployed(node: EvmNode, issuer: Sender) -> str:
    contract = node.mine(START + 1, [deploy_coin(issuer)])[0].contract_address
    assert contract is not None
    return contract


def test_a_contract_is_created_where_the_sender_and_nonce_say(
    node: EvmNode, issuer: Sender
) -> None:
    from emulators.chain.transactions import contract_address

    assert deployed(node, issuer) == contract_address(KEY.address_bytes, 0).lower()


def test_a_block_holds_several_transactions_of_one_sender_in_their_order(
    node: EvmNode, issuer: Sender
) -> None:
    raw = [deploy_coin(issuer)]
    contract = "0x" + bytes.fromhex(deployed_address()[2:]).hex()
    raw += [issue(issuer, contract, amount) for amount in (1, 10, 100)]
    receipts = node.mine(START + 5, raw)
    assert [receipt.succeeded for receipt in receipts] == [True] * 4
    minted = [int.from_bytes(r.logs[0].data) for r in receipts[1:]]
    assert minted == [1, 10, 100]
    assert supply(node, contract) == 333


def deployed_address() -> str:
    from emulators.chain.transactions import contract_address

    return contract_address(KEY.address_bytes, 0)


def test_a_refused_transaction_is_in_the_block_with_its_reason(
    node: EvmNode, issuer: Sender
) -> None:
    contract = deployed(node, issuer)
    too_much = COIN.encode_call("withdraw", 1)
    raw = [
        issuer.send("withdraw", contract, too_much, 100_000).raw,
        issue(issuer, contract, 7),
    ]
    refused, accepted = node.mine(START + 2, raw)
    assert not refused.succeeded
    assert refusal_name(refused) == "ERC20InsufficientBalance"
    assert refused.logs == ()
    assert accepted.succeeded


def test_running_out_of_gas_is_said(node: EvmNode, issuer: Sender) -> None:
    contract = deployed(node, issuer)
    (receipt,) = node.mine(START + 2, [issue(issuer, contract, 7, gas=30_000)])
    assert refusal_name(receipt) == "out of gas or an invalid instruction"
    assert receipt.gas_used == 30_000


def test_block_times_strictly_increase(node: EvmNode, issuer: Sender) -> None:
    deployed(node, issuer)
    with pytest.raises(NodeError, match="strictly increase"):
        node.mine(START + 1, [])


def test_a_block_that_cannot_be_leaves_the_node_as_it_was(node: EvmNode, issuer: Sender) -> None:
    contract = deployed(node, issuer)
    ahead = Sender("issuer", KEY, nonce=9)
    with pytest.raises(NodeError, match="cannot hold"):
        node.mine(START + 2, [issue(ahead, contract, 7)])
    (receipt,) = node.mine(START + 2, [issue(issuer, contract, 7)])
    assert receipt.succeeded
    assert supply(node, contract) == 21


def test_more_gas_than_a_block_holds_is_refused(
    opened: Callable[..., EvmNode], issuer: Sender
) -> None:
    node = opened(START, [KEY.address], 2_000_000)
    with pytest.raises(NodeError, match="cannot hold"):
        node.mine(START + 1, [deploy_coin(issuer)])


def test_a_view_that_refuses_raises_with_its_reason(node: EvmNode, issuer: Sender) -> None:
    contract = deployed(node, issuer)
    data = COIN.encode_call("transfer", HOLDERS[0], 5)
    with pytest.raises(CallRevertedError) as caught:
        node.call(contract, data)
    assert caught.value.data[:4] in COIN.errors


def test_a_snapshot_can_be_gone_back_to_again_and_again(node: EvmNode, issuer: Sender) -> None:
    contract = deployed(node, issuer)
    snapshot = node.snapshot()
    hashes = set()
    for amount in (1, 1, 2):
        issuer.nonce = 1
        (receipt,) = node.mine(START + 2, [issue(issuer, contract, amount)])
        hashes.add(receipt.tx_hash)
        assert supply(node, contract) == 3 * amount
        node.revert(snapshot)
        assert supply(node, contract) == 0
    assert len(hashes) == 2


def test_the_first_state_of_all_can_be_gone_back_to(node: EvmNode, issuer: Sender) -> None:
    snapshot = node.snapshot()
    first = node.mine(START + 1, [deploy_coin(issuer)])
    node.revert(snapshot)
    issuer.nonce = 0
    assert node.mine(START + 1, [deploy_coin(issuer)]) == first


def test_an_older_snapshot_outlives_going_back_to_it(node: EvmNode, issuer: Sender) -> None:
    contract = deployed(node, issuer)
    older = node.snapshot()
    node.mine(START + 2, [issue(issuer, contract, 1)])
    newer = node.snapshot()
    node.mine(START + 3, [issue(issuer, contract, 1)])
    node.revert(newer)
    assert supply(node, contract) == 3
    node.revert(older)
    assert supply(node, contract) == 0


def test_closing_twice_is_harmless(opened: Callable[..., EvmNode]) -> None:
    node = opened(START, [KEY.address])
    node.close()
    node.close()


def test_a_web3_client_sees_what_happened(node: EvmNode, issuer: Sender) -> None:
    contract = deployed(node, issuer)
    node.mine(START + 60, [issue(issuer, contract, 7)])
    w3 = node.web3()
    assert w3.eth.get_block("latest")["timestamp"] == START + 60
    coin = w3.eth.contract(address=w3.to_checksum_address(contract), abi=COIN.abi)
    assert coin.functions.balanceOf(HOLDERS[0]).call() == 7
    events = coin.events.Deposited().get_logs(from_block=0)
    assert [event["args"]["amount"] for event in events] == [7, 7, 7]
    if isinstance(w3.provider, IPCProvider):
        w3.provider._socket.sock.close()  # it has no other way to end


def test_nodes_agree_on_hashes_gas_logs_and_reasons(deploy: Callable[..., Any]) -> None:
    embedded, anvil = deploy("embedded"), deploy("anvil")
    assert embedded.setup_receipts == anvil.setup_receipts


def test_every_set_up_transaction_fits_its_gas_limit_with_room(any_world: Any) -> None:
    for transaction, receipt in zip(any_world.setup, any_world.setup_receipts, strict=True):
        assert receipt.succeeded, transaction.kind
        assert receipt.gas_used < 0.75 * transaction.gas_limit
