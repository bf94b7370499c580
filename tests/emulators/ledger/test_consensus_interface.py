"""What holds for every consensus of the catalogue."""

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.ledger.base import Final, Included, Outcome, Submission
from emulators.ledger.catalogue import load_catalogue, open_consensus
from twin.errors import LedgerError

NAMES = sorted(load_catalogue())
LIMIT = 1_000_000


def _run(name, arrivals, seed=3, ask_every_s=None, until_s=3000):
    """Send (at_s, gas) to a ledger, optionally looking at its blocks all the time."""
    env = simpy.Environment(initial_time=-600)
    calls = []

    def execute(height, block_time_s, transactions):
        calls.append((height, block_time_s, [t.tx_hash for t in transactions]))
        return [Outcome(1, t.gas_limit // 2) for t in transactions]

    ledger = open_consensus(name, env, seed, execute, LIMIT)
    for i, (at_s, gas) in enumerate(arrivals):
        ledger.submit(Submission(f"{i:04d}", b"", gas, "commit"), at_s)
    events = []
    for t in range(-600 + 1, until_s, ask_every_s or 10**9):
        env.run(until=t)
        ledger.blocks()
        events += ledger.drain_events()
    env.run(until=until_s)
    return ledger.blocks(), events + ledger.drain_events(), calls


ARRIVALS = st.lists(st.tuples(st.integers(-600, 1200), st.integers(21_000, LIMIT)), max_size=25)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(arrivals=ARRIVALS)
def test_every_transaction_is_included_once_and_then_final_once(name, arrivals):
    _, events, _ = _run(name, arrivals)
    included = {e.tx_hash: e for e in events if isinstance(e, Included)}
    final = {e.tx_hash: e for e in events if isinstance(e, Final)}
    assert len(events) == 2 * len(arrivals) == 2 * len(included) == 2 * len(final)
    for tx_hash, event in included.items():
        at_s = arrivals[int(tx_hash)][0]
        assert at_s * 1000 <= event.at_ms <= final[tx_hash].at_ms
        assert final[tx_hash].height == event.height


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(arrivals=ARRIVALS)
def test_transactions_keep_their_order_and_blocks_their_gas_limit(name, arrivals):
    blocks, _, calls = _run(name, arrivals)
    executed = [tx for _, _, hashes in calls for tx in hashes]
    assert executed == [f"{i:04d}" for i in np.argsort([a for a, _ in arrivals], kind="stable")]
    for _, _, hashes in calls:
        assert sum(arrivals[int(tx)][1] for tx in hashes) <= LIMIT
    assert blocks.transactions.sum() == len(arrivals)
    assert blocks.gas_used.sum() == sum(gas // 2 for _, gas in arrivals)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(arrivals=ARRIVALS)
def test_stepping_through_idle_slots_gives_the_same_ledger_as_writing_them_down_at_once(
    name, arrivals
):
    at_once, events, calls = _run(name, arrivals)
    stepwise, stepwise_events, stepwise_calls = _run(name, arrivals, ask_every_s=4)
    for column in at_once.__slots__:
        np.testing.assert_array_equal(getattr(at_once, column), getattr(stepwise, column))
    assert events == stepwise_events
    assert calls == stepwise_calls


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(arrivals=ARRIVALS)
def test_heights_are_consecutive_and_block_times_strictly_increasing(name, arrivals):
    blocks, _, _ = _run(name, arrivals)
    np.testing.assert_array_equal(blocks.height, np.arange(1, len(blocks.height) + 1))
    assert np.all(np.diff(blocks.block_time_s) > 0)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(arrivals=ARRIVALS, delivery_start_s=st.integers(0, 2500))
def test_a_transaction_is_final_by_delivery_exactly_when_its_block_meets_the_deadline(
    name, arrivals, delivery_start_s
):
    env = simpy.Environment()
    ledger = open_consensus(name, env, 0, lambda *_: [], LIMIT)
    deadline_s = ledger.commit_deadline_s(delivery_start_s)
    blocks, _, _ = _run(name, arrivals)
    made = ~blocks.missed & (blocks.final_at_ms >= 0)
    in_time = blocks.final_at_ms[made] <= delivery_start_s * 1000
    np.testing.assert_array_equal(in_time, blocks.block_time_s[made] <= deadline_s)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_ledger(name):
    arrivals = [(t, 400_000) for t in range(-500, 3000, 37)]
    first, second = (_run(name, arrivals)[1] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("name", NAMES)
def test_a_transaction_that_no_block_can_hold_is_refused_with_the_key_to_change(name):
    ledger = open_consensus(name, simpy.Environment(), 0, lambda *_: [], LIMIT)
    with pytest.raises(LedgerError, match=r"ledger\.block_gas_limit"):
        ledger.submit(Submission("0xab", b"", LIMIT + 1, "commit"))


@pytest.mark.parametrize("name", NAMES)
def test_an_executor_that_loses_an_outcome_is_an_error(name):
    env = simpy.Environment()
    ledger = open_consensus(name, env, 0, lambda *_: [], LIMIT)
    ledger.submit(Submission("0xab", b"", LIMIT, "commit"))
    with pytest.raises(LedgerError, match="outcomes"):
        env.run(until=100)


def test_a_transaction_sent_later_with_an_earlier_time_goes_first(bench):
    b = bench("poa")
    b.send("late", at_s=100)
    b.env.run(until=1)
    b.send("soon", at_s=11)
    b.env.run(until=200)
    assert b.executed.calls == [(3, 15, ("soon",)), (21, 105, ("late",))]


def test_events_are_handed_out_once(bench):
    b = bench("instant")
    b.send("a")
    b.env.run(until=5)
    assert len(b.ledger.drain_events()) == 2
    assert b.ledger.drain_events() == []
