"""The reference books: what each transaction must do to every balance."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosim.accounts import (
    CommitEffect,
    DeclareEffect,
    LapseEffect,
    ReferenceAccounts,
    SettleEffect,
    escrow_neur,
)
from twin.errors import SettlementMismatchError
from twin.settlement import Agreements, StabilityRates, settle

DEPOSIT_NEUR = 10_000_000_000
RATES = StabilityRates(100_000, 20_000)
SELLER, BUYER, IDLE, DSO, LPD = range(5)

AGREEMENTS = Agreements(
    tier=np.array([1, 1]),
    seller=np.array([SELLER, SELLER]),
    buyer=np.array([BUYER, IDLE]),
    origin=np.array([0, 0]),
    quantity_wh=np.array([1000, 500]),
    price_ueur_per_kwh=np.array([130_000, 130_000]),
    fee_ueur_per_kwh=np.array([4_000, 8_000]),
    seller_collateral_neur=np.array([150_000_000, 75_000_000]),
    buyer_collateral_neur=np.array([30_000_000, 15_000_000]),
)


@pytest.fixture
def books() -> ReferenceAccounts:
    ids = ("H1", "H2", "H3", "dso", "lpd")
    return ReferenceAccounts(ids, DEPOSIT_NEUR, dso=DSO, stabiliser=LPD)


def committed(books: ReferenceAccounts) -> ReferenceAccounts:
    books.apply(CommitEffect(AGREEMENTS, 1500))
    return books


def settled(books: ReferenceAccounts, net_wh: list[int]) -> ReferenceAccounts:
    outcome = settle(AGREEMENTS, np.array(net_wh), RATES)
    committed(books).apply(SettleEffect(AGREEMENTS, outcome))
    return books


def test_participants_begin_with_their_deposit_and_operators_with_nothing(
    books: ReferenceAccounts,
) -> None:
    assert books.free_neur.tolist() == [DEPOSIT_NEUR] * 3 + [0, 0]
    assert not books.locked_neur.any()


def test_a_buyer_puts_in_price_fee_and_collateral_a_seller_its_collateral() -> None:
    escrow = escrow_neur(AGREEMENTS, 5).tolist()
    assert escrow[SELLER] == 225_000_000
    assert escrow[BUYER] == 134_000 * 1000 + 30_000_000
    assert escrow[IDLE] == 138_000 * 500 + 15_000_000
    assert escrow[DSO] == escrow[LPD] == 0


def test_a_commit_moves_the_escrow_from_free_to_locked(books: ReferenceAccounts) -> None:
    committed(books)
    assert (books.locked_neur == escrow_neur(AGREEMENTS, 5)).all()
    assert books.free_neur[:3].sum() + books.locked_neur.sum() == 3 * DEPOSIT_NEUR


def test_a_commit_mints_what_is_sold(books: ReferenceAccounts) -> None:
    assert committed(books).minted_wh == 1500


def test_energy_declared_before_is_not_minted_again(books: ReferenceAccounts) -> None:
    books.apply(DeclareEffect(1800))
    books.apply(CommitEffect(AGREEMENTS, 0))
    assert books.minted_wh == 1800


def test_declared_energy_that_found_no_buyer_lapses(books: ReferenceAccounts) -> None:
    books.apply(DeclareEffect(1800))
    before = books.free_neur
    books.apply(LapseEffect(300))
    assert (books.minted_wh, books.lapsed_wh) == (1800, 300)
    assert (books.free_neur == before).all()


def test_a_settlement_releases_everything(books: ReferenceAccounts) -> None:
    assert not settled(books, [-1500, 1000, 500]).locked_neur.any()


def test_a_kept_contract_pays_the_price_and_the_fee(books: ReferenceAccounts) -> None:
    settled(books, [-1500, 1000, 500])
    assert books.free_neur[SELLER] == DEPOSIT_NEUR + 130_000 * 1500
    assert books.free_neur[BUYER] == DEPOSIT_NEUR - 134_000 * 1000
    assert books.free_neur[DSO] == 4_000 * 1000 + 8_000 * 500
    assert books.free_neur[LPD] == 0


def test_a_short_seller_pays_the_stabiliser(books: ReferenceAccounts) -> None:
    settled(books, [-1200, 1000, 500])
    assert books.free_neur[LPD] == (130_000 + 100_000) * 300
    assert (books.burned_wh, books.lapsed_wh) == (1200, 300)


@given(st.lists(st.integers(-3000, 3000), min_size=3, max_size=3))
def test_money_and_tokens_are_conserved(net_wh: list[int]) -> None:
    books = settled(
        ReferenceAccounts(("H1", "H2", "H3", "dso", "lpd"), DEPOSIT_NEUR, DSO, LPD), net_wh
    )
    assert books.free_neur.sum() + books.locked_neur.sum() == 3 * DEPOSIT_NEUR
    assert books.minted_wh == books.burned_wh + books.lapsed_wh
    assert (books.free_neur >= 0).all()


def test_books_do_not_change_arrays_that_were_handed_out(books: ReferenceAccounts) -> None:
    before = books.free_neur
    settled(books, [-1500, 1000, 500])
    assert before.tolist() == [DEPOSIT_NEUR] * 3 + [0, 0]


def test_equal_balances_pass(books: ReferenceAccounts) -> None:
    books.check(books.free_neur.copy(), books.locked_neur.copy(), "Block 1")


@pytest.mark.parametrize("kind", ["free", "locked"])
def test_a_balance_that_differs_names_party_and_amounts(
    books: ReferenceAccounts, kind: str
) -> None:
    on_chain = {"free": books.free_neur.copy(), "locked": books.locked_neur.copy()}
    on_chain[kind][BUYER] += 1
    with pytest.raises(SettlementMismatchError, match=f"Block 7.*{kind} balance of H2.*1 of 5"):
        books.check(on_chain["free"], on_chain["locked"], "Block 7")


def test_a_release_of_part_of_the_agreements_leaves_the_rest_locked(
    books: ReferenceAccounts,
) -> None:
    outcome = settle(AGREEMENTS, np.array([-1500, 1000, 500]), RATES)
    first = np.array([0])
    committed(books).apply(SettleEffect(AGREEMENTS.take(first), outcome.take(first)))
    assert (books.locked_neur == escrow_neur(AGREEMENTS.take(np.array([1])), 5)).all()


def test_nothing_is_escrowed_for_no_agreement() -> None:
    assert not escrow_neur(Agreements.empty(), 5).any()


def test_a_free_contract_needs_the_collateral_alone() -> None:
    free = replace(
        AGREEMENTS,
        price_ueur_per_kwh=np.zeros(2, np.int64),
        fee_ueur_per_kwh=np.zeros(2, np.int64),
    )
    assert escrow_neur(free, 5)[BUYER] == 30_000_000
