"""What a settlement pays, and each thing that makes the market refuse one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import artefact, refusal_name
from emulators.chain.keys import party_key
from emulators.chain.words import MEASURED, MISSING, SUBSTITUTED, Readings
from twin.settlement import Agreements, StabilityRates, settle

Make = Callable[..., Agreements]
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
CHAIN = (
    (0, 0, 1, 0, 600, 200_000, 0, 30_000_000, 30_000_000),
    (1, 1, 2, 1, 500, 180_000, 20_000, 40_000_000, 40_000_000),
    (1, 3, 2, 0, 700, 180_000, 20_000, 50_000_000, 50_000_000),
    (2, 3, 1, 0, 333, 150_000, 40_000, 20_000_000, 20_000_000),
)
"""Participant 1 is buyer and seller, 2 buys from two, 3 sells to two."""
EUR = 1_000_000_000
CENT = EUR // 100


def net_of(world: Any, terms: Agreements) -> Any:
    """What the meters show where everybody keeps its word (n,)."""
    net = np.zeros(len(world.actors.keys), np.int64)
    np.add.at(net, terms.buyer, terms.quantity_wh)
    np.subtract.at(net, terms.seller, terms.quantity_wh)
    return net


def qualities(world: Any, **changed: int) -> Any:
    """All measured but those given as p0=…, p1=…"""
    quality = np.full(len(world.actors.keys), MEASURED, np.uint8)
    for name, value in changed.items():
        quality[int(name[1:])] = value
    return quality


# MODEL, "Incomplete settlement": q = 10 kWh, p = 20, f = 2, both π = 10 ct/kWh, collateral 50 ct
@pytest.mark.parametrize(
    ("x", "y", "seller", "buyer", "stabiliser", "dso"),
    [
        (0, 0, 200 + 50, 50, 0, 20),
        (4, 0, 120 + 10, 50, 120, 20),
        (0, 4, 200 + 50, 10, 40, 20),
        (4, 7, 120 + 50, 108, 30, 12),
        (7, 4, 60 + 20, 138, 90, 12),
        (10, 0, 0 + 0, 50, 250, 20),
        (10, 10, 0 + 50, 270, 0, 0),
    ],
)
def test_the_check_table_of_the_model(
    any_world: Any,
    agreements: Make,
    x: int,
    y: int,
    seller: int,
    buyer: int,
    stabiliser: int,
    dso: int,
) -> None:
    world = any_world
    batch = world.committed(agreements((1, 0, 1, 0, 10_000, 200_000, 20_000, 50 * CENT, 50 * CENT)))
    before = world.balances().free_neur
    net = net_of(world, batch.agreements)
    net[0] += 1_000 * x
    net[1] -= 1_000 * y
    assert world.settle(batch, batch.all_measured(net)).succeeded
    held = world.balances()
    gained = (held.free_neur - before) // CENT
    assert gained[[0, 1]].tolist() == [seller, buyer]
    assert gained[-2:].tolist() == [dso, stabiliser]
    assert held.locked_neur.sum() == 0


def test_the_stabiliser_may_be_the_dso(deploy: Callable[..., Any], agreements: Make) -> None:
    world = deploy("embedded", 2, "dso")
    batch = world.committed(agreements(TRADE))
    net = net_of(world, batch.agreements)
    net[0] += 400
    world.settle(batch, batch.all_measured(net))
    dso, lpd = world.balances().free_neur[-2:]
    assert (dso, lpd) == (1_000 * 20_000 + 400 * 200_000 + 7_000_000, 0)


@pytest.mark.parametrize(
    "deviation",
    [
        (0, 0, 0, 0),
        (100, -100, 50, 200),
        (9_999, -9_999, -9_999, 9_999),
        (-500, 500, 900, -900),
        (1, 1, -1, -1),
    ],
)
def test_a_chain_of_trades_is_settled_as_the_reference_does(
    any_world: Any, book: Any, agreements: Make, deviation: tuple[int, ...]
) -> None:
    world, terms = any_world, agreements(*CHAIN)
    batch = world.committed(terms)
    book.commit(terms)
    net = net_of(world, terms)
    net[:4] += np.array(deviation)
    assert world.settle(batch, batch.all_measured(net)).succeeded
    book.settle(terms, settle(terms, net, batch.rates), np.ones(len(terms), bool))
    assert book.matches(world)


def test_extreme_readings_are_settled_as_the_reference_does(
    world: Any, book: Any, agreements: Make
) -> None:
    terms = agreements(*CHAIN)
    batch = world.committed(terms)
    book.commit(terms)
    net = net_of(world, terms)
    net[:4] = [2**62, -(2**62), 0, 2**62]
    assert world.settle(batch, batch.all_measured(net)).succeeded
    book.settle(terms, settle(terms, net, batch.rates), np.ones(len(terms), bool))
    assert book.matches(world)


def test_rates_of_zero_cost_nobody_anything(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(TRADE), rates=StabilityRates(0, 0))
    net = net_of(world, batch.agreements)
    net[0] += 300
    world.settle(batch, batch.all_measured(net))
    assert world.balances().free_neur[-1] == 300 * 200_000


def test_nothing_is_settled_before_the_slot_has_ended(any_world: Any, agreements: Make) -> None:
    batch = any_world.committed(agreements(TRADE))
    readings = batch.all_measured(net_of(any_world, batch.agreements))
    early = any_world.settle(batch, readings, time=batch.delivery_end - 1)
    assert refusal_name(early) == "NotDelivered"
    assert any_world.settle(batch, readings, time=batch.delivery_end).succeeded


def test_a_batch_is_settled_once(any_world: Any, agreements: Make) -> None:
    batch = any_world.committed(agreements(TRADE))
    readings = batch.all_measured(net_of(any_world, batch.agreements))
    assert any_world.settle(batch, readings).succeeded
    assert refusal_name(any_world.settle(batch, readings)) == "UnknownBatch"


def test_a_settled_batch_cannot_be_committed_again(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(TRADE))
    world.settle(batch, batch.all_measured(net_of(world, batch.agreements)))
    assert refusal_name(world.commit(batch)) == "CommitDeadlinePassed"


def test_a_batch_that_missed_the_gate_cannot_be_settled(world: Any, agreements: Make) -> None:
    batch = world.batch(agreements(TRADE))
    world.commit(batch, time=batch.commit_deadline + 1)
    receipt = world.settle(batch, batch.all_measured(net_of(world, batch.agreements)))
    assert refusal_name(receipt) == "UnknownBatch"


@pytest.mark.parametrize(
    "change",
    [
        {"slot": 1},
        {"number": 1},
        {"commit_deadline": 1_465_941_500},
        {"rates": StabilityRates(0, 100_000)},
        {"rates": StabilityRates(100_000, 0)},
    ],
)
def test_other_terms_than_committed_are_refused(
    world: Any, agreements: Make, change: dict[str, Any]
) -> None:
    batch = world.committed(agreements(TRADE))
    other = replace(
        batch, **change, delivery_end=world.calendar.delivery_end(change.get("slot", 0))
    )
    readings = other.all_measured(net_of(world, batch.agreements))
    receipt = world.settle(other, readings, time=batch.delivery_end + 900)
    assert refusal_name(receipt) == "UnknownBatch"


def test_other_agreements_than_committed_are_refused(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(TRADE))
    other = world.batch(agreements((*TRADE[:5], 1, *TRADE[6:])))
    receipt = world.settle(other, other.all_measured(net_of(world, batch.agreements)))
    assert refusal_name(receipt) == "UnknownBatch"


def test_only_the_oracle_signs_readings(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(net_of(world, batch.agreements))
    for forger in ("dso", "lpd", "auction_house", "stranger"):
        signed = world.client.settle(batch, readings, oracle=party_key(7, forger))
        receipt = world.mine(signed, max(world.time + 1, batch.delivery_end))
        assert refusal_name(receipt) == "WrongSignature"


def test_readings_other_than_signed_are_refused(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(TRADE))
    net = net_of(world, batch.agreements)
    oracle = world.actors.operators["oracle"]
    signature = oracle.sign_digest(batch.readings_digest(batch.all_measured(net)))

    class Replayed:
        def sign_digest(self, _: bytes) -> bytes:
            return bytes(signature)

    signed = world.client.settle(batch, batch.all_measured(net + 1), oracle=Replayed())
    assert refusal_name(world.mine(signed, batch.delivery_end)) == "WrongSignature"


def test_readings_of_another_batch_are_refused(world: Any, agreements: Make) -> None:
    batches = [world.committed(agreements(TRADE), slot=slot) for slot in (0, 1)]
    readings = batches[0].all_measured(net_of(world, batches[0].agreements))
    oracle = world.actors.operators["oracle"]
    signature = oracle.sign_digest(batches[0].readings_digest(readings))

    class Replayed:
        def sign_digest(self, _: bytes) -> bytes:
            return bytes(signature)

    signed = world.client.settle(batches[1], readings, oracle=Replayed())
    assert refusal_name(world.mine(signed, batches[1].delivery_end)) == "WrongSignature"


@pytest.mark.parametrize("extra", [-1, 1])
def test_there_is_one_reading_per_party(world: Any, agreements: Make, extra: int) -> None:
    batch = world.committed(agreements(TRADE))
    count = 2 + extra
    readings = Readings(
        np.zeros(count, np.int64), np.full(count, MEASURED, np.uint8), np.zeros(count, bool)
    )
    assert refusal_name(world.settle(batch, readings)) == "ReadingCount"


@pytest.mark.parametrize("quality", [3, 5, 8, 255])
def test_a_reading_of_no_known_quality_is_refused(
    world: Any, agreements: Make, quality: int
) -> None:
    batch = world.committed(agreements(TRADE))
    readings = Readings(
        np.zeros(2, np.int64), np.array([MEASURED, quality], np.uint8), np.zeros(2, bool)
    )
    receipt = world.settle(batch, readings, time=world.calendar.substitutes_from(0))
    # 8 and more look like a reading that an earlier settlement used
    assert refusal_name(receipt) in ("MalformedReading", "UnknownBatch")


# ---- readings that are missing ----


def test_an_agreement_waits_whole_in_escrow_for_its_reading(
    any_world: Any, book: Any, agreements: Make
) -> None:
    world, terms = any_world, agreements(*CHAIN)
    batch = world.committed(terms)
    book.commit(terms)
    net = net_of(world, terms)
    net[:4] += np.array([70, -30, -90, 120])
    outcome = settle(terms, net, batch.rates)

    first = batch.readings(net, qualities(world, p0=MISSING))
    assert batch.settled_by(first).tolist() == [False, True, True, True]
    assert world.settle(batch, first).succeeded
    book.settle(terms, outcome, batch.settled_by(first))
    assert book.matches(world)

    second = batch.readings(net, qualities(world), first)
    assert batch.settled_by(second).tolist() == [True, False, False, False]
    assert world.settle(batch, second).succeeded
    book.settle(terms, outcome, batch.settled_by(second))
    assert book.matches(world)
    assert world.balances().locked_neur.sum() == 0


def test_readings_can_arrive_one_by_one(world: Any, book: Any, agreements: Make) -> None:
    terms = agreements(*CHAIN)
    batch = world.committed(terms)
    book.commit(terms)
    net = net_of(world, terms) + np.arange(len(world.actors.keys)) * 17
    outcome = settle(terms, net, batch.rates)
    readings = None
    for missing in ({"p0": 0, "p3": 0}, {"p0": 0}, {}):
        readings = batch.readings(net, qualities(world, **missing), readings)
        assert world.settle(batch, readings).succeeded
        book.settle(terms, outcome, batch.settled_by(readings))
        assert book.matches(world)


def test_a_settlement_that_settles_nothing_is_refused(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(TRADE))
    net = net_of(world, batch.agreements)
    for readings in (batch.none_read(), batch.readings(net, qualities(world, p1=MISSING))):
        assert refusal_name(world.settle(batch, readings)) == "NothingToSettle"


def partly_settled(world: Any, agreements: Make) -> tuple[Any, Any, Readings]:
    batch = world.committed(agreements(*CHAIN))
    net = net_of(world, batch.agreements)
    first = batch.readings(net, qualities(world, p0=MISSING))
    assert world.settle(batch, first).succeeded
    return batch, net, first


def test_a_reading_that_was_used_cannot_change(any_world: Any, agreements: Make) -> None:
    world = any_world
    batch, net, first = partly_settled(world, agreements)
    second = batch.readings(net, qualities(world), first)
    changed = second.net_wh.copy()
    changed[1] += 1
    receipt = world.settle(batch, replace(second, net_wh=changed))
    assert refusal_name(receipt) == "UnknownBatch"


def test_a_reading_that_was_used_cannot_be_passed_as_new(world: Any, agreements: Make) -> None:
    batch, net, first = partly_settled(world, agreements)
    fresh = batch.readings(net, qualities(world))
    assert refusal_name(world.settle(batch, fresh)) == "UnknownBatch"
    second = batch.readings(net, qualities(world), first)
    less = second.used.copy()
    less[1] = False
    receipt = world.settle(batch, replace(second, used=less))
    assert refusal_name(receipt) == "UnknownBatch"


def test_a_new_reading_cannot_be_passed_as_used(world: Any, agreements: Make) -> None:
    batch, net, first = partly_settled(world, agreements)
    second = batch.readings(net, qualities(world), first)
    receipt = world.settle(batch, replace(second, used=np.ones(4, bool)))
    assert refusal_name(receipt) == "UnknownBatch"


def test_an_open_agreement_is_not_settled_twice(world: Any, agreements: Make) -> None:
    batch, net, first = partly_settled(world, agreements)
    assert refusal_name(world.settle(batch, first)) == "UnknownBatch"
    again = batch.readings(net, qualities(world, p0=MISSING), first)
    assert refusal_name(world.settle(batch, again)) == "NothingToSettle"


def test_a_substitute_counts_only_once_the_correction_window_has_closed(
    any_world: Any, agreements: Make
) -> None:
    world = any_world
    batch, net, first = partly_settled(world, agreements)
    second = batch.readings(net, qualities(world, p0=SUBSTITUTED), first)
    opens = world.calendar.substitutes_from(0)
    early = world.settle(batch, second, time=opens - 1)
    assert refusal_name(early) == "SubstituteTooEarly"
    assert world.settle(batch, second, time=opens).succeeded
    assert world.balances().locked_neur.sum() == 0


def test_after_the_last_day_nothing_is_settled(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(net_of(world, batch.agreements))
    late = world.settle(batch, readings, time=world.calendar.last_settlement(0) + 1)
    assert refusal_name(late) == "SettlementClosed"


def test_on_the_last_day_a_batch_is_settled(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(net_of(world, batch.agreements))
    assert world.settle(batch, readings, time=world.calendar.last_settlement(0)).succeeded


def test_batches_of_a_slot_are_settled_by_themselves(
    world: Any, book: Any, agreements: Make
) -> None:
    here, there = agreements(*CHAIN), agreements((2, 5, 6, 3, 70, 9_000, 1_000, 8, 8))
    batches = [world.committed(here), world.committed(there, number=1)]
    net = net_of(world, here) + net_of(world, there) + 5
    for terms in (here, there):
        book.commit(terms)
    for batch in reversed(batches):
        assert world.settle(batch, batch.all_measured(net)).succeeded
        book.settle(
            batch.agreements,
            settle(batch.agreements, net, batch.rates),
            np.ones(len(batch.agreements), bool),
        )
        assert book.matches(world)


def test_a_batch_stands_at_one_word_and_leaves_nothing_behind(world: Any, agreements: Make) -> None:
    def state() -> bytes:
        market = artefact("Market")
        output = world.node.call(world.contracts.market, market.encode_call("stateOf", 0, 0))
        return bytes(output)

    assert state() == bytes(32)
    batch, net, first = partly_settled(world, agreements)
    partly = state()
    assert partly not in (bytes(32), batch.struct_hash)
    assert world.settle(batch, batch.readings(net, qualities(world), first)).succeeded
    assert state() == bytes(32)


def test_a_committed_batch_stands_at_the_hash_that_was_signed(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(TRADE))
    market = artefact("Market")
    output = world.node.call(world.contracts.market, market.encode_call("stateOf", 0, 0))
    assert output == batch.struct_hash
