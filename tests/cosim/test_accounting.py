"""The books after the last settlement close, or say where they do not."""

from dataclasses import replace

import numpy as np
import pytest

from cosim.accounting import Accounting, account, participant_rows, settled_agreements
from cosim.matching import Matching
from cosim.neighbourhood import Neighbourhood
from cosim.slot_book import Batch, SlotBook
from twin.bidding import Orders
from twin.errors import ConservationError
from twin.payments import Party
from twin.scenario import Scenario
from twin.settlement import Agreements, StabilityRates, settle

SLOT, N = 5, 12
RATES = StabilityRates(100_000, 20_000)
NOTHING = np.zeros(0, np.int64)
# H01 sells to H02 and H03 and keeps less than its word; H04 sells to H03, who takes too little.
TERMS = Agreements(
    tier=np.array([0, 1, 2]),
    seller=np.array([0, 0, 3]),
    buyer=np.array([1, 2, 2]),
    origin=np.array([0, 0, 0]),
    quantity_wh=np.array([300, 200, 100]),
    price_ueur_per_kwh=np.array([120_000, 130_000, 140_000]),
    fee_ueur_per_kwh=np.array([0, 4_000, 30_000]),
    seller_collateral_neur=np.array([45_000_000, 30_000_000, 15_000_000]),
    buyer_collateral_neur=np.array([9_000_000, 6_000_000, 3_000_000]),
)
NET_WH = np.array([-450, 300, 280, -100, 50, 0, -70, 0, 0, 0, 0, 10])


def book(slot: int, terms: Agreements = TERMS, parts: int = 1) -> SlotBook:
    """A slot that was settled in so many parts, the last agreements first."""
    zeros = np.zeros(N, np.int64)
    orders = Orders(NOTHING, NOTHING.astype(bool), NOTHING, NOTHING, NOTHING, NOTHING)
    made = SlotBook(slot, Matching(N, zeros, zeros, orders, 0, [], NOTHING, terms, RATES), 0)
    outcome = settle(terms, NET_WH, RATES)
    for rows in np.array_split(np.arange(len(terms))[::-1], parts):
        made.batches.append(Batch("0x", rows, outcome.take(rows), np.ones(N, np.int8)))
    return made


@pytest.fixture
def net_wh(place: Neighbourhood) -> np.ndarray:
    """All slots as in the status quo but for the one with contracts."""
    net = place.status_quo_wh[:, :N].copy()
    net[SLOT] = NET_WH
    return net


def close(
    scenario: Scenario, place: Neighbourhood, net_wh: np.ndarray, made: SlotBook, fee_neur: int = 7
) -> Accounting:
    return account(scenario, place, {SLOT: made}, net_wh, (1_500_000, 1_200_000), fee_neur)


@pytest.fixture
def books(scenario: Scenario, place: Neighbourhood, net_wh: np.ndarray) -> Accounting:
    return close(scenario, place, net_wh, book(SLOT))


def test_settlements_in_parts_come_back_in_order_of_agreement() -> None:
    whole, _ = settled_agreements(book(SLOT))
    terms, outcome = settled_agreements(book(SLOT, parts=3))
    assert terms.buyer.tolist() == whole.buyer.tolist() == TERMS.buyer.tolist()
    assert outcome.seller_short_wh.tolist() == settle(TERMS, NET_WH, RATES).seller_short_wh.tolist()


def test_what_no_contract_covers_is_left_for_the_lpd(books: Accounting) -> None:
    # H01 owed 500 and gave 450; H03 had bought 300 and drew 280.
    assert books.residual_wh[SLOT].tolist() == [0, 0, 0, 0, 50, 0, -70, 0, 0, 0, 0, 10]


def test_a_slot_without_contracts_is_all_the_lpds(books: Accounting) -> None:
    assert (books.residual_wh[SLOT + 1] == books.net_wh[SLOT + 1]).all()


def test_shortfalls_are_supplied_and_absorbed(books: Accounting) -> None:
    assert books.tiers.supplied_wh - books.tiers.absorbed_wh == 50 - 20


def test_money_that_does_not_add_up_names_the_slot(
    scenario: Scenario, place: Neighbourhood, net_wh: np.ndarray
) -> None:
    made = book(SLOT)
    outcome = made.batches[0].settlement
    made.batches[0].settlement = replace(outcome, dso_paid_neur=outcome.dso_paid_neur + 1)
    with pytest.raises(ConservationError, match="Slot 5: agreement"):
        close(scenario, place, net_wh, made)


@pytest.mark.parametrize("payer", ["participants", "dso", "lpd"])
def test_the_ledgers_fees_have_one_payer(
    scenario: Scenario, place: Neighbourhood, net_wh: np.ndarray, payer: str
) -> None:
    chosen = scenario.model_copy(
        update={"ledger": scenario.ledger.model_copy(update={"gas_payer": payer})}
    )
    made = close(chosen, place, net_wh, book(SLOT), fee_neur=1001)
    assert made.market_bills.gas_neur.sum() == (1001 if payer == "participants" else 0)
    assert made.market_payments.matrix_neur[:, Party.LEDGER].sum() == 1001


def test_payments_of_both_worlds_sum_to_zero(books: Accounting) -> None:
    for payments in (books.status_quo_payments, books.market_payments):
        matrix = payments.matrix_neur
        assert (matrix.sum(axis=0) - matrix.sum(axis=1)).sum() == 0


def test_without_any_contract_both_worlds_cost_the_same(
    scenario: Scenario, place: Neighbourhood
) -> None:
    net = place.status_quo_wh[:, :N]
    unsold = book(SLOT, Agreements.empty())
    unsold.batches.clear()
    books = account(scenario, place, {SLOT: unsold}, net, (0, 0), 0)
    assert (books.market_bills.cost_neur == books.status_quo_bills.cost_neur).all()


class TestParticipantRows:
    @pytest.fixture
    def rows(
        self, scenario: Scenario, place: Neighbourhood, books: Accounting
    ) -> dict[str, np.ndarray]:
        return participant_rows(scenario, place, books, np.zeros(N, np.int64))

    def test_energy_by_tier_is_on_either_side(self, rows: dict[str, np.ndarray]) -> None:
        sold = [int(rows[f"sold_tier_{tier}_wh"].sum()) for tier in range(3)]
        bought = [int(rows[f"bought_tier_{tier}_wh"].sum()) for tier in range(3)]
        assert sum(sold) > 0
        assert sum(bought) > 0

    def test_each_bill_is_the_sum_of_its_lines(self, rows: dict[str, np.ndarray]) -> None:
        paid = ("p2p_bought", "road_fee", "compensation", "energy", "network", "taxes", "gas")
        total = sum(rows[f"market_{line}_neur"] for line in paid)
        total = total - rows["market_p2p_sold_neur"] - rows["market_feed_in_neur"]
        assert (total == rows["market_total_neur"]).all()

    def test_nobody_is_missing(self, rows: dict[str, np.ndarray]) -> None:
        assert rows["participant"].tolist() == list(range(N))
        assert {len(column) for column in rows.values()} == {N}
