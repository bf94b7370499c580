"""Weeks of participants with the same profile."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.profile_weeks import BATCH, FARTHEST_WEEKS, WEEKS, profile_weeks

profiles = st.lists(st.integers(0, 5), min_size=1, max_size=40).map(np.array)
seeds = st.integers(0, 2**32)


@given(profiles, seeds)
def test_everyone_lives_every_week_once(profile: np.ndarray, seed: int) -> None:
    weeks = profile_weeks(profile, seed)
    np.testing.assert_array_equal(
        np.sort(weeks, axis=1), np.tile(np.arange(WEEKS), (len(weeks), 1))
    )


@given(profiles, seeds)
def test_no_week_is_moved_further_than_four(profile: np.ndarray, seed: int) -> None:
    moved = profile_weeks(profile, seed) - np.arange(WEEKS)
    around_the_year = (moved + WEEKS // 2) % WEEKS - WEEKS // 2
    assert np.abs(around_the_year).max() <= FARTHEST_WEEKS


@given(st.integers(2, 30), seeds)
def test_nine_in_a_row_never_live_the_same_week(participants: int, seed: int) -> None:
    weeks = profile_weeks(np.zeros(participants, dtype=np.int64), seed)
    for first in range(0, participants, BATCH):
        batch = np.sort(weeks[first : first + BATCH], axis=0)
        assert (np.diff(batch, axis=0) > 0).all()


def test_participants_of_different_batches_share_a_ninth_of_their_weeks() -> None:
    weeks = profile_weeks(np.zeros(20 * BATCH, dtype=np.int64), seed=3)
    alike = (weeks[:, None] == weeks).mean(axis=-1)
    batch = np.arange(len(weeks)) // BATCH
    between = alike[batch[:, None] != batch]
    assert between.mean() == pytest.approx(1 / BATCH)
    assert between.max() < 0.5


def test_who_has_a_profile_alone_keeps_its_weeks() -> None:
    weeks = profile_weeks(np.array([7, 3, 7]), seed=1)
    np.testing.assert_array_equal(weeks[1], np.arange(WEEKS))
    assert (weeks[0] != np.arange(WEEKS)).any()


def test_the_seed_decides() -> None:
    profile = np.zeros(12, dtype=np.int64)
    np.testing.assert_array_equal(profile_weeks(profile, 5), profile_weeks(profile, 5))
    assert (profile_weeks(profile, 5) != profile_weeks(profile, 6)).any()


def test_more_participants_change_nothing_for_those_before() -> None:
    few, many = np.zeros(5, dtype=np.int64), np.array([0, 0, 0, 0, 0, 4, 0, 4, 4] + [0] * 10)
    np.testing.assert_array_equal(profile_weeks(few, 1), profile_weeks(many, 1)[:5])
