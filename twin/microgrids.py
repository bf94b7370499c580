"""Microgrids: willing neighbours on the feeder, at most so many (paper, section IV)."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from twin.feeder import Feeder
from twin.participants import Fleet
from twin.units import BoolArray, IntArray


def form_microgrids(feeder: Feeder, fleet: Fleet, size: int, willing: BoolArray) -> IntArray:
    """The microgrid of each participant, numbered from 0 along the feeder, (n,); −1 for none.

    The willing (`willing`, (n,)) are taken in the order of the feeder walk, depth first, and a
    microgrid is closed when it has `size` members. It is closed before that where a building's
    flats would be torn apart although they fit into one, and where the walk goes on behind another
    transformer, since no one there is near.
    """
    microgrid = np.full(len(fleet.ids), -1, dtype=np.int64)
    order = np.argsort(feeder.walk_position[fleet.bus], kind="stable")
    members = order[willing[order]].tolist()
    transformer = feeder.transformer[fleet.bus]
    number, free, behind = -1, 0, -1
    for _, flats in groupby(members, key=lambda member: int(fleet.bus[member])):
        together = list(flats)
        feeding = int(transformer[together[0]])
        if feeding != behind or free < len(together) <= size:
            free = 0
        behind = feeding
        for member in together:
            if free == 0:
                number, free = number + 1, size
            microgrid[member] = number
            free -= 1
    return microgrid
