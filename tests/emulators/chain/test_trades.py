"""Contracts one by one: what each step does, and each thing that makes it refuse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import artefact, refusal_name
from emulators.chain.keys import party_key
from emulators.chain.market import holdings_of
from emulators.chain.nodes import Receipt
from emulators.chain.trades import Trade
from emulators.chain.words import MEASURED, MISSING, REVIEWED, SUBSTITUTED
from twin.settlement import Agreements, StabilityRates, settle

TRADE = (1, 0, 1, 2, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
OTHER = (2, 0, 3, 2, 400, 210_000, 10_000, 5_000_000, 4_000_000)
NET = np.array([-1_300, 1_010, 0, 390, 0, 0, 0, 0])
GOOD = np.full(8, MEASURED, np.uint8)
Make = Callable[..., Agreements]


def ready(world: Any, terms: Agreements, **changes: Any) -> Trade:
    """Orders of one agreement on the ledger, and its contract to be proposed."""
    orders = world.orders(terms, **changes)
    assert all(receipt.succeeded for receipt in world.ordered(orders))
    (trade,) = world.trades_of(terms, orders)
    return trade


def proposed(world: Any, terms: Agreements, **changes: Any) -> Trade:
    trade = ready(world, terms, **changes)
    assert world.mine(world.trades.propose(trade)).succeeded
    return trade


def signed(world: Any, trade: Trade) -> Receipt:
    return world.mine(world.trades.sign(trade, world.trades.signatures(trade)))  # type: ignore[no-any-return]


def test_an_offer_mints_its_energy_to_the_seller(trade_world: Any, agreements: Make) -> None:
    world = trade_world
    ready(world, agreements(TRADE))
    held = holdings_of(world.node, world.contracts, world.holders, 0, 2)
    assert held.tolist() == [1_000] + [0] * 9
    assert world.balances().locked_neur.sum() == 0


def test_a_contract_in_force_locks_its_escrow(
    trade_world: Any, book: Any, agreements: Make
) -> None:
    terms = agreements(TRADE, OTHER)
    trade_world.in_force(terms)
    book.commit(terms)
    assert book.matches(trade_world)


def test_steps_are_taken_once_and_in_order(trade_world: Any, agreements: Make) -> None:
    world, terms = trade_world, agreements(TRADE)
    orders = world.orders(terms)
    (trade,) = world.trades_of(terms, orders)
    assert refusal_name(world.mine(world.trades.propose(trade))) == "OrdersDoNotMatch"
    world.ordered(orders)
    assert [refusal_name(r) for r in world.ordered(orders)] == ["OrderExists"] * 2
    assert refusal_name(signed(world, trade)) == "WrongStep"
    assert world.mine(world.trades.propose(trade)).succeeded
    assert refusal_name(world.mine(world.trades.propose(trade))) == "WrongStep"
    assert signed(world, trade).succeeded
    assert refusal_name(signed(world, trade)) == "WrongStep"
    assert refusal_name(world.settle_trade(trade, NET, GOOD, world.time + 1)) == "NotDelivered"
    assert world.settle_trade(trade, NET, GOOD).succeeded
    assert refusal_name(world.settle_trade(trade, NET, GOOD)) == "WrongStep"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"limit": np.array([200_001, 220_000])}, "PriceBelowLimit"),
        ({"limit": np.array([200_000, 219_999])}, "PriceAboveLimit"),
        ({"origins": np.array([2, 4])}, "OriginNotAccepted"),
        ({"origins": np.array([4, 3])}, "OriginNotAccepted"),
    ],
)
def test_a_proposal_outside_an_order_is_refused(
    trade_world: Any, agreements: Make, changes: Any, error: str
) -> None:
    terms = agreements(TRADE)
    orders = trade_world.orders(terms, **changes)
    trade_world.ordered(orders)
    offer, request = orders.hashes()
    (trade,) = trade_world.trades_of(terms, trade_world.orders(terms))
    trade = replace(trade, offer=offer, request=request)
    assert refusal_name(trade_world.mine(trade_world.trades.propose(trade))) == error


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ((0, *TRADE[1:]), "FeeBehindMeter"),
        ((3, *TRADE[1:]), "MalformedAgreement"),
        ((*TRADE[:4], 0, *TRADE[5:]), "ZeroQuantity"),
    ],
)
def test_a_proposal_that_is_none_is_refused(
    trade_world: Any, agreements: Make, row: tuple[int, ...], error: str
) -> None:
    good = ready(trade_world, agreements(TRADE))
    orders = trade_world.orders(agreements(TRADE))
    (bad,) = trade_world.trades_of(agreements(row), orders)
    assert bad.offer == good.offer
    assert refusal_name(trade_world.mine(trade_world.trades.propose(bad))) == error


def test_contracts_take_no_more_than_their_orders(trade_world: Any, agreements: Make) -> None:
    world, terms = trade_world, agreements(TRADE)
    first = proposed(world, terms)
    (second,) = world.trades_of(agreements((2, *TRADE[1:4], 1, *TRADE[5:])), world.orders(terms))
    assert world.mine(world.trades.propose(second)).succeeded
    assert signed(world, first).succeeded
    assert refusal_name(signed(world, second)) == "OrderExceeded"


@pytest.mark.parametrize("signer", range(4))
def test_all_four_signatures_count(trade_world: Any, agreements: Make, signer: int) -> None:
    """Buyer, seller, DSO, LPD."""
    world = trade_world
    trade = proposed(world, agreements(TRADE))
    signatures = world.trades.signatures(trade)
    signatures[signer] = party_key(99, "forger").sign_digest(bytes(32))
    assert refusal_name(world.mine(world.trades.sign(trade, signatures))) == "WrongSignature"
    assert refusal_name(world.mine(world.trades.sign(trade, signatures[:3]))) == "SignatureCount"


def test_signatures_hold_for_the_proposed_terms_only(trade_world: Any, agreements: Make) -> None:
    world = trade_world
    trade = proposed(world, agreements(TRADE))
    dearer = replace(trade, rates=StabilityRates(1, 2))
    assert refusal_name(signed(world, dearer)) == "WrongStep"
    assert world.mine(world.trades.propose(dearer)).succeeded
    receipt = world.mine(world.trades.sign(dearer, world.trades.signatures(trade)))
    assert refusal_name(receipt) == "WrongSignature"


def test_an_order_by_somebody_else_is_refused(trade_world: Any, agreements: Make) -> None:
    world = trade_world
    orders = world.orders(agreements(TRADE))
    forged = party_key(99, "forger").sign_digest(orders.digests(world.trades.separator)[0])
    receipt = world.mine(world.trades.order(orders.words()[0], 0, forged))
    assert refusal_name(receipt) == "WrongSignature"


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"quantity": np.array([0, 5])}, ["MalformedOrder", None]),
        ({"origins": np.array([5, 5])}, ["MalformedOrder", None]),
        ({"origins": np.array([0, 0])}, ["MalformedOrder", "MalformedOrder"]),
        ({"side": np.array([0, 2])}, [None, "MalformedOrder"]),
        ({"expiry": np.array([1, 1])}, ["OrderExpired", "OrderExpired"]),
    ],
)
def test_an_order_that_is_none_is_refused(
    trade_world: Any, agreements: Make, changes: Any, errors: list[str | None]
) -> None:
    orders = trade_world.orders(agreements(TRADE), **changes)
    kinds = [0, 1]
    by_address = {key.address_bytes: key for key in trade_world.actors.keys}
    digests = orders.digests(trade_world.trades.separator)
    found = [
        refusal_name(
            trade_world.mine(
                trade_world.trades.order(words, kind, by_address[p.tobytes()].sign_digest(digest))
            )
        )
        for words, kind, p, digest in zip(orders.words(), kinds, orders.party, digests, strict=True)
    ]
    assert found == errors


def test_a_cancelled_order_comes_into_no_contract(trade_world: Any, agreements: Make) -> None:
    world = trade_world
    trade = proposed(world, agreements(TRADE))
    assert world.send_by(0, "market", "cancelOrders", 1).succeeded
    assert refusal_name(signed(world, trade)) == "OrderCancelled"


def test_only_the_auction_house_puts_orders_on_the_ledger(
    trade_world: Any, agreements: Make
) -> None:
    world = trade_world
    orders = world.orders(agreements(TRADE))
    data = world.trades.order(orders.words()[0], 0, bytes(65))
    world.actors.senders["auction_house"].nonce -= 1
    assert data.kind == "offer"
    terms = (bytes(32), bytes(32), 0, 0, 0, 0)
    assert refusal_name(world.send_by(3, "market", "propose", terms)) == "OnlyAuctionHouse"


def test_a_signature_after_the_deadline_is_refused(
    trade_world: Any, book: Any, agreements: Make
) -> None:
    world = trade_world
    trade = proposed(world, agreements(TRADE))
    world.time = trade.commit_deadline
    assert refusal_name(signed(world, trade)) == "CommitDeadlinePassed"
    assert world.balances().locked_neur.sum() == 0


def test_unsold_energy_lapses_once_the_slot_has_begun(trade_world: Any, agreements: Make) -> None:
    world, terms = trade_world, agreements(TRADE)
    orders = world.orders(terms)
    orders.quantity[0] = 1_700
    world.ordered(orders)
    (trade,) = world.trades_of(terms, orders)
    world.mine(world.trades.propose(trade))
    assert signed(world, trade).succeeded
    lapse = world.trades.lapse
    assert refusal_name(world.mine(lapse([trade.offer]))) == "NothingToLapse"
    world.time = world.calendar.delivery_start(0)
    assert world.mine(lapse([trade.offer])).succeeded
    totals = world.trades.token_totals(world.node)
    assert (totals.minted_wh, totals.lapsed_wh, totals.held_wh) == (1_700, 700, 1_000)
    assert refusal_name(world.mine(lapse([trade.offer]))) == "NothingToLapse"
    assert refusal_name(world.mine(lapse([trade.request]))) == "NothingToLapse"


def test_a_reading_counts_for_all_contracts_of_its_slot(
    trade_world: Any, book: Any, agreements: Make
) -> None:
    """A later, other reading of the same meter changes nothing."""
    world, terms = trade_world, agreements(TRADE, OTHER)
    first, second = world.in_force(terms)
    book.commit(terms)
    assert world.settle_trade(first, NET, GOOD).succeeded
    lie = NET.copy()
    lie[0] = 0
    assert world.settle_trade(second, lie, GOOD).succeeded
    outcome = settle(terms, NET, StabilityRates(100_000, 100_000))
    book.settle(terms, outcome, [0, 1])
    assert book.matches(world)


def test_a_meter_can_sign_its_own_reading(trade_world: Any, book: Any, agreements: Make) -> None:
    world, terms = trade_world, agreements(TRADE)
    (trade,) = world.in_force(terms)
    book.commit(terms)
    word = {0: (1 << 64 | 1 << 63 | 990), 1: (1 << 64 | 1_000)}
    readings = [
        world.trades.reading(party, 0, word[party].to_bytes(32), world.actors.meters[party])
        for party in (0, 1)
    ]
    world.time = world.calendar.delivery_end(0)
    assert world.mine(world.trades.settle(trade, *readings)).succeeded
    net = np.array([-990, 1_000, 0, 0, 0, 0, 0, 0])
    book.settle(terms, settle(terms, net, StabilityRates(100_000, 100_000)), [0])
    assert book.matches(world)


@pytest.mark.parametrize("signer", ["another meter", "a stranger"])
def test_a_reading_by_a_foreign_key_is_refused(
    trade_world: Any, agreements: Make, signer: str
) -> None:
    world = trade_world
    (trade,) = world.in_force(agreements(TRADE))
    key = world.actors.meters[3] if signer == "another meter" else party_key(99, "stranger")
    word = (1 << 64 | 5).to_bytes(32)
    readings = [world.trades.reading(0, 0, word, key), world.trades.reading(1, 0, word)]
    world.time = world.calendar.delivery_end(0)
    receipt = world.mine(world.trades.settle(trade, *readings))
    assert refusal_name(receipt) == "WrongSignature"


@pytest.mark.parametrize(
    ("quality", "error"),
    [(MISSING, "MalformedReading"), (3, "MalformedReading"), (SUBSTITUTED, "SubstituteTooEarly")],
)
def test_a_reading_that_does_not_count_is_refused(
    trade_world: Any, book: Any, agreements: Make, quality: int, error: str
) -> None:
    world, terms = trade_world, agreements(TRADE)
    (trade,) = world.in_force(terms)
    book.commit(terms)
    qualities = GOOD.copy()
    qualities[1] = quality
    assert refusal_name(world.settle_trade(trade, NET, qualities)) == error
    assert book.matches(world)


@pytest.mark.parametrize("doubt", ["contested", "suspended"])
def test_a_doubted_reading_waits_for_a_review(
    trade_world: Any, book: Any, agreements: Make, doubt: str
) -> None:
    world, terms = trade_world, agreements(TRADE)
    (trade,) = world.in_force(terms)
    book.commit(terms)
    world.time = world.calendar.delivery_start(0)
    if doubt == "contested":
        assert world.send_by(0, "market", "contest", 0).succeeded
    else:
        meter = [world.actors.meters[0].address]
        assert world.send_as("dso", "registry", "setMeterStanding", meter, False).succeeded
    error = {"contested": "Contested", "suspended": "MeterSuspended"}[doubt]
    assert refusal_name(world.settle_trade(trade, NET, GOOD)) == error
    qualities = GOOD.copy()
    qualities[0] = REVIEWED
    assert world.settle_trade(trade, NET, qualities).succeeded
    book.settle(terms, settle(terms, NET, StabilityRates(100_000, 100_000)), [0])
    assert book.matches(world)


def test_what_no_settlement_came_for_is_released(
    trade_world: Any, book: Any, agreements: Make
) -> None:
    world, terms = trade_world, agreements(TRADE, OTHER)
    first, second = world.in_force(terms)
    book.commit(terms)
    assert world.settle_trade(first, NET, GOOD).succeeded
    book.settle(terms, settle(terms, NET, StabilityRates(100_000, 100_000)), [0])
    last = world.calendar.last_settlement(0)
    receipt = world.mine(world.trades.release(second), last)
    assert refusal_name(receipt) == "ReleaseTooEarly"
    assert refusal_name(world.settle_trade(second, NET, GOOD, last + 1)) == "SettlementClosed"
    assert world.mine(world.trades.release(second)).succeeded
    book.release(terms, [1])
    assert book.matches(world)
    assert refusal_name(world.mine(world.trades.release(second))) == "WrongStep"


class Onlooker:
    """Free and locked money by lower-case address, and tokens, from the market's events alone."""

    def __init__(self, dso: str, stabiliser: str) -> None:
        self.free: dict[str, int] = defaultdict(int)
        self.locked: dict[str, int] = defaultdict(int)
        self.minted = self.burned = self.lapsed = 0
        self.dso, self.stabiliser = dso, stabiliser

    def follow(self, receipts: list[Receipt]) -> None:
        for receipt in receipts:
            for log in receipt.logs:
                event = artefact("TradeMarket").decode_log(log)
                if event is not None:
                    self._take(event[0], event[1])

    def _take(self, name: str, values: dict[str, Any]) -> None:
        if name == "Deposited" and "account" in values:
            self.free[values["account"]] += values["amount"]
        elif name == "Offered":
            self.minted += values["quantity"]
        elif name == "Lapsed":
            self.lapsed += values["lapsed"]
        elif name == "Signed":
            for side in ("seller", "buyer"):
                self.free[values[side]] -= values[f"{side}Escrow"]
                self.locked[values[side]] += values[f"{side}Escrow"]
        elif name in ("Settled", "Released"):
            for side in ("seller", "buyer"):
                self.locked[values[side]] -= values[f"{side}Flow"] >> 128
                self.free[values[side]] += values[f"{side}Flow"] & (1 << 128) - 1
            self.free[self.dso] += values.get("dsoPaid", 0)
            self.free[self.stabiliser] += values.get("stabiliserPaid", 0)
            self.burned += values.get("burned", 0)
            self.lapsed += values["lapsed"]


@pytest.mark.parametrize("kind", ["embedded per_trade", "anvil per_trade"])
def test_every_balance_follows_from_events(
    world_on: Callable[[str], Any], kind: str, agreements: Make
) -> None:
    world = world_on(kind)
    operators = world.actors.operators
    onlooker = Onlooker(operators["dso"].address.lower(), operators["lpd"].address.lower())
    deposits = [
        replace(
            r, logs=tuple(log for log in r.logs if log.address == world.contracts.market.lower())
        )
        for r in world.setup_receipts
    ]
    onlooker.follow(deposits)
    first, second = world.in_force(agreements(TRADE, OTHER))
    onlooker.follow(world.last)
    onlooker.follow([world.settle_trade(first, NET, GOOD)])
    late = world.calendar.last_settlement(0) + 1
    onlooker.follow([world.mine(world.trades.release(second), late)])
    held, totals = world.balances(), world.trades.token_totals(world.node)
    for index, holder in enumerate(address.lower() for address in world.holders):
        assert onlooker.free[holder] == held.free_neur[index]
        assert onlooker.locked[holder] == held.locked_neur[index]
    ours = (onlooker.minted, onlooker.burned, onlooker.lapsed)
    assert ours == (totals.minted_wh, totals.burned_wh, totals.lapsed_wh)
