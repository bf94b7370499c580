"""Random streams: one per component, so that adding a component moves no other stream.

`SeedSequence(ENTROPY, spawn_key=(seed, component, *index))`: all arms of a comparison that share a
seed share weather, load and link noise, whatever else differs between them.
"""

from enum import IntEnum
from typing import Final

import numpy as np

ENTROPY: Final = 200307940
"""The arXiv number of the reference model's paper; any constant would do."""


class Component(IntEnum):
    """Numbers are for ever: append, never renumber or reuse."""

    EQUIPMENT = 1
    PROFILE_WEEKS = 2
    UPLINK = 3
    DOWNLINK = 4
    TIE_BREAK = 5
    CONSENSUS = 6
    NETWORK = 7
    WILLINGNESS = 8
    KEYS = 9
    METER_START = 10
    BIDDING = 11


def stream(seed: int, component: Component, *index: int) -> np.random.Generator:
    """A generator of its own for `component` (and, within it, for `index`, e.g. a meter)."""
    key = (seed, int(component), *index)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(ENTROPY, spawn_key=key)))
