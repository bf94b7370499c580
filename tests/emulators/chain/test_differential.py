"""Random slots: the contracts against the reference settlement, to the n€ and the Wh."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eth  # noqa: F401  it raises the recursion limit, which hypothesis wants to see untouched
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.chain.artefacts import refusal_name
from emulators.chain.nodes.install import find_anvil
from emulators.chain.words import MEASURED, MISSING
from twin.settlement import Agreements, StabilityRates, settle

PARTIES = 6
KEYS = [
    (tier, seller, buyer)
    for tier in range(3)
    for seller in range(PARTIES)
    for buyer in range(PARTIES)
    if seller != buyer
]
LARGEST_WH = (2**32 - 1) // 14
"""So that a seller of all agreements declares just what a token counts."""
quantity = st.one_of(st.integers(1, 5), st.integers(1, 20_000))
rate = st.one_of(st.just(0), st.integers(0, 400_000))
collateral = st.one_of(st.just(0), st.integers(0, 2_000_000_000))
deviation = st.one_of(
    st.just(0), st.integers(-10, 10), st.integers(-50_000, 50_000), st.integers(-(2**61), 2**61)
)


@st.composite
def slots(draw: st.DrawFn) -> tuple[Agreements, StabilityRates, Any, list[Any]]:
    """Agreements, rates, meters, and which readings are missing at each attempt to settle."""
    rows = sorted(draw(st.sets(st.sampled_from(KEYS), min_size=1, max_size=14)))
    columns = zip(*rows, strict=True)
    count = len(rows)
    # As much as tokens can count; only collateral can be staked on so much.
    huge = draw(st.booleans()) and draw(st.booleans())
    energy = st.sampled_from((1, LARGEST_WH)) if huge else quantity
    price = st.just(0) if huge else rate

    def column(values: st.SearchStrategy[int]) -> Any:
        return np.array(draw(st.lists(values, min_size=count, max_size=count)), np.int64)

    terms = Agreements(
        *(np.array(each, np.int64) for each in columns),
        column(st.integers(0, 7)),
        column(energy),
        column(price),
        column(st.just(0) if huge else st.integers(0, 60_000)),
        column(collateral),
        column(collateral),
    )
    terms.fee_ueur_per_kwh[terms.tier == 0] = 0
    rates = StabilityRates(draw(rate), draw(rate))
    deviations = draw(st.lists(deviation, min_size=PARTIES, max_size=PARTIES))
    net = np.zeros(8, np.int64)
    np.add.at(net, terms.buyer, terms.quantity_wh)
    np.subtract.at(net, terms.seller, terms.quantity_wh)
    net[:PARTIES] += np.array(deviations, np.int64)
    missing = draw(st.lists(st.sets(st.integers(0, PARTIES - 1), max_size=3), max_size=2))
    return terms, rates, net, missing


def check_slot(world: Any, book: Any, slot: tuple[Any, ...]) -> None:
    terms, rates, net, missing = slot
    batch = world.committed(terms, rates=rates)
    book.commit(terms)
    outcome = settle(terms, net, rates)
    before = None
    for absent in (*missing, ()):
        quality = np.full(8, MEASURED, np.uint8)
        quality[list(absent)] = MISSING
        readings = batch.readings(net, quality, before)
        rows = batch.settled_by(readings)
        receipt = world.settle(batch, readings)
        if not rows.any():
            whole = before is not None and before.known.all()
            assert refusal_name(receipt) == ("UnknownBatch" if whole else "NothingToSettle")
            continue
        assert receipt.succeeded, refusal_name(receipt)
        book.settle(terms, outcome, rows)
        assert book.matches(world)
        before = readings
    assert world.balances().locked_neur.sum() == 0
    held = world.balances()
    assert held.free_neur.sum() == 8 * 50_000_000_000
    totals = world.client.token_totals(world.node)
    assert totals.held_wh == 0


relaxed = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    "derandomize": True,
}


def check_trades(world: Any, book: Any, slot: tuple[Any, ...]) -> None:
    terms, rates, net, missing = slot
    trades = world.in_force(terms, rates=rates)
    book.commit(terms)
    outcome = settle(terms, net, rates)
    open_rows = set(range(len(terms)))
    for absent in (*missing, ()):
        for row in sorted(open_rows):
            if {trades[row].seller, trades[row].buyer} & set(absent):
                continue
            quality = np.full(8, MEASURED, np.uint8)
            receipt = world.settle_trade(trades[row], net, quality)
            assert receipt.succeeded, refusal_name(receipt)
            book.settle(terms, outcome, [row])
            open_rows.remove(row)
        assert book.matches(world)
    assert world.balances().locked_neur.sum() == 0
    assert world.client.token_totals(world.node).held_wh == 0


def run_slot(world_on: Callable[[str], Any], kind: str, book: Any, slot: Any) -> None:
    world = world_on(kind)
    go_back = world.mark()
    try:
        check = check_trades if "per_trade" in kind else check_slot
        check(world, type(book)(8, 50_000_000_000), slot)
    finally:
        go_back()


@settings(max_examples=10, **relaxed)
@given(slot=slots())
def test_embedded_contracts_are_settled_as_the_reference_does(
    world_on: Callable[[str], Any], book: Any, slot: Any
) -> None:
    run_slot(world_on, "embedded per_trade", book, slot)


@pytest.mark.skipif(find_anvil() is None, reason="anvil is not installed (`make anvil`)")
@settings(max_examples=60, **relaxed)
@given(slot=slots())
def test_anvil_contracts_are_settled_as_the_reference_does(
    world_on: Callable[[str], Any], book: Any, slot: Any
) -> None:
    run_slot(world_on, "anvil per_trade", book, slot)


@settings(max_examples=25, **relaxed)
@given(slot=slots())
def test_embedded_slots_are_settled_as_the_reference_does(
    world_on: Callable[[str], Any], book: Any, slot: Any
) -> None:
    run_slot(world_on, "embedded", book, slot)


@pytest.mark.skipif(find_anvil() is None, reason="anvil is not installed (`make anvil`)")
@settings(max_examples=250, **relaxed)
@given(slot=slots())
def test_anvil_slots_are_settled_as_the_reference_does(
    world_on: Callable[[str], Any], book: Any, slot: Any
) -> None:
    run_slot(world_on, "anvil", book, slot)


@pytest.mark.long
@pytest.mark.skipif(find_anvil() is None, reason="anvil is not installed (`make anvil`)")
@settings(max_examples=5_000, **{**relaxed, "derandomize": False})
@given(slot=slots())
def test_thousands_of_slots_are_settled_as_the_reference_does(
    world_on: Callable[[str], Any], book: Any, slot: Any
) -> None:
    run_slot(world_on, "anvil", book, slot)


@pytest.mark.long
@pytest.mark.skipif(find_anvil() is None, reason="anvil is not installed (`make anvil`)")
@settings(max_examples=2_000, **{**relaxed, "derandomize": False})
@given(slot=slots())
def test_thousands_of_contracts_are_settled_as_the_reference_does(
    world_on: Callable[[str], Any], book: Any, slot: Any
) -> None:
    run_slot(world_on, "anvil per_trade", book, slot)
