"""Different weeks for participants with the same profile, so that neighbours are not alike.

The year is cut into 52 whole weeks from 1 January (a Friday in 2016); its last two days stay where
they are. Every participant lives the same weeks in an order of its own, in which no week is moved
by more than four (December and January being neighbours): the season, the weekday and, to the last
mWh, the yearly energy stay. A week moved across a change of summer time keeps its hours in UTC+1.

The participants with one profile are dealt out in batches of nine, and within a batch no two live
the same week at the same time. One batch starts as the nine shifts by −4 … 4 weeks, a Latin
rectangle; it is shuffled by swapping two rows along the cycles of columns in which they hold the
same weeks, which leaves every row a permutation and every column without repetition (the moves that
Jacobson & Matthews 1996 build on).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.streams import Component, stream
from twin.units import IntArray

WEEKS: Final = 52
FARTHEST_WEEKS: Final = 4
BATCH: Final = 2 * FARTHEST_WEEKS + 1
ROUNDS: Final = 32
"""Rounds of shuffling, four pairs of rows each; more do not lower the share of weeks that two
participants of different batches have in common."""


def profile_weeks(profile: IntArray, seed: int) -> IntArray:
    """Which week of the year each participant lives in each week, shape (n, WEEKS).

    `profile` is a number per participant, shape (n,), the same for those with the same profile; who
    has a profile of its own keeps its weeks. The order of the participants with one profile decides
    who gets which weeks, so that those who come behind change nothing for those before.
    """
    weeks = np.tile(np.arange(WEEKS), (len(profile), 1))
    batches: list[tuple[int, int]] = []
    rows: list[IntArray] = []
    for number in np.unique(profile).tolist():
        members = np.flatnonzero(profile == number)
        if len(members) > 1:
            cuts = range(0, len(members), BATCH)
            rows += [members[first : first + BATCH] for first in cuts]
            batches += [(number, batch) for batch in range(len(cuts))]
    if batches:
        shuffled = _shuffle(seed, batches)
        for members, rectangle in zip(rows, shuffled, strict=True):
            weeks[members] = rectangle[: len(members)]
    return weeks


def _shuffle(seed: int, batches: list[tuple[int, int]]) -> IntArray:
    """A rectangle per batch from the stream of (profile, batch), (batches, BATCH, WEEKS)."""
    shifts = (np.arange(BATCH)[:, None] - FARTHEST_WEEKS + np.arange(WEEKS)) % WEEKS
    weeks = np.tile(shifts, (len(batches), 1, 1))
    order = np.empty((len(batches), ROUNDS + 1, BATCH), dtype=np.int64)
    swap = np.empty((len(batches), ROUNDS, BATCH // 2, WEEKS), dtype=np.bool_)
    for number, (profile, batch) in enumerate(batches):
        generator = stream(seed, Component.PROFILE_WEEKS, profile, batch)
        order[number] = generator.permuted(np.tile(np.arange(BATCH), (ROUNDS + 1, 1)), axis=1)
        swap[number] = generator.integers(0, 2, swap.shape[1:], dtype=np.int8) == 1
    each = np.arange(len(batches))[:, None]
    for step in range(ROUNDS):
        first, second = order[:, step, 0 : BATCH - 1 : 2], order[:, step, 1::2]
        one, other = weeks[each, first], weeks[each, second]
        chosen = np.take_along_axis(swap[:, step], _cycles(one, other), axis=-1)
        weeks[each, first] = np.where(chosen, other, one)
        weeks[each, second] = np.where(chosen, one, other)
    # The members of a batch that is not full should not always hold the same shifts.
    shuffled: IntArray = weeks[each, order[:, ROUNDS]]
    return shuffled


def _cycles(one: IntArray, other: IntArray) -> NDArray[np.int64]:
    """The cycle of columns each column belongs to, as its lowest column, (..., WEEKS).

    From a column, the next of its cycle is that in which `other` holds what `one` holds here.
    """
    ahead = np.take_along_axis(np.argsort(other, axis=-1), one, axis=-1)
    lowest = np.minimum(np.arange(WEEKS), ahead)
    for _ in range((WEEKS - 1).bit_length()):
        lowest = np.minimum(lowest, np.take_along_axis(lowest, ahead, axis=-1))
        ahead = np.take_along_axis(ahead, ahead, axis=-1)
    return lowest
