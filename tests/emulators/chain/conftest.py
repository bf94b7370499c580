"""A deployed market on either node, put back to its first state for each test."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from dataclasses import fields as dataclass_fields
from typing import Any, ClassVar

import numpy as np
import pytest

from emulators.chain.artefacts import artefact, refusal_name
from emulators.chain.batches import Batch
from emulators.chain.deployment import Actors, Calendar, Contracts, equal_deposits, set_up
from emulators.chain.keys import party_key
from emulators.chain.market import Balances, MarketClient
from emulators.chain.nodes import EvmNode, Receipt, open_node
from emulators.chain.nodes.install import find_anvil
from emulators.chain.orders import OrderTerms, SignableOrders, sign_orders
from emulators.chain.trades import Trade, TradeClient, reading_words
from emulators.chain.transactions import CHAIN_ID, Sender, SignedTransaction
from emulators.chain.words import Readings
from twin.settlement import Agreements, Settlement, StabilityRates

SEED = 7
PARTIES = 8
DEPOSIT_NEUR = 50_000_000_000
FIRST_SLOT_START = 1_465_941_600
RATES = StabilityRates(short_ueur_per_kwh=100_000, long_ueur_per_kwh=100_000)
KINDS = ("embedded", "anvil")
NEWCOMER = party_key(55, "a new key")
"""Can pay gas, and is no party."""
ENDPOINTS = ("http", "ws", "ipc")
"""How an anvil that was started separately is reached."""


def agreements(*rows: tuple[int, ...]) -> Agreements:
    """From rows of tier, seller, buyer, origin, quantity, price, fee and both collaterals."""
    columns = np.array(rows, np.int64).reshape(-1, 9).T
    return Agreements(*(column.copy() for column in columns))


def skip_without_anvil(kind: str) -> None:
    if kind == "anvil" and find_anvil() is None:
        pytest.skip("anvil is not installed (`make anvil` installs it)")


@dataclass
class World:
    """A node with a market on it, and everybody's keys."""

    node: EvmNode
    actors: Actors
    contracts: Contracts
    calendar: Calendar
    setup: list[SignedTransaction]
    time: int
    setup_receipts: list[Receipt] = field(default_factory=list)
    blocks: list[tuple[int, list[bytes]]] = field(default_factory=list)
    own_senders: dict[int, Sender] = field(default_factory=dict)
    market: ClassVar[str] = "market"

    @property
    def client(self) -> MarketClient:
        return MarketClient(self.actors, self.contracts, self.calendar)

    @property
    def holders(self) -> tuple[str, ...]:
        """Participants, DSO, LPD."""
        operators = self.actors.operators
        return (*self.actors.addresses, operators["dso"].address, operators["lpd"].address)

    def mine(self, transaction: SignedTransaction, time: int | None = None) -> Receipt:
        self.time = self.time + 1 if time is None else time
        self.blocks.append((self.time, [transaction.raw]))
        (receipt,) = self.node.mine(self.time, [transaction.raw])
        if receipt.succeeded:
            assert receipt.gas_used < 0.9 * transaction.gas_limit
        return receipt

    def batch(self, terms: Agreements, slot: int = 0, number: int = 0, **more: Any) -> Batch:
        deadline = more.pop("deadline", self.calendar.delivery_start(slot))
        orders = more.pop("orders", None) or OrderTerms.allowing(terms, nonce=slot % 2**30)
        return self.client.batch(slot, deadline, terms, more.pop("rates", RATES), orders, number)

    def commit(self, batch: Batch, time: int | None = None) -> Receipt:
        client = self.client
        return self.mine(client.commit(batch, client.sign(batch)), time)

    def committed(self, terms: Agreements, slot: int = 0, number: int = 0, **more: Any) -> Batch:
        batch = self.batch(terms, slot, number, **more)
        receipt = self.commit(batch)
        assert receipt.succeeded, refusal_name(receipt)
        return batch

    def settle(self, batch: Batch, readings: Any, time: int | None = None) -> Receipt:
        """At the end of the slot unless told otherwise."""
        end = max(batch.delivery_end, self.time + 1)
        return self.mine(self.client.settle(batch, readings), end if time is None else time)

    def balances(self) -> Balances:
        return self.client.balances(self.node, self.holders)

    def send_as(self, name: str, contract: str, function: str, *arguments: Any) -> Receipt:
        """A call that operator `name` sends to one of the contracts."""
        return self._send(self.actors.senders[name], contract, function, *arguments)

    def send_by(self, index: int, contract: str, function: str, *arguments: Any) -> Receipt:
        """A call that a participant sends itself; it can pay gas in these tests."""
        if index not in self.own_senders:
            self.own_senders[index] = Sender(f"party {index}", self.actors.keys[index])
        return self._send(self.own_senders[index], contract, function, *arguments)

    def mark(self) -> Callable[[], None]:
        """Remember everything as it is now; what is returned goes back to it."""
        snapshot, time, blocks = self.node.snapshot(), self.time, len(self.blocks)
        nonces = {name: sender.nonce for name, sender in self.actors.senders.items()}

        def go_back() -> None:
            self.node.revert(snapshot)
            self.time = time
            del self.blocks[blocks:]
            self.own_senders.clear()
            for name, nonce in nonces.items():
                self.actors.senders[name].nonce = nonce

        return go_back

    def _send(self, sender: Sender, contract: str, function: str, *arguments: Any) -> Receipt:
        address = getattr(self.contracts, contract)
        kind = self.market if contract == "market" else contract
        name = "".join(part.capitalize() for part in kind.split("_"))
        data = artefact(name).encode_call(function, *arguments)
        return self.mine(sender.send(function, address, data, 3_000_000))


@dataclass
class TradeWorld(World):
    """A market where each agreement is a contract of its own."""

    market: ClassVar[str] = "trade_market"
    last: list[Receipt] = field(default_factory=list)

    @property
    def trades(self) -> TradeClient:
        return TradeClient(self.actors, self.contracts, self.calendar)

    def orders(self, terms: Agreements, slot: int = 0, **changes: Any) -> SignableOrders:
        """Orders that allow `terms`: one offer per seller and origin, one request per buyer."""
        allowed = OrderTerms.allowing(terms)
        rows = [
            (party, 0, origin, int(terms.quantity_wh[mine].sum()), limit)
            for party, request, limit in zip(
                allowed.participant, allowed.is_request, allowed.limit_ueur_per_kwh, strict=True
            )
            if not request
            for origin in np.unique(terms.origin[terms.seller == party])
            for mine in [(terms.seller == party) & (terms.origin == origin)]
        ]
        requests = np.flatnonzero(allowed.is_request)
        party = np.array([r[0] for r in rows] + allowed.participant[requests].tolist())
        many = len(party)
        fields = {
            "party": self.trades.party_addresses[party],
            "slot": np.full(many, slot),
            "side": np.repeat([0, 1], [len(rows), len(requests)]),
            "quantity": np.array(
                [r[3] for r in rows] + allowed.quantity_wh[requests].tolist(), np.int64
            ),
            "limit": np.array(
                [r[4] for r in rows] + allowed.limit_ueur_per_kwh[requests].tolist(), np.int64
            ),
            "wish": np.zeros(many, np.int64),
            "origins": np.array(
                [1 << int(r[2]) for r in rows] + allowed.origins[requests].tolist(), np.int64
            ),
            "nonce": np.full(many, slot),
            "expiry": np.full(many, self.calendar.delivery_start(slot)),
        }
        return SignableOrders(**{**fields, **changes})

    def ordered(self, orders: SignableOrders) -> list[Receipt]:
        """Steps A and B."""
        by_address = {key.address_bytes: key for key in self.actors.keys}
        keys = [by_address[party.tobytes()] for party in orders.party]
        signatures = sign_orders(orders, self.trades.separator, keys)
        return [
            self.mine(self.trades.order(words, int(side), signature))
            for words, side, signature in zip(orders.words(), orders.side, signatures, strict=True)
        ]

    def trades_of(
        self, terms: Agreements, orders: SignableOrders, slot: int = 0, rates: Any = RATES
    ) -> list[Trade]:
        deadline = self.calendar.delivery_start(slot)
        parts = []
        for origin in np.unique(terms.origin):
            # A seller of two origins has an offer of each.
            fits = (orders.side == 1) | (orders.origins == 1 << origin)
            some = SignableOrders(
                *(getattr(orders, f.name)[fits] for f in dataclass_fields(SignableOrders))
            )
            rows = np.flatnonzero(terms.origin == origin)
            made = self.trades.trades(slot, deadline, terms.take(rows), rates, some)
            parts += list(zip(rows.tolist(), made, strict=True))
        return [trade for _, trade in sorted(parts, key=lambda pair: pair[0])]

    def in_force(self, terms: Agreements, slot: int = 0, rates: Any = RATES) -> list[Trade]:
        """Steps A to F of all agreements of a slot."""
        orders = self.orders(terms, slot)
        trades = self.trades_of(terms, orders, slot, rates)
        receipts = self.ordered(orders)
        receipts += [self.mine(self.trades.propose(trade)) for trade in trades]
        receipts += [
            self.mine(self.trades.sign(trade, self.trades.signatures(trade))) for trade in trades
        ]
        assert all(r.succeeded for r in receipts), [refusal_name(r) for r in receipts]
        self.last = receipts
        return trades

    def settle_trade(
        self, trade: Trade, net: Any, quality: Any, time: int | None = None
    ) -> Receipt:
        readings = reading_words(Readings(net, quality, np.zeros(len(net), bool)))
        both = [
            self.trades.reading(party, trade.slot, readings[party])
            for party in (trade.seller, trade.buyer)
        ]
        end = max(self.calendar.delivery_end(trade.slot), self.time + 1)
        return self.mine(self.trades.settle(trade, *both), end if time is None else time)


def deploy(
    kind: str, parties: int = PARTIES, stabiliser: Any = "lpd", style: Any = "batch"
) -> World:
    """A fresh node with a market and `parties` participants that hold deposits."""
    actors = Actors(SEED, [f"H{i:02d}" for i in range(parties)])
    calendar = Calendar(FIRST_SLOT_START, 900, 86_400, 86_400)
    roles = np.arange(parties) % 4
    contracts, transactions = set_up(
        actors, calendar, roles, equal_deposits(parties, DEPOSIT_NEUR), stabiliser, style
    )
    start = FIRST_SLOT_START - 7200
    funded = (*actors.funded, *actors.addresses, NEWCOMER.address)
    node = open_node(kind, start, funded)  # type: ignore[arg-type]
    made = World if style == "batch" else TradeWorld
    world = made(node, actors, contracts, calendar, transactions, start)
    for transaction in transactions:
        world.setup_receipts.append(world.mine(transaction))
    world.time = FIRST_SLOT_START - 900
    return world


@pytest.fixture(scope="session")
def _worlds() -> Iterator[dict[str, World]]:
    worlds: dict[str, World] = {}
    yield worlds
    for world in worlds.values():
        world.node.close()


@pytest.fixture
def world_on(_worlds: dict[str, World]) -> Iterator[Callable[[str], World]]:
    """The market on a node of the kind asked for, as it was after its deployment."""
    undo: dict[str, Callable[[], None]] = {}

    def on(kind: str) -> World:
        """A node, and behind a space the contract style unless it is batch."""
        skip_without_anvil(kind.split()[0])
        if kind not in _worlds:
            node, _, style = kind.partition(" ")
            _worlds[kind] = deploy(node, style=style or "batch")
        if kind not in undo:
            undo[kind] = _worlds[kind].mark()
        return _worlds[kind]

    yield on
    for go_back in undo.values():
        go_back()


@pytest.fixture
def world(world_on: Callable[[str], World]) -> World:
    """The market on the embedded node."""
    return world_on("embedded")


@pytest.fixture
def trade_world(world_on: Callable[[str], World]) -> World:
    """A market with contracts one by one, on the embedded node."""
    return world_on("embedded per_trade")


@pytest.fixture(params=KINDS)
def any_world(request: pytest.FixtureRequest, world_on: Callable[[str], World]) -> World:
    """The market on each node in turn."""
    return world_on(request.param)


@pytest.fixture(params=KINDS)
def any_kind(request: pytest.FixtureRequest) -> str:
    """Each kind of node that is installed."""
    kind: str = request.param
    skip_without_anvil(kind)
    return kind


def answers(ipc: str) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(ipc) == 0


@contextmanager
def separate_anvil(genesis_time: int, *options: str) -> Iterator[dict[str, str]]:
    """An anvil that somebody else started; where it answers, by kind of endpoint."""
    skip_without_anvil("anvil")
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        ipc = f"{folder}/anvil.ipc"
        command = [str(find_anvil()), "--port", str(port), "--ipc", ipc, "--quiet"]
        command += ["--timestamp", str(genesis_time), "--order", "fifo", "--hardfork", "cancun"]
        process = subprocess.Popen([*command, *options])
        try:
            give_up = time.monotonic() + 20
            while not answers(ipc):
                assert time.monotonic() < give_up
                assert process.poll() is None
                time.sleep(0.02)
            yield {
                "http": f"http://127.0.0.1:{port}",
                "ws": f"ws://127.0.0.1:{port}",
                "ipc": ipc,
            }
        finally:
            process.kill()
            process.wait()


@pytest.fixture(name="separate_anvil")
def _separate_anvil() -> Any:
    return separate_anvil


@pytest.fixture(params=(*KINDS, *ENDPOINTS))
def opened(request: pytest.FixtureRequest) -> Iterator[Callable[..., EvmNode]]:
    """Opens a node of each kind, and one that was started separately at each kind of endpoint."""
    with ExitStack() as started:

        def open_(genesis_time: int, funded: Any, block_gas_limit: int = 60_000_000) -> EvmNode:
            kind = request.param
            if kind in ENDPOINTS:
                limits = ("--gas-limit", str(block_gas_limit), "--chain-id", str(CHAIN_ID))
                made = separate_anvil(genesis_time, *limits)
                kind = started.enter_context(made)[kind]
            else:
                skip_without_anvil(kind)
            return started.enter_context(open_node(kind, genesis_time, funded, block_gas_limit))

        yield open_


@pytest.fixture(name="agreements")
def _agreements() -> Callable[..., Agreements]:
    return agreements


@pytest.fixture(name="deploy")
def _deploy() -> Iterator[Callable[..., World]]:
    worlds = []

    def deploy_(kind: str, *arguments: Any) -> World:
        skip_without_anvil(kind)
        worlds.append(deploy(kind, *arguments))
        return worlds[-1]

    yield deploy_
    for world in worlds:
        world.node.close()


class BalanceBook:
    """Accounts by the reference settlement: participants, then DSO, then LPD [n€]; tokens [Wh]."""

    def __init__(self, parties: int, deposit_neur: int, stabiliser: str = "lpd") -> None:
        self.free = np.append(np.full(parties, deposit_neur, np.int64), (0, 0))
        self.locked = np.zeros_like(self.free)
        self.minted = self.burned = self.lapsed = 0
        self._dso = parties
        self._stabiliser = parties + (stabiliser == "lpd")

    def commit(self, terms: Agreements) -> None:
        self._lock(terms, 1)
        self.minted += int(terms.quantity_wh.sum())

    def settle(self, terms: Agreements, outcome: Settlement, rows: Any) -> None:
        settled = terms.take(rows)
        self._lock(settled, -1, to_free=0)
        seller_gets = outcome.seller_paid_neur + outcome.seller_returned_neur
        np.add.at(self.free, settled.seller, seller_gets[rows])
        np.add.at(self.free, settled.buyer, outcome.buyer_returned_neur[rows])
        self.free[self._dso] += outcome.dso_paid_neur[rows].sum()
        self.free[self._stabiliser] += outcome.stabiliser_paid_neur[rows].sum()
        lapsed = int(outcome.seller_short_wh[rows].sum())
        self.lapsed += lapsed
        self.burned += int(settled.quantity_wh.sum()) - lapsed

    def release(self, terms: Agreements, rows: Any) -> None:
        self._lock(terms.take(rows), -1)
        self.lapsed += int(terms.quantity_wh[rows].sum())

    def _lock(self, terms: Agreements, sign: int, to_free: int = 1) -> None:
        rate = terms.price_ueur_per_kwh + terms.fee_ueur_per_kwh
        for party, escrow in (
            (terms.seller, terms.seller_collateral_neur),
            (terms.buyer, rate * terms.quantity_wh + terms.buyer_collateral_neur),
        ):
            np.add.at(self.locked, party, sign * escrow)
            np.add.at(self.free, party, -sign * to_free * escrow)

    def matches(self, world: World) -> bool:
        """Whether every balance and token total on the ledger is this book's, to the unit."""
        held = world.balances()
        totals = world.client.token_totals(world.node)
        np.testing.assert_array_equal(held.free_neur, self.free)
        np.testing.assert_array_equal(held.locked_neur, self.locked)
        assert (totals.minted_wh, totals.burned_wh, totals.lapsed_wh) == (
            self.minted,
            self.burned,
            self.lapsed,
        )
        return True


@pytest.fixture
def book() -> BalanceBook:
    """The accounts of the market of `world` by the reference settlement."""
    return BalanceBook(PARTIES, DEPOSIT_NEUR)
