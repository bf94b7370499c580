"""Forecasts from what arrived."""

import numpy as np
import pytest

from twin.forecast import Perfect, Persistence, Seasonal, forecast_method, plausible_wh
from twin.state import History
from twin.units import BoolArray, IntArray

HOUR_S = 3600
DAY = 24
WEEK = 7 * DAY


def history(net_wh: IntArray, known: BoolArray | None = None, first_slot: int = 0) -> History:
    known = np.ones(net_wh.shape, np.bool_) if known is None else known
    return History(first_slot, net_wh, known)


def course(slots: int, level: int = 0) -> IntArray:
    """One participant whose position is the hour of the day times 10, plus a level."""
    return (np.arange(slots) % DAY * 10 + level)[:, None]


def test_persistence_takes_the_newest_arrived_reading() -> None:
    known = np.array([[True, True], [True, False]])
    past = history(np.array([[1, 2], [3, 4]]), known)
    assert Persistence().forecast_wh(past, 5).tolist() == [3, 2]


def test_seasonal_repeats_a_pattern_that_repeats() -> None:
    past = history(course(WEEK + DAY))
    assert Seasonal(HOUR_S).forecast_wh(past, WEEK + DAY + 5).tolist() == [50]


def test_seasonal_is_the_mean_of_yesterday_and_last_week() -> None:
    past = history(np.zeros((WEEK, 1), np.int64))
    past.net_wh[0] = 100
    past.net_wh[WEEK - DAY] = 60
    past.known[WEEK - 20 :] = False
    # The newest known slot is at the pattern's own value, so nothing is corrected.
    assert Seasonal(HOUR_S).forecast_wh(past, WEEK).tolist() == [80]


@pytest.mark.parametrize(("missing", "expected"), [(0, 60), (WEEK - DAY, 100)])
def test_seasonal_falls_back_to_whichever_of_the_two_arrived(missing: int, expected: int) -> None:
    past = history(np.zeros((WEEK, 1), np.int64))
    past.net_wh[0], past.net_wh[WEEK - DAY] = 100, 60
    past.known[missing] = False
    past.known[WEEK - 20 :] = False
    assert Seasonal(HOUR_S).forecast_wh(past, WEEK).tolist() == [expected]


def test_seasonal_falls_back_to_the_newest_and_then_to_zero() -> None:
    known = np.zeros((5, 2), np.bool_)
    known[2, 0] = True
    past = history(np.full((5, 2), 9), known)
    assert Seasonal(HOUR_S).forecast_wh(past, 6).tolist() == [9, 0]


def test_seasonal_corrects_by_the_newest_error_and_less_the_older_it_is() -> None:
    past = history(np.vstack([course(DAY), course(DAY, level=120)]))
    forecast = [int(Seasonal(HOUR_S).forecast_wh(past, slot)[0]) for slot in (48, 50)]
    # Of the error of 120, two thirds count after one hour, two fifths after three.
    assert forecast == [120 + 80, 140 + 48]


def test_seasonal_handles_an_empty_history() -> None:
    past = history(np.zeros((0, 3), np.int64))
    assert Seasonal(HOUR_S).forecast_wh(past, 0).tolist() == [0, 0, 0]


def test_what_is_not_known_never_changes_a_forecast() -> None:
    rng = np.random.default_rng(1)
    net_wh, known = rng.integers(-500, 500, (WEEK + DAY, 20)), rng.random((WEEK + DAY, 20)) < 0.7
    garbled = np.where(known, net_wh, 10**9)
    for method in (Seasonal(HOUR_S), Persistence()):
        plain = method.forecast_wh(history(net_wh, known), WEEK + DAY + 2)
        assert (plain == method.forecast_wh(history(garbled, known), WEEK + DAY + 2)).all()


def test_perfect_predicts_the_register_differences_it_was_given() -> None:
    truth = np.array([[1, 2], [3, 4]])
    method = forecast_method("perfect", HOUR_S, truth, first_slot=-1)
    assert isinstance(method, Perfect)
    assert method.forecast_wh(history(np.zeros((0, 2), np.int64)), 0).tolist() == [3, 4]


def test_a_scenarios_word_names_a_method() -> None:
    nothing = np.zeros((0, 1), np.int64)
    assert isinstance(forecast_method("seasonal", HOUR_S, nothing, 0), Seasonal)
    assert isinstance(forecast_method("persistence", HOUR_S, nothing, 0), Persistence)


def test_who_has_no_generation_is_never_expected_to_feed_in() -> None:
    forecast_wh = np.array([-50, -50, 70])
    assert plausible_wh(forecast_wh, np.array([True, False, False])).tolist() == [-50, 0, 70]
