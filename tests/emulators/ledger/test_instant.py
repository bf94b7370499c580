"""The ledger that costs no time."""

from emulators.ledger.base import Final, Included


def test_a_transaction_is_included_and_final_the_moment_it_is_sent(bench):
    b = bench("instant", initial_s=-60)
    b.send("a", at_s=20)
    b.env.run(until=900)
    assert b.ledger.drain_events() == [Included("a", 1, 20, 20_000), Final("a", 1, 20_000)]


def test_what_is_sent_at_one_instant_shares_a_block(bench):
    b = bench("instant")
    b.send("a")
    b.send("b")
    b.env.run(until=1)
    assert b.executed.calls == [(1, 0, ("a", "b"))]


def test_what_does_not_fit_takes_the_next_second_as_its_block_time(bench):
    b = bench("instant", block_gas_limit=100_000)
    b.send("a")
    b.send("b")
    b.env.run(until=1)
    assert b.executed.calls == [(1, 0, ("a",)), (2, 1, ("b",))]


def test_the_block_time_of_a_fraction_of_a_second_is_the_next_whole_one(bench):
    b = bench("instant", network_delay_ms=300)
    b.send("a", at_s=7)
    b.env.run(until=9)
    assert b.executed.calls == [(1, 8, ("a",))]


def test_the_deadline_is_delivery_itself(bench):
    assert bench("instant").ledger.commit_deadline_s(900) == 900
