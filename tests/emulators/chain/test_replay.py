"""The recorded transactions are all that is needed to come to the same balances again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from emulators.chain.market import balances_of, token_totals_of
from emulators.chain.nodes import open_node
from twin.settlement import Agreements

ROWS = (
    (0, 0, 1, 0, 600, 200_000, 0, 30_000_000, 30_000_000),
    (1, 1, 2, 1, 500, 180_000, 20_000, 40_000_000, 40_000_000),
)


@pytest.mark.parametrize("elsewhere", ["embedded", "anvil"])
def test_a_fresh_node_of_either_kind_comes_to_the_same(
    world: Any, agreements: Callable[..., Agreements], elsewhere: Any
) -> None:
    if elsewhere == "anvil":
        from emulators.chain.nodes.install import find_anvil

        if find_anvil() is None:
            pytest.skip("anvil is not installed (`make anvil` installs it)")
    receipts = list(world.setup_receipts)
    for slot in range(3):
        batch = world.batch(agreements(*ROWS), slot=slot)
        receipts.append(world.commit(batch))
        net = np.array([-600, 90, 480, 0, 0, 0, 0, 0]) + slot
        receipts.append(world.settle(batch, batch.all_measured(net)))
    late = world.batch(agreements(*ROWS), slot=1, number=1)
    receipts.append(world.commit(late))
    assert not receipts[-1].succeeded

    funded = (*world.actors.funded, *world.actors.addresses)
    with open_node(elsewhere, world.blocks[0][0] - 1, funded) as node:
        again = [receipt for time, raw in world.blocks for receipt in node.mine(time, raw)]
        assert again == receipts
        ours, theirs = world.balances(), balances_of(node, world.contracts, world.holders)
        np.testing.assert_array_equal(ours.free_neur, theirs.free_neur)
        np.testing.assert_array_equal(ours.locked_neur, theirs.locked_neur)
        np.testing.assert_array_equal(ours.wallet_neur, theirs.wallet_neur)
        assert token_totals_of(node, world.contracts) == world.client.token_totals(world.node)
