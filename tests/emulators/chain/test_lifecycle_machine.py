"""The life cycle as a state machine: random acts of all roles, the invariants after every one."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from emulators.chain.artefacts import refusal_name
from emulators.chain.market import holdings_of
from emulators.chain.nodes.install import find_anvil
from emulators.chain.orders import OrderTerms
from emulators.chain.words import MEASURED, MISSING, SUBSTITUTED
from twin.settlement import Agreements, StabilityRates, settle, settle_shares

PARTIES = 8
DEPOSIT_NEUR = 50_000_000_000
SLOT_S = 900
PAIRS = [(t, s, b) for t in range(3) for s in range(PARTIES) for b in range(PARTIES) if s != b]
party = st.integers(0, PARTIES - 1)
amount = st.integers(0, 60_000_000_000)


class Standing:
    """A committed batch: what it is, what was read of it, and what is open."""

    def __init__(self, batch: Any) -> None:
        self.batch = batch
        self.terms: Agreements = batch.agreements
        self.open = np.ones(len(self.terms), bool)
        self.readings: Any = None
        self.carried: list[Any] = []


class LifeCycle(RuleBasedStateMachine):
    """Deposits, orders, commits, readings and money out, in any order, beside the books."""

    world: Any
    new_book: Any

    @initialize()
    def begin(self) -> None:
        self.go_back = self.world.mark()
        self.book = self.new_book(PARTIES, DEPOSIT_NEUR)
        self.wallet = np.zeros(PARTIES + 2, np.int64)
        self.standing: list[Standing] = []
        self.ended: list[Standing] = []
        self.entered: set[tuple[int, int]] = set()
        self.used_keys: set[tuple[int, int]] = set()
        self.nonce = [0] * PARTIES

    def teardown(self) -> None:
        if hasattr(self, "go_back"):
            self.go_back()

    # ---- money in and out ----

    @rule(index=party, wanted=amount)
    def withdraw(self, index: int, wanted: int) -> None:
        free = int(self.book.free[index])
        receipt = self.world.send_by(index, "market", "withdraw", wanted)
        assert receipt.succeeded == (wanted <= free), refusal_name(receipt)
        if receipt.succeeded:
            self.book.free[index] -= wanted
            self.wallet[index] += wanted
        else:
            assert refusal_name(receipt) == "InsufficientFree"

    @rule(index=party, share=st.integers(1, 4))
    def deposit(self, index: int, share: int) -> None:
        wanted = int(self.wallet[index]) // share
        market = self.world.contracts.market
        assert self.world.send_by(index, "stablecoin", "approve", market, wanted).succeeded
        assert self.world.send_by(index, "market", "deposit", wanted).succeeded
        self.wallet[index] -= wanted
        self.book.free[index] += wanted

    # ---- agreements ----

    @rule(index=party)
    def cancel(self, index: int) -> None:
        self.nonce[index] += 1
        receipt = self.world.send_by(index, "market", "cancelOrders", self.nonce[index])
        assert receipt.succeeded, refusal_name(receipt)

    @rule(
        keys=st.sets(st.sampled_from(PAIRS), min_size=1, max_size=6),
        numbers=st.randoms(use_true_random=False),
        ahead=st.integers(0, 2),
        number=st.integers(0, 1),
    )
    def commit(
        self, keys: set[tuple[int, int, int]], numbers: Any, ahead: int, number: int
    ) -> None:
        calendar = self.world.calendar
        slot = max(0, (self.world.time - calendar.first_slot_start) // SLOT_S + 1) + ahead
        terms = draw_terms(sorted(keys), numbers)
        rates = StabilityRates(numbers.choice((0, 90_000)), numbers.choice((0, 300_000)))
        orders = OrderTerms.allowing(terms)
        orders.nonce[:] = np.array(self.nonce)[orders.participant]
        batch = self.world.batch(terms, slot, number, rates=rates, orders=orders)
        members = {int(each) for each in batch.parties}
        rate = terms.price_ueur_per_kwh + terms.fee_ueur_per_kwh
        escrow = np.zeros(PARTIES + 2, np.int64)
        np.add.at(escrow, terms.seller, terms.seller_collateral_neur)
        np.add.at(escrow, terms.buyer, rate * terms.quantity_wh + terms.buyer_collateral_neur)
        expected = (
            (slot, number) not in self.used_keys
            and not any((slot, each) in self.entered for each in members)
            and bool((escrow <= self.book.free).all())
        )
        receipt = self.world.commit(batch)
        assert receipt.succeeded == expected, refusal_name(receipt)
        if expected:
            self.used_keys.add((slot, number))
            self.entered |= {(slot, each) for each in members}
            self.book.commit(terms)
            self.standing.append(Standing(batch))

    # ---- readings ----

    @precondition(lambda self: self.standing)
    @rule(
        which=st.integers(0, 10),
        missing=st.sets(party, max_size=3),
        deviations=st.lists(
            st.one_of(st.just(0), st.integers(-3_000, 3_000), st.sampled_from([-(2**61), 2**61])),
            min_size=PARTIES,
            max_size=PARTIES,
        ),
    )
    def settle(self, which: int, missing: set[int], deviations: list[int]) -> None:
        one = self.standing[which % len(self.standing)]
        batch, terms = one.batch, one.terms
        late = self.world.time >= self.world.calendar.substitutes_from(batch.slot)
        quality = np.full(PARTIES, SUBSTITUTED if late else MEASURED, np.uint8)
        quality[list(missing)] = MISSING
        net = kept(terms) + np.array(deviations, np.int64)
        readings = batch.readings(net, quality, one.readings)
        rows = batch.settled_by(readings)
        outcome = settle(terms, self._read(one, readings), batch.rates)
        before = self.book.free.copy()
        receipt = self.world.settle(batch, readings)
        open_still = self.world.time <= self.world.calendar.last_settlement(batch.slot)
        assert receipt.succeeded == bool(rows.any() and open_still), refusal_name(receipt)
        if not receipt.succeeded:
            return
        self.book.settle(terms, outcome, rows)
        self._keeps_its_word(one, readings, rows, before)
        one.open &= ~rows
        one.readings = readings.after_use()
        one.carried.append(readings)
        if not one.open.any():
            self._end(one)

    @precondition(lambda self: self.standing)
    @rule(which=st.integers(0, 10), give_up=st.booleans())
    def release(self, which: int, give_up: bool) -> None:
        one = self.standing[which % len(self.standing)]
        last = self.world.calendar.last_settlement(one.batch.slot)
        if give_up and self.world.time <= last:
            self.world.time = last
        used = one.readings or one.batch.none_read()
        over = self.world.time + 1 > last
        receipt = self.world.mine(self.world.client.release(one.batch, used))
        assert receipt.succeeded == over, refusal_name(receipt)
        if over:
            self.book.release(one.terms, one.open)
            self._end(one)

    @rule(seconds=st.integers(1, 2 * SLOT_S))
    def wait(self, seconds: int) -> None:
        self.world.time += seconds

    # ---- what must not work ----

    @precondition(lambda self: self.ended)
    @rule(which=st.integers(0, 10))
    def replay(self, which: int) -> None:
        """Nothing that ended begins again, is settled again, or given back again."""
        one = self.ended[which % len(self.ended)]
        client = self.world.client
        for transaction in (
            client.commit(one.batch, client.sign(one.batch)),
            client.settle(one.batch, one.carried[0] if one.carried else one.batch.none_read()),
            client.release(one.batch, one.readings or one.batch.none_read()),
        ):
            assert not self.world.mine(transaction).succeeded

    @precondition(lambda self: self.standing)
    @rule(which=st.integers(0, 10), thief=party)
    def steal(self, which: int, thief: int) -> None:
        """Readings and agreements signed by somebody who is not asked."""
        one = self.standing[which % len(self.standing)]
        readings = one.batch.all_measured(kept(one.terms))
        client, key = self.world.client, self.world.actors.keys[thief]
        assert not self.world.mine(client.settle(one.batch, readings, oracle=key)).succeeded
        victim = [self.world.actors.addresses[(thief + 1) % PARTIES]]
        held = self.world.send_by(thief, "market", "standingChanged", victim, False)
        assert refusal_name(held) == "OnlyRegistry"

    # ---- always true ----

    @invariant()
    def every_balance_is_the_models(self) -> None:
        if not hasattr(self, "book"):
            return
        assert self.book.matches(self.world)
        held = self.world.balances()
        np.testing.assert_array_equal(held.wallet_neur, self.wallet)
        market = self.world.client.balances(self.world.node, [self.world.contracts.market])
        inside = int(held.free_neur.sum() + held.locked_neur.sum())
        assert int(market.wallet_neur[0]) == inside
        assert inside + int(held.wallet_neur.sum()) == PARTIES * DEPOSIT_NEUR

    @invariant()
    def locked_is_the_sum_of_open_obligations(self) -> None:
        owed = np.zeros(PARTIES + 2, np.int64)
        for one in getattr(self, "standing", ()):
            terms = one.terms.take(one.open)
            rate = terms.price_ueur_per_kwh + terms.fee_ueur_per_kwh
            np.add.at(owed, terms.seller, terms.seller_collateral_neur)
            np.add.at(owed, terms.buyer, rate * terms.quantity_wh + terms.buyer_collateral_neur)
        if hasattr(self, "book"):
            np.testing.assert_array_equal(self.book.locked, owed)

    @invariant()
    def tokens_held_are_open_energy(self) -> None:
        if not hasattr(self, "book"):
            return
        energy = sum(int(one.terms.quantity_wh[one.open].sum()) for one in self.standing)
        assert self.world.client.token_totals(self.world.node).held_wh == energy
        for one in self.standing[-1:]:
            world, slot, origin = self.world, one.batch.slot, int(one.terms.origin[0])
            held = holdings_of(world.node, world.contracts, world.holders, slot, origin)
            declared = np.zeros(PARTIES + 2, np.int64)
            for each in self.standing:
                rows = each.open & (each.terms.origin == origin) & (each.batch.slot == slot)
                np.add.at(declared, each.terms.seller[rows], each.terms.quantity_wh[rows])
            np.testing.assert_array_equal(held, declared)

    def _read(self, one: Standing, readings: Any) -> Any:
        net = np.zeros(PARTIES, np.int64)
        net[one.batch.parties] = readings.net_wh
        return net

    def _keeps_its_word(self, one: Standing, readings: Any, rows: Any, before: Any) -> None:
        """Who did as agreed gains what was agreed, whatever the others did; nobody owes more."""
        nothing = np.zeros(len(one.terms), np.int64)
        agreed = settle_shares(one.terms, nothing, nothing, one.batch.rates)
        expected = np.zeros(PARTIES, np.int64)
        seller_gets = agreed.seller_paid_neur + agreed.seller_returned_neur
        np.add.at(expected, one.terms.seller[rows], seller_gets[rows])
        np.add.at(expected, one.terms.buyer[rows], agreed.buyer_returned_neur[rows])
        gained = self.world.balances().free_neur - before
        honest = self._read(one, readings) == kept(one.terms)
        known = np.zeros(PARTIES, bool)
        known[one.batch.parties] = readings.known
        np.testing.assert_array_equal(gained[:PARTIES][honest & known], expected[honest & known])
        assert (gained >= 0).all()

    def _end(self, one: Standing) -> None:
        self.standing.remove(one)
        self.ended.append(one)


def draw_terms(keys: list[tuple[int, int, int]], numbers: Any) -> Agreements:
    """Agreements between the pairs of `keys`, by tier, seller, buyer."""
    rows = [
        (
            *key,
            numbers.randrange(8),
            numbers.choice((1, 3, numbers.randint(1, 8_000))),
            numbers.randrange(400_000),
            0 if key[0] == 0 else numbers.randrange(60_000),
            numbers.randrange(2_000_000_000),
            numbers.randrange(2_000_000_000),
        )
        for key in keys
    ]
    return Agreements(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))


def kept(terms: Agreements) -> Any:
    """What the meters show where everybody keeps its word (n,) [Wh]."""
    net = np.zeros(PARTIES, np.int64)
    np.add.at(net, terms.buyer, terms.quantity_wh)
    np.subtract.at(net, terms.seller, terms.quantity_wh)
    return net


def run(world: Any, book: Any, examples: int, steps: int, derandomize: bool = True) -> None:
    machine = type("LifeCycle", (LifeCycle,), {"world": world, "new_book": type(book)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=derandomize,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_life_cycle_on_the_embedded_node(world: Any, book: Any) -> None:
    run(world, book, examples=4, steps=15)


@pytest.mark.skipif(find_anvil() is None, reason="anvil is not installed (`make anvil`)")
def test_the_life_cycle_on_anvil(world_on: Any, book: Any) -> None:
    run(world_on("anvil"), book, examples=30, steps=25)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["embedded", "anvil"])
def test_the_life_cycle_at_length(world_on: Any, book: Any, kind: str) -> None:
    examples = 40 if kind == "embedded" else 400
    print(f"{examples} lives on {kind}", file=sys.stderr)
    run(world_on(kind), book, examples, steps=60, derandomize=False)
