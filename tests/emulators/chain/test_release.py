"""Nobody's money is held for ever: what no settlement came for can be released by anybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import refusal_name
from emulators.chain.words import MEASURED, MISSING
from twin.settlement import Agreements, settle

Make = Callable[..., Agreements]
ROWS = (
    (1, 0, 1, 0, 600, 200_000, 10_000, 30_000_000, 30_000_000),
    (1, 1, 2, 1, 500, 180_000, 20_000, 40_000_000, 40_000_000),
)


def release(world: Any, batch: Any, used: Any, time: int | None = None) -> Any:
    return world.mine(world.client.release(batch, used), time)


def test_everything_is_given_back_and_the_tokens_lapse(
    any_world: Any, book: Any, agreements: Make
) -> None:
    world, terms = any_world, agreements(*ROWS)
    batch = world.committed(terms)
    book.commit(terms)
    late = world.calendar.last_settlement(0) + 1
    assert release(world, batch, batch.none_read(), late).succeeded
    book.release(terms, np.ones(2, bool))
    assert book.matches(world)
    assert world.balances().locked_neur.sum() == 0


def test_not_before_its_last_chance_of_a_settlement(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(*ROWS))
    last = world.calendar.last_settlement(0)
    receipt = release(world, batch, batch.none_read(), last)
    assert refusal_name(receipt) == "ReleaseTooEarly"


def test_once_only(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(*ROWS))
    late = world.calendar.last_settlement(0) + 1
    assert release(world, batch, batch.none_read(), late).succeeded
    assert refusal_name(release(world, batch, batch.none_read())) == "UnknownBatch"


def test_what_was_settled_stays_settled(world: Any, book: Any, agreements: Make) -> None:
    terms = agreements(*ROWS)
    batch = world.committed(terms)
    book.commit(terms)
    net = np.array([-590, 70, 480, 0, 0, 0, 0, 0])
    quality = np.full(8, MEASURED, np.uint8)
    quality[2] = MISSING
    first = batch.readings(net, quality)
    assert world.settle(batch, first).succeeded
    rows = batch.settled_by(first)
    assert rows.tolist() == [True, False]
    book.settle(terms, settle(terms, net, batch.rates), rows)
    used = first.after_use()
    late = world.calendar.last_settlement(0) + 1
    assert release(world, batch, used, late).succeeded
    book.release(terms, ~rows)
    assert book.matches(world)


@pytest.mark.parametrize("lie", ["nothing was settled", "more was settled"])
def test_what_was_settled_cannot_be_lied_about(world: Any, agreements: Make, lie: str) -> None:
    terms = agreements(*ROWS)
    batch = world.committed(terms)
    quality = np.full(8, MEASURED, np.uint8)
    quality[2] = MISSING
    first = batch.readings(np.zeros(8, np.int64), quality)
    assert world.settle(batch, first).succeeded
    told = batch.none_read()
    if lie == "more was settled":
        told = replace(first, quality=np.full(3, MEASURED, np.uint8), used=np.ones(3, bool))
    late = world.calendar.last_settlement(0) + 1
    assert refusal_name(release(world, batch, told, late)) == "UnknownBatch"


def test_anybody_can_send_it(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(*ROWS))
    carried = world.client.release(batch, batch.none_read())
    world.actors.senders["auction_house"].nonce -= 1
    terms = (0, 0, batch.commit_deadline, 100_000, 100_000)
    words, parties, counter_orders = (
        [int.from_bytes(packed[at : at + 32]) for at in range(0, len(packed), 32)]
        for packed in (batch.agreement_words, batch.party_words, batch.counter_order_words)
    )
    world.time = world.calendar.last_settlement(0)
    receipt = world.send_by(
        5, "market", "release", terms, words, parties, counter_orders, [0, 0, 0]
    )
    assert receipt.succeeded, refusal_name(receipt)
    assert carried.kind == "release"
