"""Gas per settled contract, for several sizes of a batch, beside what others published.

`python -P benchmarks/gas.py` prints the table and the time that a slot takes on each node;
`python -P benchmarks/gas.py --write` writes `.gas-snapshot`, with which the tests compare.

A slot of P participants and C contracts: every meter is off by a few Wh, so that every contract
goes through the whole of the incomplete settlement. `first` is a market's first slot, where most
storage words are written for the first time; `mean` is the mean of the eight slots after it, which
is what goes on: a seller's word of energy tokens serves eight slots. Where contracts stand one by
one, `second` is the second slot that the market sees.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from emulators.chain.artefacts import refusal
from emulators.chain.batches import Batch
from emulators.chain.deployment import Actors, Calendar, equal_deposits, set_up
from emulators.chain.market import MarketClient
from emulators.chain.nodes import EvmNode, open_node
from emulators.chain.nodes.install import find_anvil
from emulators.chain.orders import OrderTerms, SignableOrders, sign_orders
from emulators.chain.trades import TradeClient, reading_words
from emulators.chain.transactions import SignedTransaction
from emulators.chain.words import MEASURED, Readings
from twin.settlement import Agreements, StabilityRates

SNAPSHOT: Final = Path(__file__).parents[1] / ".gas-snapshot"
SIZES: Final = ((10, 10), (50, 100), (10, 100), (100, 500))
"""Participants and contracts of a batch."""
STYLES: Final = ("batch", "per_trade")
MEAN_SLOTS: Final = 8
FIRST_SLOT_START: Final = 1_465_941_600
PUBLISHED: Final = (
    ("CoW GPv2, batch of 10 trades", "76 000"),
    ("CoW GPv2, large batches", "just under 60 000"),
    ("Seaport, per order", "90 000 to 178 000"),
    ("escrow of five transactions per contract", "about 695 000"),
    ("lemlab, auction on chain, per trade to clear", "1 000 000 to 1 400 000"),
    ("lemlab, per household and slot to settle", "5 300 000"),
)
"""Others' gas; sources in the table of `twin validate`."""


@dataclass(frozen=True)
class Cost:
    """What one slot's contracts cost together [gas]."""

    commit: int
    settle: int

    @property
    def total(self) -> int:
        return self.commit + self.settle


def slot_terms(parties: int, contracts: int, slot: int) -> Agreements:
    """Contracts of one slot: half the parties sell to the other half; with too few pairs for that,
    everybody trades with everybody, in both directions and through two tiers."""
    half = parties // 2
    pairs = [(1, k % half, half + (k + k // half) % half) for k in range(contracts)]
    if contracts > half * half:
        everybody = range(parties)
        every = [(t, s, b) for t in (1, 2) for s in everybody for b in everybody if s != b]
        pairs = [every[k * len(every) // contracts] for k in range(contracts)]
    rows = np.array(pairs)
    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    k = np.arange(contracts)
    return Agreements(
        tier=rows[:, 0],
        seller=rows[:, 1],
        buyer=rows[:, 2],
        origin=rows[:, 1] % 2,
        quantity_wh=100 + (37 * k + 11 * slot) % 900,
        price_ueur_per_kwh=150_000 + (1_009 * k) % 90_000,
        fee_ueur_per_kwh=20_000 + (101 * k) % 20_000,
        seller_collateral_neur=np.full(contracts, 90_000_000),
        buyer_collateral_neur=np.full(contracts, 90_000_000),
    )


def measured(terms: Agreements, parties: int) -> Any:
    """Net positions (n,) [Wh], each a few Wh off what was agreed."""
    net = np.zeros(parties, np.int64)
    np.add.at(net, terms.buyer, terms.quantity_wh)
    np.subtract.at(net, terms.seller, terms.quantity_wh)
    off: Any = net + 7 * (np.arange(parties) % 5 - 2) + 3
    return off


class Bench:
    """A market with deposits on a node of its own."""

    def __init__(self, kind: Any, parties: int, style: Any = "batch") -> None:
        self.actors = Actors(1, [f"H{i:03d}" for i in range(parties)])
        self.calendar = Calendar(FIRST_SLOT_START, 900)
        deposits = equal_deposits(parties, 10**12)
        self.contracts, transactions = set_up(
            self.actors, self.calendar, np.arange(parties) % 4, deposits, style=style
        )
        start = FIRST_SLOT_START - 100_000
        self.node: EvmNode = open_node(kind, start, self.actors.funded)
        self.time, self.seconds = start, 0.0
        self.client = MarketClient(self.actors, self.contracts, self.calendar)
        for transaction in transactions:  # in blocks of their own: some hold a hundred parties
            self.mine_all([transaction])

    def mine_all(self, transactions: list[SignedTransaction], at: int = 0) -> int:
        """Mine in as few blocks as hold them, not before `at`; the gas that they took."""
        used, block = 0, 60
        # in this process, what counts is the processor; anvil is another one
        clock = time.process_time if self.node.name == "embedded" else time.perf_counter
        self.time = max(self.time + 1, at)
        for start in range(0, len(transactions), block):
            part = transactions[start : start + block]
            begin = clock()
            receipts = self.node.mine(self.time, [each.raw for each in part])
            self.seconds += clock() - begin
            self.time += 1
            for transaction, receipt in zip(part, receipts, strict=True):
                if not receipt.succeeded:
                    said = refusal(receipt.revert_data)
                    raise SystemExit(f"{transaction.kind} was refused: {said}")
                used += receipt.gas_used
        return used

    def slots(self, contracts: int, slots: range) -> Iterator[Cost]:
        """What each of `slots` costs, in their order."""
        client, calendar, parties = self.client, self.calendar, len(self.actors.keys)
        before: tuple[int, Batch] | None = None
        for slot in slots:
            terms = slot_terms(parties, contracts, slot)
            orders = OrderTerms.allowing(terms, nonce=slot)
            gate = calendar.delivery_start(slot)
            batch = client.batch(slot, gate, terms, StabilityRates(80_000, 60_000), orders)
            gas = self.mine_all([client.commit(batch, client.sign(batch))], gate - 10)
            if before is not None:  # a slot ends as the next one begins
                yield Cost(before[0], self.settle(before[1]))
            before = (gas, batch)
        if before is not None:
            yield Cost(before[0], self.settle(before[1]))

    def one_by_one(self, contracts: int, slots: range) -> Iterator[Cost]:
        """What each of `slots` costs where each contract goes through the paper's steps alone."""
        client = TradeClient(self.actors, self.contracts, self.calendar)
        parties, keys = len(self.actors.keys), self.actors.keys
        quality, none = np.full(parties, MEASURED, np.uint8), np.zeros(parties, bool)
        for slot in slots:
            terms = slot_terms(parties, contracts, slot)
            gate = self.calendar.delivery_start(slot)
            orders, owners = _signable(terms, slot, gate, client)
            signed = sign_orders(orders, client.separator, [keys[owner] for owner in owners])
            listed = zip(orders.words(), orders.side, signed, strict=True)
            trades = client.trades(slot, gate, terms, StabilityRates(80_000, 60_000), orders)
            made = [client.order(words, int(side), given) for words, side, given in listed]
            made += [client.propose(trade) for trade in trades]
            made += [client.sign(trade, client.signatures(trade)) for trade in trades]
            readings = reading_words(Readings(measured(terms, parties), quality, none))
            packed = [client.reading(party, slot, word) for party, word in enumerate(readings)]
            settles = [client.settle(t, packed[t.seller], packed[t.buyer]) for t in trades]
            commit = self.mine_all(made, gate - 600)
            yield Cost(commit, self.mine_all(settles, gate + self.calendar.slot_s))

    def settle(self, batch: Batch) -> int:
        """Settle a batch as its slot ends; the gas that it took."""
        readings = batch.all_measured(measured(batch.agreements, len(self.actors.keys)))
        return self.mine_all([self.client.settle(batch, readings)], batch.delivery_end)


def _signable(
    terms: Agreements, slot: int, gate: int, client: TradeClient
) -> tuple[SignableOrders, Any]:
    """The narrowest orders that allow `terms`, and whose they are."""
    allowed = OrderTerms.allowing(terms)
    many = len(allowed.participant)
    orders = SignableOrders(
        party=client.party_addresses[allowed.participant],
        slot=np.full(many, slot),
        side=allowed.is_request.astype(np.int64),
        quantity=allowed.quantity_wh,
        limit=allowed.limit_ueur_per_kwh,
        wish=allowed.limit_ueur_per_kwh,
        origins=allowed.origins,
        nonce=np.full(many, slot),
        expiry=np.full(many, gate),
    )
    return orders, allowed.participant


def measure(style: str, parties: int, contracts: int, kind: Any = "auto") -> list[str]:
    """Two lines of the snapshot: gas of a whole slot, and per contract rounded up."""
    bench = Bench(kind, parties, style)
    with bench.node:
        if style == "batch":
            costs = list(bench.slots(contracts, range(1 + MEAN_SLOTS)))
        else:
            costs = list(bench.one_by_one(contracts, range(0, 4, 2)))
    rest = costs[1:]
    later = Cost(*(sum(getattr(c, n) for c in rest) // len(rest) for n in ("commit", "settle")))
    lines = []
    for when, cost in (("first", costs[0]), ("mean" if style == "batch" else "second", later)):
        each = -(-cost.total // contracts)
        lines.append(
            f"{style} {parties}x{contracts} {when}: commit {cost.commit} settle {cost.settle} "
            f"total {cost.total} per_contract {each}"
        )
    return lines


def milliseconds_per_slot(kind: str, parties: int = 50, contracts: int = 100) -> float:
    """What a node takes for one slot's commit and settlement, mean of some slots [ms]."""
    bench = Bench(kind, parties)
    with bench.node:
        list(bench.slots(contracts, range(1)))
        bench.seconds = 0.0
        count = len(list(bench.slots(contracts, range(2, 7))))
        return 1_000 * bench.seconds / count


def main() -> None:
    cases = [(style, *size) for style in STYLES for size in SIZES]
    lines = [line for case in cases for line in measure(*case)]
    if "--write" in sys.argv[1:]:
        SNAPSHOT.write_text("\n".join(lines) + "\n")
    print("Gas per settled contract (commit + settle; participants x contracts in one batch)")
    print("\n".join(lines))
    print("\nPublished by others, gas per trade, order or contract:")
    for name, gas in PUBLISHED:
        print(f"  {name}: {gas}")
    print("\nTime on the chain for one slot of 100 contracts among 50 participants, as one batch:")
    for kind in ("embedded", "anvil"):
        if kind == "anvil" and find_anvil() is None:
            print("  anvil: not installed (`make anvil`)")
        else:
            print(f"  {kind}: {milliseconds_per_slot(kind):.0f} ms")


if __name__ == "__main__":
    main()
