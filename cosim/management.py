"""Management layer: knows only what the links delivered, runs the auction house, settles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from cosim.accounts import escrow_neur
from cosim.clock import Clock
from cosim.contracting import Contracting
from cosim.gate import Gate
from cosim.layer import joined
from cosim.market_rows import estimate_rows, known_rows, order_rows
from cosim.matching import Matching
from cosim.neighbourhood import Neighbourhood
from cosim.readings import (
    SlotReadings,
    close_correction_window,
    readings_at,
    ready_to_settle,
)
from cosim.slot_book import Batch, Commit, SlotBook
from cosim.submission import Dispatch, Finality, Inclusion, LedgerEvent, Undone
from cosim.transmission import Downlink
from emulators.batteries.set_point import SetPoint, battery_keys, encode_set_point
from emulators.links.transfer import Delivery
from emulators.meters.head_end import HeadEnd
from twin.errors import FrameError
from twin.scenario import Scenario
from twin.settlement import settle
from twin.state import TwinState
from twin.units import BoolArray, IntArray


@dataclass
class Management:
    """The head-end's readings become the twin's state; gates close, contracts are made and
    settled."""

    name: ClassVar[str] = "management"
    inputs: ClassVar[tuple[str, ...]] = ("readings", "events")
    outputs: ClassVar[tuple[str, ...]] = ("submissions", "set_points_out", "rows")

    scenario: Scenario
    seed: int
    clock: Clock
    neighbourhood: Neighbourhood
    state: TwinState
    gate: Gate
    head_end: HeadEnd
    contracting: Contracting
    commit_deadline: Callable[[int], int | None]
    """Latest block time that is final by the start of delivery given, by the ledger's own rule."""
    available_neur: IntArray = field(init=False)
    """What each participant has free for further escrow, as far as management knows (n,) [n€]."""
    books: dict[int, SlotBook] = field(default_factory=dict)
    open_slots: dict[int, SlotBook] = field(default_factory=dict)
    estimate_wh: IntArray = field(init=False)
    """(slots, meters) the twin's view of each slot one slot after its end."""
    age_s: IntArray = field(init=False)
    """(slots, meters) age of information at the same instant."""
    final_net_wh: IntArray = field(init=False)
    """(slots, meters) what was settled and billed on."""
    final_quality: NDArray[np.int8] = field(init=False)
    closed_slots: int = 0
    """How many slots' correction windows have closed."""
    _waiting_for: dict[str, SlotBook] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = self.neighbourhood.participants
        self.available_neur = np.full(n, self.scenario.market.deposit_neur, np.int64)
        shape = (self.clock.slots, len(self.neighbourhood.meter_ids))
        self.estimate_wh, self.age_s = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        self.final_net_wh = np.zeros(shape, np.int64)
        self.final_quality = np.zeros(shape, np.int8)
        self._battery_keys = battery_keys(self.seed, n)
        self._has_battery = np.flatnonzero(self.neighbourhood.batteries.capacity_mwh > 0)

    @property
    def devices(self) -> Sequence[str]:
        return ("auction-house", "dso", "lpd")

    def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        self._take_in_readings(inputs["readings"])
        self._take_in_events(inputs["events"])
        submissions: list[Dispatch] = []
        set_points: list[Downlink] = []
        rows: dict[str, Any] = {}
        if t % self.clock.slot_s == 0:
            self._close_correction_windows(t, rows)
            submissions += self._settle_open_slots(t)
            if (seen := self.clock.slot_ended_at(t - self.clock.slot_s)) is not None:
                self.estimate_wh[seen], _ = self.state.estimate(seen, t * 1000)
                self.age_s[seen] = self.state.age_s(t * 1000)
                rows["meter.estimate"] = estimate_rows(
                    seen, self.estimate_wh[seen], self.age_s[seen]
                )
        if (slot := self.clock.slot_closing_at(t)) is not None:
            matching = self.gate.close(slot, t, self.state, self.available_neur)
            book = self._contract(slot, t, matching, submissions)
            set_points = self._set_points(book, t)
            sent_at_s = t - self.scenario.market.order_delay_s
            rows["order"] = order_rows(matching, slot, sent_at_s)
        return {"submissions": submissions, "set_points_out": set_points, "rows": rows}

    def _take_in_readings(self, deliveries: Sequence[Delivery]) -> None:
        """Frames that the head-end accepts become counters of the twin's state."""
        accepted = []
        for delivery in deliveries:
            try:
                accepted.append(self.head_end.accept(delivery.payload, delivery.received_at_ms))
            except FrameError:
                continue  # Counted by the head-end, by kind.
        if accepted:
            columns = np.array(accepted, np.int64).T
            meter, boundary, _, received_at_ms, import_wh, export_wh = columns
            self.state.record(boundary, meter, import_wh, export_wh, received_at_ms)

    def _take_in_events(self, events: Sequence[LedgerEvent]) -> None:
        for event in events:
            book = self._waiting_for.get(event.tx_hash)
            if book is None:
                continue  # Set-up transactions: the ledger itself raises where one of them fails.
            if event.tx_hash in book.declared:
                taken = event.succeeded if isinstance(event, Inclusion) else None
                if not isinstance(event, Finality):
                    book.declared[event.tx_hash] = taken
            for commit in book.commits:
                if commit.tx_hash == event.tx_hash:
                    self._hear_of_commit(book, commit, event)
            for batch in book.batches:
                if batch.tx_hash == event.tx_hash:
                    self._hear_of_settlement(book, batch, event)

    def _hear_of_commit(self, book: SlotBook, commit: Commit, event: LedgerEvent) -> None:
        if isinstance(event, Inclusion):
            commit.succeeded = event.succeeded
            commit.block_time_s = event.block_time_s
            if not event.succeeded:
                self.available_neur = self.available_neur + self._escrow(book, commit.rows)
        elif isinstance(event, Finality):
            commit.final_at_ms = event.at_ms
        elif isinstance(event, Undone):
            commit.succeeded, commit.block_time_s, commit.final_at_ms = None, None, None

    def _hear_of_settlement(self, book: SlotBook, batch: Batch, event: LedgerEvent) -> None:
        if isinstance(event, Inclusion):
            batch.settled_at_s = event.block_time_s
            terms, paid = book.agreements.take(batch.rows), batch.settlement
            available = self.available_neur.copy()
            np.add.at(available, terms.seller, paid.seller_paid_neur + paid.seller_returned_neur)
            np.add.at(available, terms.buyer, paid.buyer_returned_neur)
            self.available_neur = available
        elif isinstance(event, Finality):
            batch.final_at_ms = event.at_ms

    def _escrow(self, book: SlotBook, rows: IntArray) -> IntArray:
        return escrow_neur(book.agreements.take(rows), self.neighbourhood.participants)

    def _contract(
        self, slot: int, t: int, matching: Matching, submissions: list[Dispatch]
    ) -> SlotBook:
        """Steps E and F: terms, everybody's signature, and the commit on its way to the ledger."""
        send_at_s = t + self.scenario.market.clearing_s
        deadline_s = self.commit_deadline(self.clock.start_s(slot))
        book = SlotBook(slot, matching, deadline_s)
        self.books[slot] = book
        if not len(book.agreements):
            return book
        if deadline_s is None or deadline_s < send_at_s:
            # No block could make it final in time: the auction house does not even send it.
            return book
        dispatches = self.contracting.commit(book, deadline_s, send_at_s)
        self._waiting_for |= dict.fromkeys(book.declared, book)
        for commit in book.commits:
            self._waiting_for[commit.tx_hash] = book
            self.available_neur = self.available_neur - self._escrow(book, commit.rows)
        self.open_slots[slot] = book
        submissions += dispatches
        return book

    def _set_points(self, book: SlotBook, t: int) -> list[Downlink]:
        """Each battery's target for the slot: what its household has committed to."""
        send_at_s = t + self.scenario.market.clearing_s
        target_wh = book.signed_net_wh
        return [
            Downlink(
                battery,
                book.slot,
                send_at_s,
                encode_set_point(
                    SetPoint(battery, book.slot, send_at_s, int(target_wh[battery])),
                    self._battery_keys[battery],
                ),
            )
            for battery in self._has_battery.tolist()
        ]

    def _settle_open_slots(self, t: int) -> list[Dispatch]:
        """At most one settlement per slot and slot length, of what can be settled by now."""
        sent: list[Dispatch] = []
        for slot, book in list(self.open_slots.items()):
            if not book.answered or t < self.clock.end_s(slot):
                continue
            sent += self.contracting.close(book, t)
            if book.settled[book.committed].all():
                del self.open_slots[slot]
                continue
            readings = self._readings(book, t)
            ready = ready_to_settle(book, readings, t, self.clock, self.scenario)
            if ready.any():
                sent += self._settle(book, readings, ready, t)
        return sent

    def _readings(self, book: SlotBook, t: int) -> SlotReadings:
        adverse = self.scenario.market.substitution == "adverse"
        return readings_at(self.state, book, t, self.neighbourhood.participants, adverse)

    def _settle(
        self, book: SlotBook, readings: SlotReadings, ready: BoolArray, t: int
    ) -> list[Dispatch]:
        among_standing = np.flatnonzero(ready[book.committed])
        outcome = settle(book.standing, readings.net_wh, book.rates).take(among_standing)
        rows = np.flatnonzero(ready)
        sent = []
        for dispatch, part in self.contracting.settle(book, readings, rows, outcome, t):
            book.batches.append(
                Batch(dispatch.tx_hash, rows[part], outcome.take(part), readings.quality)
            )
            self._waiting_for[dispatch.tx_hash] = book
            sent.append(dispatch)
        book.settled = book.settled | ready
        return sent

    def _close_correction_windows(self, t: int, rows: dict[str, Any]) -> None:
        """Of slots whose correction window has closed, all positions become final."""
        parts = []
        window_s = self.scenario.market.correction_window_s
        while (
            self.closed_slots < self.clock.slots
            and self.clock.end_s(self.closed_slots) + window_s <= t
        ):
            slot, book = self.closed_slots, self.books[self.closed_slots]
            close_correction_window(slot, t, self.state, self.neighbourhood)
            self.final_net_wh[slot], self.final_quality[slot] = self.state.estimate(slot, t * 1000)
            parts.append(
                known_rows(
                    book,
                    self.neighbourhood.padded(book.committed_net_wh),
                    self.final_net_wh[slot],
                    self._readings(book, t).net_wh,
                    self.final_quality[slot],
                    self.state.arrived_at_ms(slot),
                )
            )
            self.closed_slots += 1
        if parts:
            rows["meter.known"] = joined(parts)
