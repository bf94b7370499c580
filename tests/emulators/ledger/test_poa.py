"""Proof of authority."""

import time

import numpy as np

from emulators.ledger.base import Final, Included


def test_blocks_stand_every_period_and_signers_take_turns(bench):
    b = bench("poa", initial_s=-7, signers=3, period_s=5)
    b.env.run(until=21)
    blocks = b.ledger.blocks()
    np.testing.assert_array_equal(blocks.block_time_s, [-5, 0, 5, 10, 15, 20])
    np.testing.assert_array_equal(np.diff(blocks.proposer) % 3, 1)
    assert not blocks.missed.any()


def test_inclusion_is_final(bench):
    b = bench("poa")
    b.send("a", at_s=21)
    b.env.run(until=30)
    assert b.ledger.drain_events() == [Included("a", 5, 25, 25_000), Final("a", 5, 25_000)]
    np.testing.assert_array_equal(b.ledger.blocks().final_at_ms, [5000, 10000, 15000, 20000, 25000])


def test_a_transaction_still_on_its_way_misses_the_block(bench):
    b = bench("poa", network_delay_ms=200)
    b.send("a", at_s=25)
    b.env.run(until=40)
    assert b.executed.calls == [(6, 30, ("a",))]


def test_a_full_block_leaves_the_rest_waiting_in_order(bench):
    b = bench("poa", block_gas_limit=250_000)
    for i in range(5):
        b.send(str(i))
    b.env.run(until=12)
    assert [hashes for _, _, hashes in b.executed.calls] == [("0", "1"), ("2", "3")]
    assert b.ledger.waiting == 1


def test_a_large_transaction_at_the_head_holds_up_the_small_ones_behind_it(bench):
    b = bench("poa", block_gas_limit=250_000)
    b.send("first", gas_limit=200_000)
    b.send("large", gas_limit=200_000)
    b.send("small", gas_limit=20_000)
    b.env.run(until=12)
    assert [hashes for _, _, hashes in b.executed.calls] == [("first",), ("large", "small")]


def test_the_deadline_is_the_last_block_up_to_delivery(bench):
    ledger = bench("poa").ledger
    assert ledger.commit_deadline_s(900) == 900
    assert ledger.commit_deadline_s(904) == 900


def test_a_day_with_two_hundred_transactions_costs_little(bench):
    b = bench("poa", initial_s=-1800)
    for slot in range(96):
        b.send(f"c{slot}", at_s=slot * 900 - 880)
        b.send(f"s{slot}", at_s=slot * 900 + 2700)
    begun = time.process_time()
    b.env.run(until=86_400 + 7200)
    assert len(b.ledger.blocks().height) > 17_280
    assert time.process_time() - begun < 0.3
