"""Somebody does not do its part, and nobody can force it to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from twin.settlement import Agreements

Make = Callable[..., Agreements]
DEPOSIT_NEUR = 50_000_000_000
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
OTHER = (1, 2, 3, 0, 400, 150_000, 10_000, 5_000_000, 4_000_000)


def test_a_party_refuses_to_sign(world: Any, book: Any, agreements: Make, refused: Any) -> None:
    """It is left out, the rest is signed anew, and nothing was locked meanwhile."""
    batch = world.batch(agreements(TRADE, OTHER))
    signatures = world.client.sign(batch)
    without = [*signatures[:3], *signatures[4:]]
    refused(lambda: world.mine(world.client.commit(batch, without)), "SignatureCount")
    blank = [*signatures[:3], bytes(64) + b"\x1b", *signatures[4:]]
    refused(lambda: world.mine(world.client.commit(batch, blank)), "WrongSignature")
    rest = world.committed(agreements(TRADE))
    book.commit(rest.agreements)
    assert book.matches(world)


@pytest.mark.parametrize("operator", [-2, -1], ids=["dso", "lpd"])
def test_an_operator_refuses_to_sign(
    world: Any, agreements: Make, refused: Any, operator: int
) -> None:
    """A veto: no trade in this slot, all money free."""
    batch = world.batch(agreements(TRADE))
    signatures = world.client.sign(batch)
    signatures[operator] = bytes(64) + b"\x1b"
    refused(lambda: world.mine(world.client.commit(batch, signatures)), "WrongSignature")
    assert world.send_by(0, "market", "withdraw", DEPOSIT_NEUR).succeeded


def test_a_withdrawal_while_others_default(world: Any, agreements: Make, kept: Any) -> None:
    """What is free stays free, whatever the counterparty did or did not do."""
    batch = world.committed(agreements(TRADE))
    rest = DEPOSIT_NEUR - 1_000 * 220_000 - 9_000_000
    assert world.send_by(1, "market", "withdraw", rest).succeeded
    net = kept(batch.agreements)
    net[0] = 0  # the seller delivers nothing
    assert world.settle(batch, batch.all_measured(net)).succeeded
    assert world.send_by(1, "market", "withdraw", 9_000_000).succeeded
    assert world.balances().locked_neur.sum() == 0


def test_a_seller_drained_before_settlement(world: Any, agreements: Make, kept: Any) -> None:
    """A seller that took out all free money still owes its collateral, which is locked."""
    batch = world.committed(agreements(TRADE))
    assert world.send_by(0, "market", "withdraw", DEPOSIT_NEUR - 7_000_000).succeeded
    net = kept(batch.agreements)
    net[0] = 0
    assert world.settle(batch, batch.all_measured(net)).succeeded
    held = world.balances()
    assert held.free_neur[0] == 0
    assert held.free_neur[-1] == 1_000 * 200_000 + 7_000_000
    assert held.free_neur[1] == DEPOSIT_NEUR - 1_000 * 220_000


def test_one_default_among_many_agreements(world: Any, agreements: Make, kept: Any) -> None:
    """Who kept its word ends with exactly what was agreed, however the others fail."""
    terms = agreements(TRADE, (1, 2, 1, 0, 300, 190_000, 5_000, 6_000_000, 3_000_000), OTHER)
    batch = world.committed(terms)
    net = kept(terms)
    net[2] += 700  # sells nothing of what it promised
    net[3] -= 250
    assert world.settle(batch, batch.all_measured(net)).succeeded
    paid = np.zeros(2, np.int64)
    paid[0] = 1_000 * 200_000
    paid[1] = -(1_000 * 220_000 + 300 * 195_000)
    assert (world.balances().free_neur[:2] - DEPOSIT_NEUR).tolist() == paid.tolist()
