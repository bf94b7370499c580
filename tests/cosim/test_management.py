"""Management makes contracts at the gate and settles them when the readings are in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cosim.accounts import CommitEffect, SettleEffect, escrow_neur
from cosim.management import Management
from cosim.submission import Dispatch, Finality, Inclusion
from emulators.batteries.set_point import battery_keys, decode_set_point
from emulators.links.transfer import Delivery, Direction
from emulators.meters.frame import CounterFrame, encode_frame, meter_keys

SEED, HOUR_S = 1, 3600
NOON = 12
GATE_S = (NOON - 1) * HOUR_S
START_S, END_S = NOON * HOUR_S, (NOON + 1) * HOUR_S
MIDNIGHT = 1
CLEARING_S = 20


@pytest.fixture
def management(assembled: Callable[..., Any]) -> Management:
    return assembled(market__correction_window_s=86_400).management


def step(management: Management, t: int, **inputs: Any) -> dict[str, Any]:
    return management.step(t, {"readings": [], "events": [], **inputs})


def commit_of(management: Management) -> Dispatch:
    (commit,) = step(management, GATE_S)["submissions"]
    return commit


def heard(management: Management, commit: Dispatch, succeeded: bool = True) -> None:
    step(management, GATE_S + 60, events=[Inclusion(commit.tx_hash, succeeded, GATE_S + 25)])


def settlements(management: Management, t: int) -> list[Any]:
    """What is sent to settle at `t`; the gates of later slots go on closing beside it."""
    sent = step(management, t)["submissions"]
    return [dispatch for dispatch in sent if dispatch.signed.kind == "settle"]


def measure(management: Management, t: int, without: int | None = None) -> None:
    """Counters at both ends of the slot arrive by `t`, as after a slot of the status quo."""
    meters = len(management.neighbourhood.meter_ids)
    net = management.neighbourhood.status_quo_wh[NOON]
    who = np.array([m for m in range(meters) if m != without])
    for boundary, counter in ((NOON, np.zeros(meters, np.int64)), (NOON + 1, net)):
        management.state.record(
            np.full(len(who), boundary),
            who,
            np.maximum(counter, 0)[who],
            np.maximum(-counter, 0)[who],
            np.full(len(who), t * 1000),
        )


class TestGate:
    def test_matches_become_a_signed_commit_after_clearing(self, management: Management) -> None:
        commit = commit_of(management)
        assert commit.signed.kind == "commit"
        assert commit.submit_at_s == GATE_S + CLEARING_S
        assert isinstance(commit.effect, CommitEffect)
        assert len(commit.effect.agreements) > 0

    def test_every_battery_is_sent_what_its_household_committed_to(
        self, management: Management
    ) -> None:
        out = step(management, GATE_S)
        keys = battery_keys(SEED, 12)
        told = [decode_set_point(message.payload, keys) for message in out["set_points_out"]]
        batteries = np.flatnonzero(management.neighbourhood.batteries.capacity_mwh)
        assert [each.battery for each in told] == batteries.tolist()
        committed = management.books[NOON].signed_net_wh
        assert [each.target_net_wh for each in told] == committed[batteries].tolist()
        assert committed[batteries].any()

    def test_set_points_leave_with_the_commit(self, management: Management) -> None:
        messages = step(management, GATE_S)["set_points_out"]
        assert {message.send_at_s for message in messages} == {GATE_S + CLEARING_S}

    def test_escrow_is_no_longer_available(self, management: Management) -> None:
        before = management.available_neur
        commit = commit_of(management)
        escrow = escrow_neur(commit.effect.agreements, 12)  # type: ignore[union-attr]
        assert (management.available_neur == before - escrow).all()

    def test_without_a_match_nothing_is_sent(self, management: Management) -> None:
        out = step(management, (MIDNIGHT - 1) * HOUR_S)
        assert not out["submissions"]
        assert len(management.books[MIDNIGHT].agreements) == 0

    def test_orders_are_recorded_with_when_they_left(self, management: Management) -> None:
        rows = step(management, GATE_S)["rows"]["order"]
        assert set(rows["submitted_at_s"]) == {GATE_S - 2}
        assert len(set(rows["participant"].tolist())) == len(rows["participant"])

    @pytest.mark.parametrize("deadline_s", [None, GATE_S, GATE_S + CLEARING_S - 1])
    def test_what_no_block_makes_final_in_time_is_not_sent(
        self, management: Management, deadline_s: int | None
    ) -> None:
        management = replace(management, commit_deadline=lambda start_s: deadline_s)
        before = management.available_neur
        out = step(management, GATE_S)
        book = management.books[NOON]
        assert len(book.agreements) > 0
        assert (out["submissions"], book.commits, book.committed.any()) == ([], [], False)
        assert (management.available_neur == before).all()

    def test_batteries_serve_self_consumption_where_nothing_is_sent(
        self, management: Management
    ) -> None:
        management = replace(management, commit_deadline=lambda start_s: None)
        keys = battery_keys(SEED, 12)
        for message in step(management, GATE_S)["set_points_out"]:
            assert decode_set_point(message.payload, keys).target_net_wh == 0

    def test_a_deadline_at_the_time_of_sending_is_still_in_time(
        self, management: Management
    ) -> None:
        management = replace(management, commit_deadline=lambda start_s: GATE_S + CLEARING_S)
        assert len(step(management, GATE_S)["submissions"]) == 1


class TestLedgerEvents:
    def test_an_included_commit_stands(self, management: Management) -> None:
        heard(management, commit_of(management))
        book = management.books[NOON]
        assert book.committed.all()
        assert book.commits[0].block_time_s == GATE_S + 25

    def test_a_refused_commit_gives_the_escrow_back(self, management: Management) -> None:
        before = management.available_neur
        heard(management, commit_of(management), succeeded=False)
        assert (management.available_neur == before).all()
        assert not management.books[NOON].committed.any()

    def test_finality_is_noted(self, management: Management) -> None:
        commit = commit_of(management)
        heard(management, commit)
        step(management, START_S, events=[Finality(commit.tx_hash, 123)])
        assert management.books[NOON].commits[0].final_at_ms == 123

    def test_transactions_of_the_set_up_concern_nobody(self, management: Management) -> None:
        step(management, GATE_S, events=[Inclusion("0xdeadbeef", True, 0)])


class TestSettlement:
    def test_is_sent_once_all_readings_are_in(self, management: Management) -> None:
        heard(management, commit_of(management))
        measure(management, END_S)
        (settle,) = settlements(management, END_S)
        assert (settle.signed.kind, settle.slot, settle.submit_at_s) == ("settle", NOON, END_S)
        assert isinstance(settle.effect, SettleEffect)
        assert len(settle.effect.agreements) == len(management.books[NOON].agreements)

    def test_is_not_sent_twice(self, management: Management) -> None:
        heard(management, commit_of(management))
        measure(management, END_S)
        step(management, END_S)
        assert not settlements(management, END_S + HOUR_S)

    def test_waits_for_a_reading_that_may_still_come(self, management: Management) -> None:
        heard(management, commit_of(management))
        missing = int(management.books[NOON].agreements.seller[0])
        measure(management, END_S, without=missing)
        assert not settlements(management, END_S)

    def test_goes_on_without_it_after_the_wait(self, management: Management) -> None:
        heard(management, commit_of(management))
        terms = management.books[NOON].agreements
        missing = int(terms.buyer[-1])
        measure(management, END_S, without=missing)
        late = END_S + management.scenario.reading_wait_s
        (settle,) = settlements(management, late)
        settled = settle.effect.agreements
        concerned = (terms.seller == missing) | (terms.buyer == missing)
        assert 0 < concerned.sum() < len(terms)
        assert len(settled) == (~concerned).sum()
        assert management.books[NOON].settled.tolist() == (~concerned).tolist()

    def test_what_was_held_back_is_settled_when_its_reading_comes(
        self, management: Management
    ) -> None:
        heard(management, commit_of(management))
        missing = int(management.books[NOON].agreements.buyer[-1])
        measure(management, END_S, without=missing)
        late = END_S + management.scenario.reading_wait_s
        step(management, late)
        measure(management, late + 10)
        (settle,) = settlements(management, late + HOUR_S)
        assert management.books[NOON].settled.all()
        assert [batch.tx_hash for batch in management.books[NOON].batches][1] == settle.tx_hash

    def test_never_of_what_is_not_committed(self, management: Management) -> None:
        commit_of(management)  # the ledger has not answered
        measure(management, END_S)
        assert not settlements(management, END_S)

    def test_never_of_what_was_refused(self, management: Management) -> None:
        heard(management, commit_of(management), succeeded=False)
        measure(management, END_S)
        assert not settlements(management, END_S)

    def test_what_is_paid_is_available_again(self, management: Management) -> None:
        heard(management, commit_of(management))
        measure(management, END_S)
        (settle,) = settlements(management, END_S)
        before = management.available_neur
        step(management, END_S + 60, events=[Inclusion(settle.tx_hash, True, END_S + 5)])
        terms, outcome = settle.effect.agreements, settle.effect.settlement
        gain = np.zeros(12, np.int64)
        np.add.at(gain, terms.seller, outcome.seller_paid_neur + outcome.seller_returned_neur)
        np.add.at(gain, terms.buyer, outcome.buyer_returned_neur)
        assert gain.any()
        assert (management.available_neur - before == gain).all()
        assert management.books[NOON].batches[0].settled_at_s == END_S + 5


class TestReadings:
    METER = 3

    def frame(self, boundary: int, import_wh: int, received_at_ms: int) -> Delivery:
        key = meter_keys(SEED, 13)[self.METER]
        frame = CounterFrame(self.METER, boundary, boundary * HOUR_S, import_wh, 0)
        payload = encode_frame(frame, key)
        return Delivery(received_at_ms, Direction.UPLINK, self.METER, boundary, 1, payload)

    def known(self, management: Management, slot: int, t: int) -> bool:
        return bool(management.state.net_known_by(slot, t * 1000)[1][self.METER])

    def test_frames_become_positions(self, management: Management) -> None:
        frames = [self.frame(1, 100, HOUR_S * 1000), self.frame(2, 350, 2 * HOUR_S * 1000)]
        step(management, 2 * HOUR_S, readings=frames)
        assert management.state.net_known_by(1, 2 * HOUR_S * 1000)[0][self.METER] == 250
        assert self.known(management, 1, 2 * HOUR_S)

    def test_a_forged_frame_is_counted_and_tells_nothing(self, management: Management) -> None:
        forged = self.frame(2, 350, 7_200_000)
        forged = forged._replace(payload=forged.payload[:-1] + b"\0")
        frames = [self.frame(1, 100, 3_600_000), forged]
        step(management, 2 * HOUR_S, readings=frames)
        assert not self.known(management, 1, 2 * HOUR_S)
        assert management.head_end.counts.forged == 1

    def test_a_copy_of_a_frame_tells_nothing_new(self, management: Management) -> None:
        frame = self.frame(1, 100, 3_600_000)
        step(management, 2 * HOUR_S, readings=[frame, frame])
        assert management.head_end.counts.replayed == 1


def test_the_twins_view_is_written_down_a_slot_later(management: Management) -> None:
    rows = step(management, 2 * HOUR_S)["rows"]
    assert set(rows["meter.estimate"]["slot"]) == {0}
    assert (rows["meter.estimate"]["age_of_information_s"] > 0).all()


def test_a_closed_correction_window_makes_every_position_final(management: Management) -> None:
    step(management, -HOUR_S)
    rows = step(management, HOUR_S + 86_400)["rows"]
    known = rows["meter.known"]
    assert set(known["slot"]) == {0}
    assert len(known["meter"]) == len(management.neighbourhood.meter_ids)
    assert management.closed_slots == 1
