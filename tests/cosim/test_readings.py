"""Which readings a settlement may use, and when."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cosim.clock import Clock
from cosim.matching import Matching
from cosim.neighbourhood import Neighbourhood
from cosim.readings import SlotReadings, close_correction_window, readings_at, ready_to_settle
from cosim.slot_book import Commit, SlotBook
from twin.bidding import Orders
from twin.scenario import Scenario
from twin.settlement import Agreements, StabilityRates
from twin.state import Quality, TwinState

SLOT, SLOT_S = 2, 3600
END_S = (SLOT + 1) * SLOT_S
NOTHING = np.zeros(0, np.int64)


def agreements(pairs: list[tuple[int, int]], quantity_wh: int = 100) -> Agreements:
    """One agreement for each pair of seller and buyer."""
    k = len(pairs)
    seller, buyer = np.array(pairs, np.int64).reshape(-1, 2).T
    columns: dict[str, Any] = {
        name: np.zeros(k, np.int64) for name in Agreements.__dataclass_fields__
    }
    return Agreements(
        **columns
        | {"seller": seller, "buyer": buyer, "quantity_wh": np.full(k, quantity_wh, np.int64)}
    )


def book_of(pairs: list[tuple[int, int]], n: int) -> SlotBook:
    zeros = np.zeros(n, np.int64)
    orders = Orders(NOTHING, NOTHING.astype(bool), NOTHING, NOTHING, NOTHING, NOTHING)
    book = SlotBook(
        SLOT,
        Matching(n, zeros, zeros, orders, 0, [], NOTHING, agreements(pairs), StabilityRates(1, 1)),
        0,
    )
    book.commits = [Commit("0x01", np.arange(len(pairs)), succeeded=True)]
    return book


@pytest.fixture
def state(place: Neighbourhood) -> TwinState:
    """Every meter draws 100 Wh an hour; of meter 1 the end of the slot never arrives."""
    meters = len(place.meter_ids)
    state = TwinState(meters, 6, SLOT_S)
    for boundary in range(5):
        heard = np.array([m for m in range(meters) if (boundary, m) != (SLOT + 1, 1)])
        k = len(heard)
        state.record(
            np.full(k, boundary),
            heard,
            np.full(k, 100 * boundary),
            np.zeros(k, np.int64),
            np.full(k, boundary * SLOT_S * 1000 + 500),
        )
    return state


class TestReadingsAt:
    def test_what_arrived_is_measured(self, state: TwinState) -> None:
        read = readings_at(state, book_of([(0, 2)], 12), END_S + 1, 12, adverse=False)
        assert read.net_wh[0] == 100
        assert read.quality[0] == Quality.MEASURED

    def test_what_did_not_is_missing_and_no_estimate_stands_for_it(self, state: TwinState) -> None:
        read = readings_at(state, book_of([(0, 2)], 12), END_S + 1, 12, adverse=False)
        assert (read.net_wh[1], read.quality[1]) == (0, Quality.MISSING)
        assert not read.known[1]

    def test_nothing_counts_before_it_arrived(self, state: TwinState) -> None:
        read = readings_at(state, book_of([(0, 2)], 12), END_S, 12, adverse=False)
        assert not read.known.any()

    def test_buildings_are_no_party(self, state: TwinState) -> None:
        assert len(readings_at(state, book_of([(0, 2)], 12), END_S, 12, False).net_wh) == 12

    def test_a_substitute_counts_once_it_is_fixed(
        self, state: TwinState, place: Neighbourhood
    ) -> None:
        close_correction_window(SLOT, END_S + 7200, state, place)
        read = readings_at(state, book_of([(0, 2)], 12), END_S + 7200, 12, adverse=False)
        assert read.quality[1] == Quality.SUBSTITUTED
        assert read.known.all()

    @pytest.mark.parametrize(
        ("pair", "worst_wh"), [((1, 0), 0), ((0, 1), 0), ((2, 3), None)], ids=["sells", "buys", ""]
    )
    def test_an_adverse_substitute_is_as_if_nothing_was_kept(
        self, state: TwinState, place: Neighbourhood, pair: tuple[int, int], worst_wh: int | None
    ) -> None:
        close_correction_window(SLOT, END_S + 7200, state, place)
        mild, harsh = (
            readings_at(state, book_of([pair], 12), END_S + 7200, 12, adverse).net_wh
            for adverse in (False, True)
        )
        assert harsh[1] == (mild[1] if worst_wh is None else worst_wh)
        assert (np.delete(harsh, 1) == np.delete(mild, 1)).all()


class TestReadyToSettle:
    CLOCK = Clock(slot_s=SLOT_S, lead_s=3600, slots=6, reading_wait_s=7200, run_out_s=0)

    def ready(
        self, scenario: Scenario, known: list[int], t: int, book: SlotBook | None = None
    ) -> list[bool]:
        quality = np.full(4, Quality.MISSING, np.int8)
        quality[known] = Quality.MEASURED
        readings = SlotReadings(np.zeros(4, np.int64), quality)
        book = book or book_of([(0, 1), (2, 3)], 4)
        return ready_to_settle(book, readings, t, self.CLOCK, scenario).tolist()

    def test_all_at_once_when_all_readings_are_in(self, scenario: Scenario) -> None:
        assert self.ready(scenario, [0, 1, 2, 3], END_S) == [True, True]

    def test_none_while_one_may_still_come(self, scenario: Scenario) -> None:
        assert self.ready(scenario, [0, 1, 2], END_S) == [False, False]

    def test_who_has_no_agreement_is_not_waited_for(self, scenario: Scenario) -> None:
        assert self.ready(scenario, [0, 1], END_S, book_of([(0, 1)], 4)) == [True]

    def test_after_the_wait_those_that_are_known(self, scenario: Scenario) -> None:
        wait = scenario.reading_wait_s
        assert self.ready(scenario, [0, 1, 2], END_S + wait - 1) == [False, False]
        assert self.ready(scenario, [0, 1, 2], END_S + wait) == [True, False]

    def test_what_is_settled_is_not_settled_again(self, scenario: Scenario) -> None:
        book = book_of([(0, 1), (2, 3)], 4)
        book.settled = np.array([True, False])
        late = END_S + scenario.reading_wait_s
        assert self.ready(scenario, [0, 1, 2, 3], late, book) == [False, True]

    def test_what_does_not_stand_is_not_settled(self, scenario: Scenario) -> None:
        book = book_of([(0, 1), (2, 3)], 4)
        book.commits = [
            Commit("0x01", np.array([0]), succeeded=True),
            Commit("0x02", np.array([1]), succeeded=False),
        ]
        assert self.ready(scenario, [0, 1], END_S, book) == [True, False]


class TestCorrectionWindow:
    def test_all_known_needs_no_substitute(self, state: TwinState, place: Neighbourhood) -> None:
        close_correction_window(0, END_S + 7200, state, place)
        _, quality = state.estimate(0, (END_S + 7200) * 1000)
        assert (quality == Quality.MEASURED).all()

    def test_a_substitute_shares_what_the_counters_around_say(
        self, state: TwinState, place: Neighbourhood
    ) -> None:
        t = (SLOT + 2) * SLOT_S + 7200
        detached = replace(place, fleet=replace(place.fleet, building=np.full(12, -1)))
        close_correction_window(SLOT, t, state, detached)
        close_correction_window(SLOT + 1, t, state, detached)
        total = sum(int(state.estimate(slot, t * 1000)[0][1]) for slot in (SLOT, SLOT + 1))
        assert total == 200

    def test_a_flats_substitute_is_held_to_the_buildings_meter(
        self, state: TwinState, place: Neighbourhood
    ) -> None:
        n = place.participants
        fleet = replace(place.fleet, building=np.where(np.arange(n) == 1, 0, -1))
        close_correction_window(SLOT, END_S + 7200, state, replace(place, fleet=fleet))
        # The building's meter says 100 Wh, and this is its only flat.
        assert state.estimate(SLOT, (END_S + 7200) * 1000)[0][1] == 100
