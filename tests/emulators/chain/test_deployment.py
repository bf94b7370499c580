from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import artefact, refusal_name
from emulators.chain.deployment import NO_DEADLINE, Contracts
from emulators.chain.keys import party_key
from emulators.chain.typed_data import STABLECOIN_NAME, digest, domain_separator, permit_hash

DEPOSIT = 50_000_000_000


def registry(world: Any, function: str, *arguments: Any) -> tuple[Any, ...]:
    contract = artefact("Registry")
    data = contract.encode_call(function, *arguments)
    return contract.decode_result(function, world.node.call(world.contracts.registry, data))


def test_the_contracts_stand_where_they_were_expected(world: Any) -> None:
    made = [r.contract_address for r in world.setup_receipts if r.contract_address]
    expected = Contracts.of(world.actors.operators["governor"])
    assert made == [
        address.lower()
        for address in (
            expected.registry,
            expected.stablecoin,
            expected.energy_token,
            expected.market,
        )
    ]


def test_every_participant_has_its_deposit_free_in_the_market(any_world: Any) -> None:
    held = any_world.balances()
    np.testing.assert_array_equal(held.free_neur[:-2], DEPOSIT)
    assert held.free_neur[-2:].sum() == held.locked_neur.sum() == held.wallet_neur.sum() == 0


def test_every_participant_is_admitted_in_its_role(world: Any) -> None:
    found = [registry(world, "partyOf", address) for address in world.actors.addresses]
    # consumer, prosumer, prosumer+, producer; 0 is nobody
    assert found == [(1 + index % 4, True) for index in range(len(found))]


def test_every_meter_belongs_to_its_participant(world: Any) -> None:
    owners = [registry(world, "meters", meter.address)[0] for meter in world.actors.meters]
    assert owners == [address.lower() for address in world.actors.addresses]


@pytest.mark.parametrize("stabiliser", ["lpd", "dso"])
def test_the_stabiliser_is_the_one_chosen(stabiliser: str, deploy: Callable[..., Any]) -> None:
    world = deploy("embedded", 2, stabiliser)
    _, paid, _ = registry(world, "payees")
    assert paid == world.actors.operators[stabiliser].address.lower()


def test_the_coin_counts_in_n_eur(world: Any) -> None:
    coin = artefact("Stablecoin")
    data = coin.encode_call("decimals")
    assert coin.decode_result("decimals", world.node.call(world.contracts.stablecoin, data)) == (9,)


@pytest.mark.parametrize("forger", ["H01", "dso"])
def test_nobody_can_deposit_somebody_elses_coins(world: Any, forger: str) -> None:
    owner = world.actors.keys[0]
    world.send_as("lpd", "stablecoin", "deposit", [owner.address], [5])
    separator = domain_separator(STABLECOIN_NAME, world.actors.chain_id, world.contracts.stablecoin)
    struct = permit_hash(owner.address, world.contracts.market, 5, 1, NO_DEADLINE)
    signature = party_key(7, forger).sign_digest(digest(separator, struct))
    parts = (signature[64], signature[:32], signature[32:64])
    receipt = world.send_as(
        "auction_house",
        "market",
        "depositPermitted",
        [(owner.address, 5, NO_DEADLINE, *parts)],
    )
    assert refusal_name(receipt) == "ERC2612InvalidSigner"


@pytest.mark.parametrize(
    ("name", "contract", "function", "arguments"),
    [
        ("dso", "registry", "admit", ([party_key(7, "x").address], [1])),
        ("lpd", "registry", "setStanding", ([party_key(7, "H00").address], False)),
        ("auction_house", "registry", "bindMeters", ([], [])),
        ("auction_house", "registry", "bindMarket", (party_key(7, "x").address,)),
        ("auction_house", "registry", "appoint", ((party_key(7, "x").address,) * 5,)),
    ],
)
def test_governance_is_for_those_who_hold_the_role(
    world: Any, name: str, contract: str, function: str, arguments: tuple[Any, ...]
) -> None:
    receipt = world.send_as(name, contract, function, *arguments)
    assert refusal_name(receipt) == "AccessControlUnauthorizedAccount"


def test_only_the_issuer_makes_coins(world: Any) -> None:
    receipt = world.send_as("dso", "stablecoin", "deposit", [party_key(7, "dso").address], [1])
    assert refusal_name(receipt) == "OwnableUnauthorizedAccount"


def test_the_market_is_bound_once(world: Any) -> None:
    receipt = world.send_as("governor", "registry", "bindMarket", party_key(7, "x").address)
    assert refusal_name(receipt) == "MarketAlreadyBound"


def test_a_meter_has_one_owner(world: Any) -> None:
    meter, other = world.actors.meters[0].address, world.actors.addresses[1]
    receipt = world.send_as("dso", "registry", "bindMeters", [meter], [other])
    assert refusal_name(receipt) == "MeterTaken"


def test_a_party_is_admitted_once(world: Any) -> None:
    receipt = world.send_as("auction_house", "registry", "admit", [world.actors.addresses[0]], [1])
    assert refusal_name(receipt) == "NotAdmissible"


def test_a_stranger_has_no_standing(world: Any) -> None:
    stranger = party_key(7, "stranger").address
    receipt = world.send_as("auction_house", "registry", "setStanding", [stranger], True)
    assert refusal_name(receipt) == "UnknownParty"


def test_a_change_of_operators_moves_their_rights(world: Any) -> None:
    new = {name: party_key(8, name).address for name in ("auction_house", "dso", "lpd", "oracle")}
    appointed = (new["auction_house"], new["dso"], new["lpd"], new["lpd"], new["oracle"])
    assert world.send_as("governor", "registry", "appoint", appointed).succeeded
    assert registry(world, "signatories") == (new["dso"].lower(), new["lpd"].lower())
    receipt = world.send_as("auction_house", "registry", "admit", [], [])
    assert refusal_name(receipt) == "AccessControlUnauthorizedAccount"
