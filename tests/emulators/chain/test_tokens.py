from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from emulators.chain.artefacts import artefact, refusal_name
from emulators.chain.market import holdings_of, token_id
from twin.settlement import Agreements

Make = Callable[..., Agreements]
TRADE = (1, 0, 1, 2, 1_000, 200_000, 20_000, 7_000_000, 9_000_000)


def test_declared_energy_cannot_be_moved_away(any_world: Any, agreements: Make) -> None:
    world = any_world
    world.committed(agreements(TRADE))
    seller, buyer = world.actors.addresses[:2]
    one = ("safeTransferFrom", seller, buyer, token_id(0, 2), 1, b"")
    many = ("safeBatchTransferFrom", seller, buyer, [token_id(0, 2)], [1], b"")
    for call in (one, many):
        assert refusal_name(world.send_by(0, "energy_token", *call)) == "NotTransferable"


def test_an_approval_does_not_help(world: Any, agreements: Make) -> None:
    world.committed(agreements(TRADE))
    seller, buyer = world.actors.addresses[:2]
    assert world.send_by(0, "energy_token", "setApprovalForAll", buyer, True).succeeded
    receipt = world.send_by(
        1, "energy_token", "safeTransferFrom", seller, buyer, token_id(0, 2), 1, b""
    )
    assert refusal_name(receipt) == "NotTransferable"


@pytest.mark.parametrize("call", [("mint", 0, [], []), ("retire", 0, [], [], 0)])
def test_only_the_market_mints_and_retires(world: Any, call: tuple[Any, ...]) -> None:
    assert refusal_name(world.send_as("auction_house", "energy_token", *call)) == "OnlyMarket"


def test_delivered_energy_is_burned_and_the_rest_lapses(any_world: Any, agreements: Make) -> None:
    world = any_world
    batch = world.committed(agreements(TRADE))
    net = np.zeros(8, np.int64)
    net[:2] = (-700, 1_000)
    assert world.settle(batch, batch.all_measured(net)).succeeded
    totals = world.client.token_totals(world.node)
    assert (totals.minted_wh, totals.burned_wh, totals.lapsed_wh) == (1_000, 700, 300)
    assert totals.held_wh == 0
    assert holdings_of(world.node, world.contracts, world.holders, 0, 2).sum() == 0


def test_an_unknown_id_is_held_by_nobody(world: Any, agreements: Make) -> None:
    world.committed(agreements(TRADE))
    seller = world.actors.addresses[0]
    token = artefact("EnergyToken")
    for strange in (token_id(0, 9), token_id(2**32, 2), 2**256 - 1):
        data = token.encode_call("balanceOf", seller, strange)
        output = world.node.call(world.contracts.energy_token, data)
        assert token.decode_result("balanceOf", output) == (0,)


def test_tokens_say_that_they_are_erc_1155(world: Any) -> None:
    token = artefact("EnergyToken")
    data = token.encode_call("supportsInterface", bytes.fromhex("d9b67a26"))
    output = world.node.call(world.contracts.energy_token, data)
    assert token.decode_result("supportsInterface", output) == (True,)
