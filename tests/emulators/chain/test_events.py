"""An onlooker without access to the state rebuilds every balance from events alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from emulators.chain.artefacts import artefact
from emulators.chain.deployment import Contracts
from emulators.chain.market import holdings_of, token_id
from emulators.chain.nodes import Receipt
from emulators.chain.words import MEASURED, MISSING
from twin.settlement import Agreements

ROWS = (
    (0, 0, 1, 0, 600, 200_000, 0, 30_000_000, 30_000_000),
    (1, 1, 2, 1, 500, 180_000, 20_000, 40_000_000, 40_000_000),
    (1, 3, 2, 0, 700, 180_000, 20_000, 50_000_000, 50_000_000),
)
NOBODY = "0x" + "00" * 20


class Onlooker:
    """Balances [n€] and tokens [Wh] by lower-case address, from nothing but events."""

    def __init__(self, contracts: Contracts) -> None:
        self.contracts = {
            contracts.registry.lower(): "Registry",
            contracts.stablecoin.lower(): "Stablecoin",
            contracts.energy_token.lower(): "EnergyToken",
            contracts.market.lower(): "Market",
        }
        self.wallet: dict[str, int] = defaultdict(int)
        self.free: dict[str, int] = defaultdict(int)
        self.locked: dict[str, int] = defaultdict(int)
        self.tokens: dict[tuple[str, int], int] = defaultdict(int)
        self.minted = self.burned = self.lapsed = 0
        self.dso = self.stabiliser = NOBODY
        self.parties: dict[tuple[int, int], list[str]] = {}

    def follow(self, receipts: list[Receipt]) -> None:
        for receipt in receipts:
            for log in receipt.logs:
                contract = self.contracts[log.address]
                event = artefact(contract).decode_log(log)
                assert event is not None
                handler = getattr(self, f"on_{contract}_{event[0]}".lower(), None)
                if handler:
                    handler(**{name.replace("from", "from_"): v for name, v in event[1].items()})

    def on_registry_operatorsappointed(self, operators: tuple[str, ...]) -> None:
        _, self.dso, _, self.stabiliser, _ = operators

    def on_stablecoin_transfer(self, from_: str, to: str, value: int) -> None:
        self.wallet[from_] -= value
        self.wallet[to] += value

    def on_energytoken_transfersingle(
        self, operator: str, from_: str, to: str, id: int, value: int
    ) -> None:
        self.minted += value * (from_ == NOBODY)
        self.tokens[from_, id] -= value
        self.tokens[to, id] += value

    def on_market_deposited(self, account: str, amount: int) -> None:
        self.free[account] += amount

    def on_market_withdrawn(self, account: str, amount: int) -> None:
        self.free[account] -= amount

    def on_market_committed(self, slot: int, batch: int, terms: bytes, escrows: bytes) -> None:
        self.parties[slot, batch] = []
        for word in words(escrows):
            party, amount = f"0x{word >> 96:040x}", word & (1 << 96) - 1
            self.parties[slot, batch].append(party)
            self.free[party] -= amount
            self.locked[party] += amount

    def on_market_settled(
        self,
        slot: int,
        batch: int,
        flows: bytes,
        dsoPaid: int,  # noqa: N803
        stabiliserPaid: int,  # noqa: N803
        burned: int,
        lapsed: int,
        complete: bool,
    ) -> None:
        self.free[self.dso] += dsoPaid
        self.free[self.stabiliser] += stabiliserPaid
        self.burned += burned
        self.on_market_released(slot, batch, flows, lapsed)

    def on_market_released(self, slot: int, batch: int, flows: bytes, lapsed: int) -> None:
        self.lapsed += lapsed
        for party, word in zip(self.parties[slot, batch], words(flows), strict=True):
            self.locked[party] -= word >> 128
            self.free[party] += word & (1 << 128) - 1


def words(packed: bytes) -> list[int]:
    return [int.from_bytes(packed[at : at + 32]) for at in range(0, len(packed), 32)]


def agree(onlooker: Onlooker, world: Any) -> bool:
    """Whether the onlooker's balances and tokens are those on the ledger."""
    held = world.balances()
    for index, holder in enumerate(address.lower() for address in world.holders):
        assert onlooker.wallet[holder] == held.wallet_neur[index]
        assert onlooker.free[holder] == held.free_neur[index]
        assert onlooker.locked[holder] == held.locked_neur[index]
    for slot in (0, 1):
        for origin in (0, 1):
            tokens = holdings_of(world.node, world.contracts, world.holders, slot, origin)
            for holder, amount in zip(world.holders, tokens, strict=True):
                assert onlooker.tokens[holder.lower(), token_id(slot, origin)] == amount
    totals = world.client.token_totals(world.node)
    assert (onlooker.minted, onlooker.burned, onlooker.lapsed) == (
        totals.minted_wh,
        totals.burned_wh,
        totals.lapsed_wh,
    )
    return True


def test_every_balance_follows_from_events(
    any_world: Any, agreements: Callable[..., Agreements]
) -> None:
    world = any_world
    onlooker = Onlooker(world.contracts)
    onlooker.follow(world.setup_receipts)
    assert agree(onlooker, world)

    terms = agreements(*ROWS)
    batches = [world.batch(terms, slot=slot) for slot in (0, 1)]
    for batch in batches:
        onlooker.follow([world.commit(batch)])
        assert agree(onlooker, world)

    net = np.array([-500, 90, 1_150, -710, 0, 0, 0, 0])
    quality = np.full(8, MEASURED, np.uint8)
    quality[0] = MISSING
    first = batches[0].readings(net, quality)
    onlooker.follow([world.settle(batches[0], first)])
    assert agree(onlooker, world)
    onlooker.follow([world.settle(batches[0], batches[0].readings(net, quality * 0 + 1, first))])
    assert agree(onlooker, world)

    onlooker.follow([world.send_by(2, "market", "withdraw", 1_234)])
    late = world.calendar.last_settlement(1) + 1
    released = world.mine(world.client.release(batches[1], batches[1].none_read()), late)
    onlooker.follow([released])
    assert agree(onlooker, world)
