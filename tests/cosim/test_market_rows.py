"""What management knew and did, as rows of the results."""

import numpy as np
import pytest

from cosim.clock import Clock
from cosim.market_rows import agreement_rows, known_rows, order_rows
from cosim.matching import Matching
from cosim.neighbourhood import Neighbourhood
from cosim.slot_book import Batch, Commit, SlotBook
from twin.bidding import Orders
from twin.indicators import Outcome
from twin.settlement import Agreements, StabilityRates, settle
from twin.state import NEVER_MS, Quality

SLOT, N = 2, 12
CLOCK = Clock(slot_s=3600, lead_s=3600, slots=4, reading_wait_s=7200, run_out_s=0)
RATES = StabilityRates(100_000, 20_000)
TOLERANCE_WH = 10
ORDERS = Orders(
    participant=np.array([0, 1, 2]),
    is_buy=np.array([False, True, True]),
    quantity_wh=np.array([500, 300, 250]),
    limit_ueur_per_kwh=np.array([80_000, 190_000, 190_000]),
    wish_ueur_per_kwh=np.array([190_000, 80_000, 80_000]),
    origin=np.array([0, -1, -1]),
)
TERMS = Agreements(
    tier=np.array([1, 1]),
    seller=np.array([0, 0]),
    buyer=np.array([1, 2]),
    origin=np.array([0, 0]),
    quantity_wh=np.array([300, 200]),
    price_ueur_per_kwh=np.array([130_000, 130_000]),
    fee_ueur_per_kwh=np.array([2_000, 2_000]),
    seller_collateral_neur=np.array([45_000_000, 30_000_000]),
    buyer_collateral_neur=np.array([9_000_000, 6_000_000]),
)


@pytest.fixture
def book() -> SlotBook:
    zeros = np.zeros(N + 1, np.int64)
    cleared = np.array([500, 300, 200])
    signatures = [b"a" * 65, b"b" * 65, b"c" * 65]
    matching = Matching(N, zeros, zeros, ORDERS, 7200, signatures, cleared, TERMS, RATES)
    made = SlotBook(SLOT, matching, 7000)
    made.commits = [Commit("0xc", np.arange(2), True, 3625, 7_200_000)]
    return made


def settle_on(book: SlotBook, net_wh: list[int], rows: list[int]) -> None:
    net = np.array([*net_wh, *[0] * (N - len(net_wh))])
    outcome = settle(TERMS, net, RATES).take(np.array(rows))
    quality = np.full(N, Quality.MEASURED, np.int8)
    batch = Batch(f"0x{len(book.batches)}", np.array(rows), outcome, quality, 10_805, 10_805_000)
    book.batches.append(batch)


def rows_of(book: SlotBook, place: Neighbourhood) -> dict[str, np.ndarray]:
    return agreement_rows([book], place, CLOCK, TOLERANCE_WH)


def test_orders_come_with_what_was_matched_and_who_signed(book: SlotBook) -> None:
    rows = order_rows(book.matching, SLOT, 3598)
    assert rows["cleared_wh"].tolist() == [500, 300, 200]
    assert rows["side"].tolist() == [1, 0, 0]
    assert rows["signature"] == book.matching.signatures
    assert set(rows["submitted_at_s"]) == {3598}


def test_kept_and_compensated_are_told_apart_by_the_tolerance(
    book: SlotBook, place: Neighbourhood
) -> None:
    settle_on(book, [-500, 295, 150], [0, 1])
    rows = rows_of(book, place)
    assert rows["buyer_short_wh"].tolist() == [5, 50]
    assert rows["status"].tolist() == [Outcome.KEPT, Outcome.COMPENSATED]


def test_what_is_not_settled_is_held(book: SlotBook, place: Neighbourhood) -> None:
    settle_on(book, [-500, 300, 0], [0])
    rows = rows_of(book, place)
    assert rows["status"].tolist() == [Outcome.KEPT, Outcome.HELD]
    assert np.ma.getmaskarray(rows["seller_paid_neur"]).tolist() == [False, True]
    assert rows["settle_tx"] == ["0x0", None]


def test_settlements_are_numbered(book: SlotBook, place: Neighbourhood) -> None:
    settle_on(book, [-500, 300, 0], [1])
    settle_on(book, [-500, 300, 200], [0])
    assert rows_of(book, place)["batch"].tolist() == [1, 0]


def test_a_book_that_missed_the_gate_has_terms_and_no_outcome(
    book: SlotBook, place: Neighbourhood
) -> None:
    book.commits = [Commit("0xc", np.arange(2), False, 3625, 3_625_000)]
    rows = rows_of(book, place)
    assert rows["status"].tolist() == [Outcome.MISSED_THE_GATE] * 2
    assert rows["quantity_wh"].tolist() == [300, 200]
    assert rows["final_in_time"] == [None, None]
    assert np.ma.getmaskarray(rows["committed_at_s"]).all()
    assert np.ma.getmaskarray(rows["buyer_escrow_neur"]).all()


@pytest.mark.parametrize(("final_at_ms", "in_time"), [(7_200_000, True), (7_200_001, False)])
def test_final_in_time_means_when_the_slot_begins(
    book: SlotBook, place: Neighbourhood, final_at_ms: int, in_time: bool
) -> None:
    book.commits[0].final_at_ms = final_at_ms
    assert rows_of(book, place)["final_in_time"] == [in_time] * 2


def test_agreements_committed_one_by_one_have_a_commit_each(
    book: SlotBook, place: Neighbourhood
) -> None:
    book.commits = [
        Commit("0xa", np.array([0]), True, 3625, 3_625_000),
        Commit("0xb", np.array([1]), False, 3630, 3_630_000),
    ]
    rows = rows_of(book, place)
    assert rows["commit_tx"] == ["0xa", "0xb"]
    assert rows["status"].tolist() == [Outcome.HELD, Outcome.MISSED_THE_GATE]
    assert np.ma.getmaskarray(rows["committed_at_s"]).tolist() == [False, True]


def test_a_run_without_a_match_has_no_rows(place: Neighbourhood) -> None:
    assert agreement_rows([], place, CLOCK, TOLERANCE_WH) == {}


def test_what_never_arrived_has_no_time(book: SlotBook) -> None:
    meters = N + 1
    arrived = np.full(meters, NEVER_MS)
    arrived[0] = 10_800_300
    rows = known_rows(
        book,
        np.zeros(meters, np.int64),
        np.full(meters, -70),
        np.zeros(N, np.int64),
        np.full(meters, Quality.MEASURED, np.int8),
        arrived,
    )
    assert np.ma.getmaskarray(rows["received_at_ms"]).tolist() == [False] + [True] * N
    assert (rows["import_wh"].tolist(), rows["export_wh"].tolist()) == ([0] * 13, [70] * 13)
