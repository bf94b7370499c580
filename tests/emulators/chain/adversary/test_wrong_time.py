"""Something true is said too early or too late."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from emulators.chain.words import MEASURED, MISSING, SUBSTITUTED
from twin.settlement import Agreements

Make = Callable[..., Agreements]
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
DEPOSIT_NEUR = 50_000_000_000


def test_a_commit_after_the_gate(world: Any, agreements: Make, refused: Any) -> None:
    """Who waits to see the weather of the slot does not get in any more."""
    batch = world.batch(agreements(TRADE))
    refused(lambda: world.commit(batch, batch.commit_deadline + 1), "CommitDeadlinePassed")


def test_a_deadline_signed_for_after_the_gate(world: Any, agreements: Make, refused: Any) -> None:
    late = world.calendar.delivery_start(0) + 1
    batch = world.batch(agreements(TRADE), deadline=late)
    refused(lambda: world.commit(batch), "DeadlineAfterGate")


def test_a_settle_before_delivery(world: Any, agreements: Make, refused: Any, kept: Any) -> None:
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(kept(batch.agreements))
    refused(lambda: world.settle(batch, readings, batch.delivery_end - 1), "NotDelivered")


def test_a_settle_after_the_deadline(world: Any, agreements: Make, refused: Any, kept: Any) -> None:
    """Then everybody has its escrow back instead, whoever sends for it."""
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(kept(batch.agreements))
    late = world.calendar.last_settlement(0) + 1
    refused(lambda: world.settle(batch, readings, late), "SettlementClosed")
    assert world.mine(world.client.release(batch, batch.none_read())).succeeded
    held = world.balances()
    assert held.free_neur[:2].tolist() == [DEPOSIT_NEUR] * 2
    assert held.locked_neur.sum() == 0


def test_a_release_before_the_deadline(world: Any, agreements: Make, refused: Any) -> None:
    """Who owes cannot slip away while a settlement may still come."""
    batch = world.committed(agreements(TRADE))
    last = world.calendar.last_settlement(0)
    release = world.client.release(batch, batch.none_read())
    refused(lambda: world.mine(release, last), "ReleaseTooEarly")


def test_an_estimate_before_the_correction_window_closes(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    batch = world.committed(agreements(TRADE))
    quality = np.full(len(world.actors.keys), MEASURED, np.uint8)
    quality[0] = SUBSTITUTED
    readings = batch.readings(kept(batch.agreements), quality)
    early = world.calendar.substitutes_from(0) - 1
    refused(lambda: world.settle(batch, readings, early), "SubstituteTooEarly")


def test_a_reading_after_the_window(world: Any, agreements: Make, refused: Any, kept: Any) -> None:
    """The last chance gone, even a true reading moves nothing that earlier ones did not."""
    terms = agreements(TRADE, (1, 0, 2, 0, 500, 180_000, 10_000, 1_000_000, 1_000_000))
    batch = world.committed(terms)
    quality = np.full(len(world.actors.keys), MEASURED, np.uint8)
    quality[2] = MISSING
    first = batch.readings(kept(terms), quality)
    assert world.settle(batch, first).succeeded
    quality[2] = MEASURED
    second = batch.readings(kept(terms), quality, first)
    late = world.calendar.last_settlement(0) + 1
    refused(lambda: world.settle(batch, second, late), "SettlementClosed")
    assert world.mine(world.client.release(batch, first.after_use())).succeeded
    held = world.balances()
    paid_for_what_was_read = 1_000 * 200_000
    assert held.free_neur[0] == DEPOSIT_NEUR + paid_for_what_was_read
    assert held.free_neur[2] == DEPOSIT_NEUR
    assert held.locked_neur.sum() == 0
