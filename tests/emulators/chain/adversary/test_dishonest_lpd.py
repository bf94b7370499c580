"""The retailer of last resort asks for more than it signed, or would rather see failures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emulators.chain.keys import party_key
from twin.settlement import Agreements, StabilityRates

Make = Callable[..., Agreements]
DEPOSIT_NEUR = 50_000_000_000
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
SIGNED = StabilityRates(100_000, 100_000)
RAISED = (StabilityRates(100_001, 100_000), StabilityRates(100_000, 2**32 - 1))


@pytest.mark.parametrize("raised", RAISED, ids=["short", "long"])
def test_rates_raised_before_the_commit(
    world: Any, agreements: Make, refused: Any, raised: StabilityRates
) -> None:
    """Its own signature on more does not make the parties' signatures cover it."""
    signed = world.batch(agreements(TRADE), rates=SIGNED)
    asked = replace(signed, rates=raised)
    signatures = [*world.client.sign(signed)[:3], *world.client.sign(asked)[3:]]
    refused(lambda: world.mine(world.client.commit(asked, signatures)), "WrongSignature")


@pytest.mark.parametrize("raised", RAISED, ids=["short", "long"])
def test_rates_raised_before_the_settlement(
    world: Any, agreements: Make, refused: Any, kept: Any, raised: StabilityRates
) -> None:
    batch = world.committed(agreements(TRADE), rates=SIGNED)
    net = kept(batch.agreements)
    net[0] = 0
    asked = replace(batch, rates=raised)
    refused(lambda: world.settle(asked, asked.all_measured(net)), "UnknownBatch")


def test_a_profit_from_failures_ends_at_the_collateral(
    world: Any, agreements: Make, kept: Any
) -> None:
    """However high the signed rates, nobody loses more than its escrow, or without failing."""
    rates = StabilityRates(2**32 - 1, 2**32 - 1)
    batch = world.committed(agreements(TRADE), rates=rates)
    net = kept(batch.agreements)
    net[0] = 0
    assert world.settle(batch, batch.all_measured(net)).succeeded
    held = world.balances()
    assert held.free_neur[0] == DEPOSIT_NEUR - 7_000_000
    assert held.free_neur[1] == DEPOSIT_NEUR - 1_000 * 220_000
    assert held.free_neur[-1] == 1_000 * 200_000 + 7_000_000


def test_a_failure_made_up_by_the_lpd(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    batch = world.committed(agreements(TRADE))
    net = kept(batch.agreements)
    net[0] = 0
    lpd = world.actors.operators["lpd"]
    made_up = world.client.settle(batch, batch.all_measured(net), oracle=lpd)
    refused(lambda: world.mine(made_up, batch.delivery_end), "WrongSignature")


def test_a_registry_is_not_the_lpds_to_change(world: Any, refused: Any) -> None:
    """It cannot make itself DSO, oracle or admission."""
    lpd = world.actors.operators["lpd"].address
    refused(
        lambda: world.send_as("lpd", "registry", "appoint", (lpd,) * 5),
        "AccessControlUnauthorizedAccount",
    )
    refused(
        lambda: world.send_as("lpd", "registry", "setStanding", [world.actors.addresses[0]], False),
        "AccessControlUnauthorizedAccount",
    )


def test_an_issuer_cannot_move_coins_of_others(world: Any, refused: Any) -> None:
    """The LPD issues the coin; what is in the market or in a wallet is not its own."""
    market, lpd = world.contracts.market, world.actors.operators["lpd"].address
    refused(
        lambda: world.send_as("lpd", "stablecoin", "transferFrom", market, lpd, 1),
        "ERC20InsufficientAllowance",
    )
    refused(lambda: world.send_as("lpd", "market", "withdraw", 1), "InsufficientFree")


def test_the_lpd_signs_with_a_retired_key(world: Any, agreements: Make, refused: Any) -> None:
    operators = world.actors.operators
    appointed = [operators[name].address for name in ("auction_house", "dso")]
    fresh = party_key(99, "new lpd").address
    appointed += [fresh, fresh, operators["oracle"].address]
    batch = world.batch(agreements(TRADE))
    signatures = world.client.sign(batch)
    assert world.send_as("governor", "registry", "appoint", tuple(appointed)).succeeded
    refused(lambda: world.mine(world.client.commit(batch, signatures)), "WrongSignature")
