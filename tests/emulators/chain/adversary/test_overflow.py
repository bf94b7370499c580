"""Values at the limits of their types, where unchecked sums would come round."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import artefact, refusal_name
from emulators.chain.words import MEASURED, Readings
from twin.settlement import Agreements, StabilityRates

Make = Callable[..., Agreements]
MOST_WH, MOST_RATE, MOST_MONEY = 2**32 - 1, 2**24 - 1, 2**63 - 1
LARGEST = (2, 0, 1, 7, MOST_WH, MOST_RATE, MOST_RATE, MOST_MONEY, MOST_MONEY)
RATES = StabilityRates(2**32 - 1, 2**32 - 1)


def balance(world: Any, index: int) -> tuple[int, int]:
    """Free and locked, whatever their size."""
    market = artefact("Market")
    output = world.node.call(
        world.contracts.market, market.encode_call("balancesOf", [world.holders[index]])
    )
    (free,), (locked,) = market.decode_result("balancesOf", output)
    return free, locked


def endow(world: Any, index: int, amount: int) -> None:
    """Coins beyond the 64 bits of the testbed's integers, deposited."""
    address = world.actors.addresses[index]
    assert world.send_as("lpd", "stablecoin", "deposit", [address], [amount]).succeeded
    assert world.send_by(index, "stablecoin", "approve", world.contracts.market, amount).succeeded
    assert world.send_by(index, "market", "deposit", amount).succeeded


def test_the_largest_agreement_unpaid_for(world: Any, agreements: Make, refused: Any) -> None:
    """The sum that is asked for is the true one, and not what is left of it modulo 2⁶⁴."""
    refused(lambda: world.commit(world.batch(agreements(LARGEST), rates=RATES)), "InsufficientFree")


@pytest.mark.parametrize(("x", "y"), [(0, 0), (MOST_WH, 0), (0, MOST_WH), (MOST_WH // 2, MOST_WH)])
def test_the_largest_agreement_settled(world: Any, agreements: Make, x: int, y: int) -> None:
    """With limits in every field, each n€ arrives where exact integers put it."""
    for index in (0, 1):
        endow(world, index, 2**70)
    before = [sum(balance(world, index)) for index in (0, 1, 8, 9)]
    batch = world.committed(agreements(LARGEST), rates=RATES)
    net = np.zeros(8, np.int64)
    net[:2] = [x - MOST_WH, MOST_WH - y]
    assert world.settle(batch, batch.all_measured(net)).succeeded
    after = [sum(balance(world, index)) for index in (0, 1, 8, 9)]
    m = min(x, y)
    u_s = min(MOST_MONEY, (x - m) * RATES.short_ueur_per_kwh)
    u_b = min(MOST_MONEY, (y - m) * RATES.long_ueur_per_kwh)
    assert [now - then for now, then in zip(after, before, strict=True)] == [
        MOST_RATE * (MOST_WH - x) - u_s,
        -2 * MOST_RATE * (MOST_WH - m) - u_b,
        MOST_RATE * (MOST_WH - m),
        MOST_RATE * (x - m) + u_s + u_b,
    ]
    assert balance(world, 0)[1] == balance(world, 1)[1] == 0


@pytest.mark.parametrize("sign", [-1, 1])
def test_the_largest_reading(world: Any, agreements: Make, sign: int) -> None:
    """A deviation is capped by what was agreed, however far the meter ran."""
    batch = world.committed(agreements((1, 0, 1, 0, 1_000, 200_000, 0, 7_000_000, 9_000_000)))
    extreme = np.full(2, sign * (2**63 - 1), np.int64)
    readings = Readings(extreme, np.full(2, MEASURED, np.uint8), np.zeros(2, bool))
    assert world.settle(batch, readings).succeeded
    held = world.balances()
    assert held.free_neur.sum() == 8 * 50_000_000_000
    assert held.free_neur[:2].min() >= 50_000_000_000 - 1_000 * 200_000 - 9_000_000


def test_more_coins_than_accounts_can_count(world: Any, refused: Any) -> None:
    address = world.actors.addresses[0]
    assert world.send_as("lpd", "stablecoin", "deposit", [address], [2**97]).succeeded
    contracts = world.contracts
    assert world.send_by(0, "stablecoin", "approve", contracts.market, 2**97).succeeded
    for amount in (2**96, 2**96 - 1):
        receipt = world.send_by(0, "market", "deposit", amount)
        assert refusal_name(receipt) == "TooManyCoins"


def test_the_last_slot_that_a_number_can_name(world: Any, agreements: Make) -> None:
    """2³² − 1 is a slot like any other: taken, and not settled before its time."""
    trade = (1, 0, 1, 0, 1_000, 200_000, 0, 7_000_000, 9_000_000)
    batch = world.committed(agreements(trade), slot=2**32 - 1)
    receipt = world.settle(batch, batch.all_measured(np.zeros(8, np.int64)), world.time + 1)
    assert refusal_name(receipt) == "NotDelivered"
