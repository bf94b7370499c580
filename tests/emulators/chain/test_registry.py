"""Admission, standing, meters and successors: who may say what of whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import artefact, refusal_name
from emulators.chain.keys import party_key
from emulators.chain.transactions import Sender
from twin.settlement import Agreements, settle

Make = Callable[..., Agreements]
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
NEW = party_key(55, "a new key")


def registry(world: Any, function: str, *arguments: Any) -> tuple[Any, ...]:
    made = artefact("Registry")
    data = made.encode_call(function, *arguments)
    return made.decode_result(function, world.node.call(world.contracts.registry, data))


def moved(world: Any, party: int = 0) -> Sender:
    """Participant `party` goes on with a new key, which can pay gas."""
    successor = Sender("successor", NEW)
    world.own_senders[77] = successor
    old = world.actors.addresses[party]
    assert world.send_by(party, "registry", "proposeSuccessor", NEW.address).succeeded
    assert world._send(successor, "registry", "succeed", old).succeeded
    return successor


@pytest.mark.parametrize(
    ("sender", "function", "arguments"),
    [
        ("dso", "admit", ([NEW.address], [1])),
        ("lpd", "setStanding", ([NEW.address], False)),
        ("auction_house", "bindMeters", ([], [])),
        ("auction_house", "setMeterStanding", ([], False)),
        ("lpd", "nestMeters", ([], [])),
        ("dso", "appoint", ((NEW.address,) * 5,)),
        ("auction_house", "bindMarket", (NEW.address,)),
    ],
)
def test_each_role_does_its_own_only(
    world: Any, sender: str, function: str, arguments: Any
) -> None:
    receipt = world.send_as(sender, "registry", function, *arguments)
    assert refusal_name(receipt) == "AccessControlUnauthorizedAccount"


def test_only_the_lpd_issues_coins(world: Any) -> None:
    receipt = world.send_as("dso", "stablecoin", "deposit", [NEW.address], [5])
    assert refusal_name(receipt) == "OwnableUnauthorizedAccount"


def test_a_new_meter_takes_the_place_of_the_old_one(world: Any) -> None:
    owner, old = world.actors.addresses[0], world.actors.meters[0].address
    new = party_key(9, "meter").address
    assert world.send_as("dso", "registry", "bindMeters", [new], [owner]).succeeded
    assert registry(world, "meterOf", owner)[0] == new.lower()
    assert registry(world, "meters", old) == (owner.lower(), False)
    receipt = world.send_as("dso", "registry", "setMeterStanding", [old], True)
    assert refusal_name(receipt) == "UnknownMeter"


def test_a_flats_meter_stands_behind_its_buildings(world: Any) -> None:
    flat, building = world.actors.meters[0].address, party_key(9, "building").address
    assert world.send_as("dso", "registry", "nestMeters", [flat], [building]).succeeded
    assert registry(world, "parentOf", flat)[0] == building.lower()


def test_a_successor_has_role_standing_meter_and_money(world: Any) -> None:
    old = world.actors.addresses[0]
    role = registry(world, "partyOf", old)
    moved(world)
    assert registry(world, "partyOf", NEW.address) == role
    assert registry(world, "partyOf", old)[1] is False
    assert registry(world, "meterOf", NEW.address)[0] == world.actors.meters[0].address.lower()
    held = world.client.balances(world.node, [old, NEW.address])
    assert held.free_neur.tolist() == [0, 50_000_000_000]


def test_what_was_in_escrow_follows_when_it_is_settled(world: Any, agreements: Make) -> None:
    terms = agreements(TRADE)
    batch = world.committed(terms)
    successor = moved(world)
    net = np.array([-900, 1000, 0, 0, 0, 0, 0, 0])
    assert world.settle(batch, batch.all_measured(net)).succeeded
    outcome = settle(terms, net, batch.rates)
    old = world.actors.addresses[0]
    credited = int(outcome.seller_paid_neur[0] + outcome.seller_returned_neur[0])
    assert world.client.balances(world.node, [old]).free_neur[0] == credited
    assert refusal_name(world.send_by(0, "market", "withdraw", 1)) == "MovedTo"
    assert world.send_by(5, "market", "collect", old).succeeded
    free = world.client.balances(world.node, [old, NEW.address]).free_neur.tolist()
    assert free == [0, 50_000_000_000 - 7_000_000 + credited]
    assert world._send(successor, "market", "withdraw", free[1]).succeeded


def test_an_account_that_moved_trades_no_more(world: Any, agreements: Make) -> None:
    moved(world)
    assert refusal_name(world.commit(world.batch(agreements(TRADE)))) == "NotActive"
    old = [world.actors.addresses[0]]
    receipt = world.send_as("auction_house", "registry", "setStanding", old, True)
    assert refusal_name(receipt) == "UnknownParty"
    receipt = world.send_as("auction_house", "registry", "admit", old, [1])
    assert refusal_name(receipt) == "NotAdmissible"


def test_a_successor_is_in_no_slot_twice(world: Any, agreements: Make) -> None:
    """It keeps the slots that its account has entered: one meter, one batch."""
    from dataclasses import replace

    world.committed(agreements(TRADE))
    moved(world)
    batch = world.batch(agreements((1, 0, 2, 0, 5, 1, 1, 1, 1)), number=1)
    addresses = batch.party_addresses.copy()
    addresses[0] = np.frombuffer(NEW.address_bytes, np.uint8)
    batch = replace(batch, party_addresses=addresses)
    operators = world.actors.operators
    keys = [NEW, *world.actors.keys[1:]]
    signatures = batch.sign(keys, operators["dso"], operators["lpd"])
    receipt = world.mine(world.client.commit(batch, signatures))
    assert refusal_name(receipt) == "AlreadyInSlot"


def test_nobody_is_succeeded_without_having_proposed_it(world: Any) -> None:
    receipt = world.send_by(3, "registry", "succeed", world.actors.addresses[0])
    assert refusal_name(receipt) == "NotProposed"


def test_a_party_cannot_take_over_another(world: Any) -> None:
    other = world.actors.addresses[3]
    assert world.send_by(0, "registry", "proposeSuccessor", other).succeeded
    receipt = world.send_by(3, "registry", "succeed", world.actors.addresses[0])
    assert refusal_name(receipt) == "NotAdmissible"


def test_only_the_registry_moves_accounts(world: Any) -> None:
    old = world.actors.addresses[0]
    receipt = world.send_by(3, "market", "accountMoved", old, world.actors.addresses[3])
    assert refusal_name(receipt) == "OnlyRegistry"
    assert refusal_name(world.send_by(3, "market", "collect", old)) == "NotMoved"


def test_a_withdrawal_waits_for_nobody(world: Any, agreements: Make) -> None:
    """The buyer's reading never comes; what the seller has free is its own all the same."""
    world.committed(agreements(TRADE))
    world.time = world.calendar.delivery_end(0)
    free = int(world.balances().free_neur[0])
    assert world.send_by(0, "market", "withdraw", free).succeeded
    assert world.balances().wallet_neur[0] == free
