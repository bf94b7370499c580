"""Each thing that makes the market refuse a batch, and what a batch that it takes does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import refusal_name
from emulators.chain.keys import CURVE_ORDER, party_key
from emulators.chain.market import holdings_of, token_id
from emulators.chain.words import agreement_words
from twin.settlement import Agreements, StabilityRates

TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
OTHER = (1, 2, 1, 2, 400, 150_000, 0, 5_000_000, 4_000_000)
Make = Callable[..., Agreements]


def commit_signed(world: Any, batch: Any, change: Callable[[list[bytes]], list[bytes]]) -> Any:
    client = world.client
    return world.mine(client.commit(batch, change(client.sign(batch))))


def test_escrow_is_locked_and_energy_declared(any_world: Any, book: Any, agreements: Make) -> None:
    world, terms = any_world, agreements(TRADE, OTHER)
    world.committed(terms)
    book.commit(terms)
    assert book.matches(world)


def test_tokens_are_held_by_the_seller_by_slot_and_origin(world: Any, agreements: Make) -> None:
    world.committed(
        agreements(
            (0, 0, 1, 0, 11, 1, 0, 1, 1), (1, 0, 1, 7, 5, 1, 0, 1, 1), (1, 2, 1, 7, 9, 1, 0, 1, 1)
        ),
        slot=9,
    )
    held = {
        origin: holdings_of(world.node, world.contracts, world.holders, 9, origin)[:3].tolist()
        for origin in (0, 1, 7)
    }
    assert held == {0: [11, 0, 0], 1: [0, 0, 0], 7: [5, 0, 9]}


def test_tokens_of_neighbouring_slots_stay_apart(world: Any, agreements: Make) -> None:
    for slot in (6, 7, 8, 9):
        world.committed(agreements((1, 0, 1, 0, 100 + slot, 1, 0, 1, 1)), slot=slot)
    held = [
        holdings_of(world.node, world.contracts, world.holders, slot, 0)[0] for slot in range(12)
    ]
    assert held == [0] * 6 + [106, 107, 108, 109] + [0] * 2


def test_a_token_id_is_slot_and_origin() -> None:
    assert token_id(3, 2) == 0x302


def test_a_commit_after_its_deadline_is_refused(any_world: Any, agreements: Make) -> None:
    batch = any_world.batch(agreements(TRADE), slot=2)
    receipt = any_world.commit(batch, time=batch.commit_deadline + 1)
    assert refusal_name(receipt) == "CommitDeadlinePassed"
    assert any_world.balances().locked_neur.sum() == 0


def test_a_commit_at_its_deadline_is_taken(world: Any, agreements: Make) -> None:
    batch = world.batch(agreements(TRADE), slot=2)
    assert world.commit(batch, time=batch.commit_deadline).succeeded


def test_a_deadline_after_the_slots_start_is_refused(world: Any, agreements: Make) -> None:
    late = world.calendar.delivery_start(2) + 1
    batch = world.batch(agreements(TRADE), slot=2, deadline=late)
    assert refusal_name(world.commit(batch)) == "DeadlineAfterGate"


def test_the_same_batch_is_taken_once(world: Any, agreements: Make) -> None:
    batch = world.committed(agreements(TRADE))
    assert refusal_name(world.commit(batch)) == "BatchExists"


@pytest.mark.parametrize("signer", [0, 1, 2, 3])
def test_every_signature_counts(world: Any, agreements: Make, signer: int) -> None:
    """Seller, buyer, DSO and LPD."""

    def forge(signatures: list[bytes]) -> list[bytes]:
        forger = party_key(99, "forger")
        signatures[signer] = forger.sign_digest(batch.digest)
        return signatures

    batch = world.batch(agreements(TRADE))
    assert refusal_name(commit_signed(world, batch, forge)) == "WrongSignature"


def test_signatures_in_the_wrong_order_are_refused(world: Any, agreements: Make) -> None:
    batch = world.batch(agreements(TRADE))
    receipt = commit_signed(world, batch, lambda s: [s[1], s[0], *s[2:]])
    assert refusal_name(receipt) == "WrongSignature"


def test_a_malleable_signature_is_refused(world: Any, agreements: Make) -> None:
    def mirror(signatures: list[bytes]) -> list[bytes]:
        # the other s that ecrecover takes for the same signer, as wide as the compact form allows
        r, s, v = signatures[0][:32], int.from_bytes(signatures[0][32:64]), signatures[0][64]
        signatures[0] = r + (CURVE_ORDER - s).to_bytes(32) + bytes((55 - v,))
        return signatures

    batch = world.batch(agreements(TRADE))
    assert refusal_name(commit_signed(world, batch, mirror)) == "WrongSignature"


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: [*s, s[0]], lambda s: []])
def test_signatures_must_be_as_many_as_signers(world: Any, agreements: Make, change: Any) -> None:
    receipt = commit_signed(world, world.batch(agreements(TRADE)), change)
    assert refusal_name(receipt) == "SignatureCount"


@pytest.mark.parametrize(
    "change",
    [
        {"slot": 1},
        {"number": 1},
        {"commit_deadline": 1_465_941_500},
        {"rates": StabilityRates(100_001, 100_000)},
        {"rates": StabilityRates(100_000, 99_999)},
    ],
)
def test_signatures_hold_for_the_signed_terms_only(
    world: Any, agreements: Make, change: dict[str, Any]
) -> None:
    signed = world.batch(agreements(TRADE))
    sent = replace(signed, **change)
    receipt = world.mine(world.client.commit(sent, world.client.sign(signed)))
    assert refusal_name(receipt) == "WrongSignature"


@pytest.mark.parametrize("place", range(3, 9))
def test_signatures_hold_for_the_signed_agreements_only(
    world: Any, agreements: Make, place: int
) -> None:
    """Origin, quantity, price, fee and both collaterals."""
    changed = list(TRADE)
    changed[place] += 1
    signed = world.batch(agreements(TRADE))
    sent = world.batch(agreements(tuple(changed)))
    receipt = world.mine(world.client.commit(sent, world.client.sign(signed)))
    assert refusal_name(receipt) == "WrongSignature"


def test_signatures_for_another_market_are_refused(world: Any, agreements: Make) -> None:
    batch = world.batch(agreements(TRADE))
    elsewhere = replace(batch, separator=bytes(32))
    receipt = world.mine(world.client.commit(batch, world.client.sign(elsewhere)))
    assert refusal_name(receipt) == "WrongSignature"


def test_a_party_that_was_never_admitted_is_refused(world: Any, agreements: Make) -> None:
    batch = world.batch(agreements(TRADE))
    stranger = party_key(99, "stranger")
    addresses = batch.party_addresses.copy()
    addresses[1] = np.frombuffer(stranger.address_bytes, np.uint8)
    batch = replace(batch, party_addresses=addresses)
    operators = world.actors.operators
    keys = [world.actors.keys[0], stranger]
    signatures = batch.sign(keys, operators["dso"], operators["lpd"])
    receipt = world.mine(world.client.commit(batch, signatures))
    assert refusal_name(receipt) == "NotActive"


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([OTHER, TRADE], "UnsortedAgreements"),
        ([TRADE, TRADE], "UnsortedAgreements"),
        ([(2, *TRADE[1:]), TRADE], "UnsortedAgreements"),
        ([(1, 0, 1, 0, 0, 1, 1, 1, 1)], "ZeroQuantity"),
        ([(1, 0, 0, 0, 5, 1, 1, 1, 1)], "BadParties"),
        ([(3, 0, 1, 0, 5, 1, 1, 1, 1)], "UnknownTier"),
        ([(1, 0, 1, 8, 5, 1, 1, 1, 1)], "UnknownOrigin"),
    ],
)
def test_a_batch_that_is_none_is_refused(
    world: Any, agreements: Make, rows: list[tuple[int, ...]], error: str
) -> None:
    receipt = world.commit(world.batch(agreements(*rows)))
    assert refusal_name(receipt) == error
    assert world.balances().locked_neur.sum() == 0


@pytest.mark.parametrize("place", [1, 3])
def test_a_party_outside_the_list_is_refused(world: Any, agreements: Make, place: int) -> None:
    batch = world.batch(agreements(TRADE))
    word = bytearray(batch.agreement_words)
    word[place : place + 2] = b"\xff\xff"
    batch.__dict__["agreement_words"] = bytes(word)
    batch.__dict__.pop("struct_hash", None)
    assert refusal_name(world.commit(batch)) == "BadParties"


def test_a_batch_without_agreements_is_refused(world: Any) -> None:
    receipt = world.commit(world.batch(Agreements.empty()))
    assert refusal_name(receipt) == "EmptyBatch"


def test_escrow_beyond_the_free_balance_is_refused(world: Any, agreements: Make) -> None:
    held = 50_000_000_000
    just = (1, 0, 1, 0, 1, 0, 0, held, held)
    over = (1, 0, 1, 0, 1, 0, 0, 0, held + 1)
    assert refusal_name(world.commit(world.batch(agreements(over)))) == "InsufficientFree"
    assert world.commit(world.batch(agreements(just))).succeeded


def test_the_largest_agreement_is_reckoned_without_overflow(world: Any, agreements: Make) -> None:
    largest = (1, 0, 1, 0, 2**32 - 1, 2**24 - 1, 2**24 - 1, 2**63 - 1, 2**63 - 1)
    receipt = world.commit(world.batch(agreements(largest)))
    assert refusal_name(receipt) == "InsufficientFree"


def test_microgrids_can_commit_in_batches_of_their_own(
    world: Any, book: Any, agreements: Make
) -> None:
    here, there = agreements(TRADE), agreements((1, 2, 3, 0, 70, 9, 1, 8, 8))
    world.committed(here)
    world.committed(there, number=1)
    book.commit(here)
    book.commit(there)
    assert book.matches(world)


def test_a_party_is_in_one_batch_of_a_slot_only(world: Any, agreements: Make) -> None:
    world.committed(agreements(TRADE))
    again = world.batch(agreements((2, 3, 1, 0, 70, 9, 1, 8, 8)), number=1)
    assert refusal_name(world.commit(again)) == "AlreadyInSlot"


def test_slots_can_be_committed_in_any_order(world: Any, agreements: Make) -> None:
    for slot in (5, 3, 4, 30, 0):
        world.committed(agreements(TRADE), slot=slot)
    for slot in (5, 3, 4, 30, 0):
        again = world.batch(agreements(TRADE), slot=slot, number=1)
        assert refusal_name(world.commit(again)) == "AlreadyInSlot"


def test_a_slot_too_far_behind_is_refused(world: Any, agreements: Make) -> None:
    world.committed(agreements(TRADE), slot=31)
    old = world.batch(agreements(TRADE), slot=0)
    assert refusal_name(world.commit(old)) == "SlotTooOld"


def test_who_did_not_sign_is_found_before_sending(world: Any, agreements: Make) -> None:
    batch = world.batch(agreements(TRADE, OTHER))
    signatures = world.client.sign(batch)[:3]
    assert batch.unsigned_by(signatures).tolist() == []
    assert batch.unsigned_by([signatures[0], None, signatures[1]]).tolist() == [1, 2]


def test_the_list_of_parties_follows_the_participants(world: Any, agreements: Make) -> None:
    batch = world.batch(agreements((1, 6, 2, 0, 5, 1, 1, 1, 1), (1, 6, 3, 0, 5, 1, 1, 1, 1)))
    assert batch.parties.tolist() == [2, 3, 6]
    position = np.array([0, 0, 0, 1, 0, 0, 2, 0])
    assert batch.agreement_words == agreement_words(batch.agreements, position)
