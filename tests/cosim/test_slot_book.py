"""What a slot's agreements oblige its parties to, as far as they stand."""

import numpy as np
import pytest

from cosim.matching import Matching
from cosim.slot_book import Commit, SlotBook
from twin.bidding import Orders
from twin.settlement import Agreements, StabilityRates

NOTHING = np.zeros(0, np.int64)
NO_ORDERS = Orders(NOTHING, NOTHING.astype(bool), NOTHING, NOTHING, NOTHING, NOTHING)
# H0 sells 300 Wh to H1 and 200 Wh to H2, who sells 50 Wh to H1; H3 has no agreement.
TERMS = Agreements(
    tier=np.array([1, 1, 2]),
    seller=np.array([0, 0, 2]),
    buyer=np.array([1, 2, 1]),
    quantity_wh=np.array([300, 200, 50]),
    **{
        name: np.zeros(3, np.int64)
        for name in (
            "origin",
            "price_ueur_per_kwh",
            "fee_ueur_per_kwh",
            "seller_collateral_neur",
            "buyer_collateral_neur",
        )
    },
)
NET_WH = [-500, 350, 150, 0]


@pytest.fixture
def book() -> SlotBook:
    zeros = np.zeros(4, np.int64)
    matching = Matching(4, zeros, zeros, NO_ORDERS, 0, [], NOTHING, TERMS, StabilityRates(1, 1))
    return SlotBook(5, matching, 4000)


ALL = np.arange(3)


def test_nothing_stands_while_the_ledger_has_not_answered(book: SlotBook) -> None:
    book.commits = [Commit("0x01", ALL)]
    assert not book.answered
    assert len(book.standing) == 0
    assert not book.committed_net_wh.any()


def test_what_was_sent_obliges_at_once(book: SlotBook) -> None:
    assert not book.signed_net_wh.any()
    book.commits = [Commit("0x01", ALL)]
    assert book.signed_net_wh.tolist() == NET_WH


def test_a_committed_book_stands_with_purchases_less_sales(book: SlotBook) -> None:
    book.commits = [Commit("0x01", ALL, succeeded=True)]
    assert book.answered
    assert len(book.standing) == 3
    assert book.committed_net_wh.tolist() == NET_WH


def test_a_book_that_missed_the_gate_obliges_nobody(book: SlotBook) -> None:
    book.commits = [Commit("0x01", ALL, succeeded=False)]
    assert book.answered
    assert len(book.standing) == 0
    assert not book.committed_net_wh.any()


def test_agreements_committed_one_by_one_stand_each_for_itself(book: SlotBook) -> None:
    book.commits = [
        Commit("0x01", ALL[:1], succeeded=True),
        Commit("0x02", ALL[1:2], succeeded=False),
        Commit("0x03", ALL[2:]),
    ]
    assert not book.answered
    assert book.committed.tolist() == [True, False, False]
    assert book.committed_net_wh.tolist() == [-300, 300, 0, 0]


def test_what_nothing_was_sent_for_needs_no_answer(book: SlotBook) -> None:
    assert book.answered
    assert not book.committed.any()


def test_a_new_book_has_settled_nothing(book: SlotBook) -> None:
    assert book.settled.tolist() == [False] * 3
