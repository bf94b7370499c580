"""Gasper: slots of 12 s, epochs of 32, finality by checkpoints."""

import numpy as np
import pytest

from emulators.ledger.base import Final, Included
from emulators.ledger.catalogue import ledger_entry

EPOCH_S = 384


@pytest.mark.parametrize(("k", "wait_s"), [(0, 1152), (1, 1140), (31, 780)])
def test_a_block_is_final_when_the_third_epoch_after_its_own_begins(bench, k, wait_s):
    b = bench("pos", initial_s=-3 * EPOCH_S, missed_slot_probability=0.0)
    b.send("a", at_s=12 * k - 5)
    b.env.run(until=2000)
    included, final = b.ledger.drain_events()
    assert isinstance(included, Included)
    assert included.block_time_s == 12 * k
    assert final == Final("a", included.height, (12 * k + wait_s) * 1000)


def test_finality_takes_780_to_1152_s_and_966_on_average(bench):
    b = bench("pos", missed_slot_probability=0.0)
    b.env.run(until=100 * EPOCH_S)
    blocks = b.ledger.blocks()
    final = blocks.final_at_ms >= 0
    wait_s = blocks.final_at_ms[final] / 1000 - blocks.block_time_s[final]
    assert (wait_s.min(), wait_s.max()) == (780, 1152)
    assert wait_s[: 96 * 32].mean() == pytest.approx(966, abs=0.2)


def test_a_block_that_is_not_final_yet_says_so(bench):
    b = bench("pos", missed_slot_probability=0.0)
    b.env.run(until=3 * EPOCH_S + 1)
    blocks = b.ledger.blocks()
    np.testing.assert_array_equal(blocks.final_at_ms >= 0, blocks.block_time_s < EPOCH_S)


def test_with_20_s_of_clearing_and_900_s_lead_28_percent_of_slots_are_final_in_time(bench):
    slots = 96 * 7
    genesis_s = ledger_entry("pos").model_parameters.model_dump()["genesis_s"]
    b = bench("pos", initial_s=-1800, genesis_s=genesis_s)
    for slot in range(slots):
        b.send(str(slot), at_s=slot * 900 - 900 + 20)
    b.env.run(until=slots * 900 + 2000)
    final_ms = {int(e.tx_hash): e.at_ms for e in b.ledger.drain_events() if isinstance(e, Final)}
    in_time = sum(final_ms[slot] <= slot * 900_000 for slot in range(slots))
    assert in_time / slots == pytest.approx(9 / 32, abs=0.01)


def test_a_lead_of_an_hour_makes_every_slot(bench):
    b = bench("pos", initial_s=-7200)
    for slot in range(96):
        b.send(str(slot), at_s=slot * 900 - 3600 + 20)
    b.env.run(until=100_000)
    final_ms = {int(e.tx_hash): e.at_ms for e in b.ledger.drain_events() if isinstance(e, Final)}
    assert all(final_ms[slot] <= slot * 900_000 for slot in range(96))


@pytest.mark.parametrize("delivery_start_s", [0, 900, 1151, 1152, 1153, 86_400])
def test_the_deadline_is_the_last_slot_of_the_last_epoch_that_is_final_by_then(
    bench, delivery_start_s
):
    deadline_s = bench("pos").ledger.commit_deadline_s(delivery_start_s)
    epoch = deadline_s // EPOCH_S
    assert deadline_s == (epoch + 1) * EPOCH_S - 12
    assert (epoch + 3) * EPOCH_S <= delivery_start_s < (epoch + 4) * EPOCH_S


def test_slots_are_missed_as_often_as_the_parameter_says(bench):
    b = bench("pos", missed_slot_probability=0.05)
    b.env.run(until=14 * 86_400)
    assert b.ledger.blocks().missed.mean() == pytest.approx(0.05, abs=0.003)


def test_the_catalogue_misses_between_015_and_031_percent_of_slots(bench):
    b = bench("pos")
    b.env.run(until=60 * 86_400)
    assert 0.0015 <= b.ledger.blocks().missed.mean() <= 0.0031


def test_a_transaction_waits_through_missed_slots(bench):
    b = bench("pos", missed_slot_probability=0.7)
    b.send("a", at_s=1)
    b.env.run(until=2000)
    blocks = b.ledger.blocks()
    (row,) = np.flatnonzero(blocks.transactions)
    assert row > 0
    assert blocks.missed[:row].all()
    assert not blocks.missed[row]
    assert (blocks.final_at_ms[blocks.missed] == -1).all()
    assert b.executed.calls == [(row + 1, 12 * (row + 1), ("a",))]


def test_all_of_an_epoch_becomes_final_together_in_order(bench):
    b = bench("pos", missed_slot_probability=0.0)
    b.send("a", at_s=30)
    b.send("b", at_s=300)
    b.env.run(until=1152)
    assert not any(isinstance(e, Final) for e in b.ledger.drain_events())
    b.env.run(until=1153)
    assert [(e.tx_hash, e.at_ms) for e in b.ledger.drain_events()] == [
        ("a", 1_152_000),
        ("b", 1_152_000),
    ]
