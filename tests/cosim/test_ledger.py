"""Transactions wait for blocks, run on a real EVM, and move the reference books along."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cosim.accounts import CommitEffect
from cosim.ledger import LedgerLayer
from cosim.parts import Parts
from cosim.submission import Dispatch, Finality, Inclusion
from emulators.chain.transactions import Sender
from emulators.ledger.catalogue import ledger_entry
from emulators.ledger.poa import PoaParameters
from twin.errors import ChainError, LedgerError, SettlementMismatchError

HOUR_S, NOON = 3600, 12
GATE_S = (NOON - 1) * HOUR_S
START_S = NOON * HOUR_S
N = 12


def next_block_s(arrived_s: int) -> int:
    """Time of the block of a proof of authority that takes what is sent then, a moment later."""
    parameters = ledger_entry("poa").model_parameters
    assert isinstance(parameters, PoaParameters)
    genesis_s, period_s = parameters.genesis_s, parameters.period_s
    return genesis_s + ((arrived_s - genesis_s) // period_s + 1) * period_s


AFTER_CLEARING_S = next_block_s(GATE_S + 20)


@pytest.fixture
def parts(assembled: Callable[..., Any]) -> Parts:
    return assembled(market__correction_window_s=86_400)


def set_up(ledger: LedgerLayer) -> list[Any]:
    """The first step, in which the contracts are deployed and deposits made."""
    return ledger.step(-ledger.clock.prelude_s, {})["events"]


def commit(parts: Parts) -> Dispatch:
    out = parts.management.step(GATE_S, {"readings": [], "events": []})
    (dispatch,) = out["submissions"]
    return dispatch


def submit(ledger: LedgerLayer, *dispatches: Dispatch, t: int = GATE_S) -> list[Any]:
    return ledger.step(t, {"submissions": list(dispatches)})["events"]


class TestSetUp:
    def test_is_included_and_final(self, parts: Parts) -> None:
        events = set_up(parts.ledger)
        assert len(events) == 2 * len(parts.ledger.setup)
        assert all(event.succeeded for event in events if isinstance(event, Inclusion))

    def test_ends_with_the_deposits_that_the_books_begin_with(self, parts: Parts) -> None:
        ledger = parts.ledger
        set_up(ledger)
        free, locked = ledger.balances(ledger.node)
        ledger.accounts.check(free, locked, "Set-up")
        assert free[:N].tolist() == [parts.scenario.market.deposit_neur] * N

    def test_is_no_fee_of_the_market(self, parts: Parts) -> None:
        set_up(parts.ledger)
        assert parts.ledger.market_fee_neur == 0

    def test_happens_once(self, parts: Parts) -> None:
        set_up(parts.ledger)
        assert submit(parts.ledger, t=0) == []


class TestCommit:
    def test_is_included_after_it_was_sent_and_final(self, parts: Parts) -> None:
        set_up(parts.ledger)
        dispatch = commit(parts)
        included, final = submit(parts.ledger, dispatch)
        assert included == Inclusion(dispatch.tx_hash, True, AFTER_CLEARING_S)
        assert final == Finality(dispatch.tx_hash, (AFTER_CLEARING_S) * 1000)

    def test_moves_the_books_and_the_chain_alike(self, parts: Parts) -> None:
        ledger = parts.ledger
        set_up(ledger)
        submit(ledger, commit(parts))
        free, locked = ledger.balances(ledger.node)
        assert locked.sum() > 0
        ledger.accounts.check(free, locked, "Commit")

    def test_after_its_deadline_is_refused_and_escrows_nothing(self, parts: Parts) -> None:
        ledger = parts.ledger
        set_up(ledger)
        late = replace(commit(parts), submit_at_s=START_S)
        (included, _) = submit(ledger, late, t=START_S)
        assert included == Inclusion(late.tx_hash, False, next_block_s(START_S))
        assert not ledger.balances(ledger.node)[1].any()
        assert not ledger.accounts.locked_neur.any()

    def test_costs_its_gas_even_where_it_is_refused(self, parts: Parts) -> None:
        ledger = parts.ledger
        set_up(ledger)
        late = replace(commit(parts), submit_at_s=START_S)
        submit(ledger, late, t=START_S)
        receipt = ledger.records[late.tx_hash].receipt
        assert receipt is not None
        assert ledger.market_fee_neur == receipt.gas_used * ledger.fee_neur_per_gas > 0

    def test_too_big_for_any_block_says_what_to_do(self, assembled: Callable[..., Any]) -> None:
        parts = assembled(market__correction_window_s=86_400)
        set_up(parts.ledger)
        dispatch = commit(parts)
        huge = replace(dispatch, signed=replace(dispatch.signed, gas_limit=10**9))
        with pytest.raises(LedgerError, match=r"ledger\.block_gas_limit"):
            submit(parts.ledger, huge)


class TestDisagreement:
    def test_a_refused_transaction_that_is_no_commit_ends_the_run(self, parts: Parts) -> None:
        set_up(parts.ledger)
        stranger = Sender("governor", parts.client.actors.operators["governor"])
        stranger.nonce = parts.client.actors.senders["governor"].nonce
        data = bytes.fromhex("deadbeef")
        signed = stranger.send("mischief", parts.client.contracts.market, data, 100_000)
        with pytest.raises(ChainError, match="The mischief transaction for slot 3 was refused"):
            submit(parts.ledger, Dispatch(signed, signed.tx_hash, 3, GATE_S))

    def test_books_that_missed_a_commit_are_found_out_at_the_settlement(self, parts: Parts) -> None:
        ledger, management = parts.ledger, parts.management
        set_up(ledger)
        dispatch = commit(parts)
        forgotten = CommitEffect(dispatch.effect.agreements.take(np.zeros(0, np.int64)), 0)
        events = submit(ledger, replace(dispatch, effect=forgotten))
        management.step(GATE_S + 60, {"readings": [], "events": events})
        meters = np.arange(len(parts.neighbourhood.meter_ids))
        for boundary in (NOON, NOON + 1):
            management.state.record(
                np.full(len(meters), boundary), meters, 0 * meters, 0 * meters, 0 * meters
            )
        out = management.step(START_S + HOUR_S, {"readings": [], "events": []})
        with pytest.raises(SettlementMismatchError, match=r"balance of H.. on chain"):
            submit(ledger, *out["submissions"], t=START_S + HOUR_S)


class TestRows:
    def test_transactions_are_in_order_of_execution(self, parts: Parts) -> None:
        set_up(parts.ledger)
        dispatch = commit(parts)
        submit(parts.ledger, dispatch)
        rows = parts.ledger.rows()["transaction"]
        assert rows["position"] == list(range(len(parts.ledger.setup) + 1))
        assert rows["tx_hash"][-1] == dispatch.tx_hash
        assert rows["slot"][-1] == NOON
        assert rows["evm_time_s"][-1] == parts.ledger.epoch_unix_s + AFTER_CLEARING_S

    def test_a_refusal_has_its_name(self, parts: Parts) -> None:
        set_up(parts.ledger)
        submit(parts.ledger, replace(commit(parts), submit_at_s=START_S), t=START_S)
        rows = parts.ledger.rows()["transaction"]
        assert (rows["status"][-1], rows["error"][-1]) == (0, "CommitDeadlinePassed")
        assert set(rows["error"][:-1]) == {None}

    def test_blocks_end_with_the_last_that_anything_waits_for(self, parts: Parts) -> None:
        set_up(parts.ledger)
        submit(parts.ledger, commit(parts))
        rows = parts.ledger.rows()["block"]
        assert rows["block_time_s"][-1] == AFTER_CLEARING_S
        assert (np.diff(rows["block_time_s"]) == 5).all()
        assert rows["transactions"].sum() == len(parts.ledger.setup) + 1
