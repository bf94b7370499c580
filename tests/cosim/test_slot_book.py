"""What a slot's agreements oblige its parties to, as far as they stand."""

import numpy as np
import pytest

from cosim.matching import Matching
from cosim.slot_book import SlotBook
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
    matching = Matching(4, zeros, zeros, NO_ORDERS, [], NOTHING, TERMS, StabilityRates(1, 1))
    return SlotBook(5, matching, 4000)


def test_nothing_stands_while_the_ledger_has_not_answered(book: SlotBook) -> None:
    assert book.committed is None
    assert len(book.standing) == 0
    assert not book.committed_net_wh.any()


def test_what_was_sent_obliges_at_once(book: SlotBook) -> None:
    assert not book.signed_net_wh.any()
    book.commit_tx = "0x01"
    assert book.signed_net_wh.tolist() == NET_WH


def test_a_committed_book_stands_with_purchases_less_sales(book: SlotBook) -> None:
    book.committed = True
    assert len(book.standing) == 3
    assert book.committed_net_wh.tolist() == NET_WH


def test_a_book_that_missed_the_gate_obliges_nobody(book: SlotBook) -> None:
    book.commit_tx, book.committed = "0x01", False
    assert len(book.standing) == 0
    assert not book.committed_net_wh.any()


def test_a_new_book_has_settled_nothing(book: SlotBook) -> None:
    assert book.settled.tolist() == [False] * 3
