"""Somebody signs for somebody else, or bends a signature that was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emulators.chain.keys import CURVE_ORDER, party_key
from twin.settlement import Agreements

Make = Callable[..., Agreements]
TRADE = (1, 0, 1, 0, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)
SIGNERS = {"seller": 0, "buyer": 1, "dso": 2, "lpd": 3}


def commit_with(world: Any, batch: Any, signatures: list[bytes]) -> Any:
    return world.mine(world.client.commit(batch, signatures))


@pytest.mark.parametrize("victim", SIGNERS)
def test_a_forged_signature(world: Any, agreements: Make, refused: Any, victim: str) -> None:
    batch = world.batch(agreements(TRADE))
    signatures = world.client.sign(batch)
    signatures[SIGNERS[victim]] = party_key(99, "forger").sign_digest(batch.digest)
    refused(lambda: commit_with(world, batch, signatures), "WrongSignature")


@pytest.mark.parametrize("victim", SIGNERS)
def test_a_signature_borrowed_from_another_signer(
    world: Any, agreements: Make, refused: Any, victim: str
) -> None:
    batch = world.batch(agreements(TRADE))
    signatures = world.client.sign(batch)
    place = SIGNERS[victim]
    signatures[place] = signatures[(place + 1) % 4]
    refused(lambda: commit_with(world, batch, signatures), "WrongSignature")


@pytest.mark.parametrize("victim", SIGNERS)
def test_a_malleable_signature(world: Any, agreements: Make, refused: Any, victim: str) -> None:
    """The other s that ecrecover takes for the same signer."""
    batch = world.batch(agreements(TRADE))
    signatures = world.client.sign(batch)
    given = signatures[SIGNERS[victim]]
    mirrored = (CURVE_ORDER - int.from_bytes(given[32:64])).to_bytes(32)
    signatures[SIGNERS[victim]] = given[:32] + mirrored + bytes((55 - given[64],))
    refused(lambda: commit_with(world, batch, signatures), "WrongSignature")


@pytest.mark.parametrize("blank", [bytes(64) + b"\x1b", bytes(31) + b"\1" + bytes(32) + b"\x1b"])
def test_a_blank_signature_for_the_zero_address(
    world: Any, agreements: Make, refused: Any, blank: bytes
) -> None:
    """What ecrecover answers to nonsense must not pass for a party at address zero."""
    batch = world.batch(agreements(TRADE))
    addresses = batch.party_addresses.copy()
    addresses[1] = np.zeros(20, np.uint8)
    batch = replace(batch, party_addresses=addresses)
    signatures = world.client.sign(batch)
    signatures[1] = blank
    refused(lambda: commit_with(world, batch, signatures), "WrongSignature")


def test_a_signature_for_a_suspended_party(world: Any, agreements: Make, refused: Any) -> None:
    parties = [world.actors.addresses[1]]
    assert world.send_as("auction_house", "registry", "setStanding", parties, False).succeeded
    refused(lambda: world.commit(world.batch(agreements(TRADE))), "NotActive")


def test_a_forged_oracle_signature(world: Any, agreements: Make, refused: Any, kept: Any) -> None:
    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(kept(batch.agreements))
    forged = world.client.settle(batch, readings, oracle=party_key(99, "forger"))
    refused(lambda: world.mine(forged, batch.delivery_end), "WrongSignature")


def test_a_malleable_oracle_signature(
    world: Any, agreements: Make, refused: Any, kept: Any
) -> None:
    oracle = world.actors.operators["oracle"]

    class Mirror:
        def sign_digest(self, digest: bytes) -> bytes:
            given = oracle.sign_digest(digest)
            mirrored = (CURVE_ORDER - int.from_bytes(given[32:64])).to_bytes(32)
            return bytes(given[:32] + mirrored + bytes((55 - given[64],)))

    batch = world.committed(agreements(TRADE))
    readings = batch.all_measured(kept(batch.agreements))
    bent = world.client.settle(batch, readings, oracle=Mirror())
    refused(lambda: world.mine(bent, batch.delivery_end), "WrongSignature")
