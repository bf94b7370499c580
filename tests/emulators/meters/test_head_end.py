"""The head-end counts each frame once, whatever the link or an attacker does to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.meters.frame import CounterFrame, encode_frame, meter_keys
from emulators.meters.head_end import FrameCounts, HeadEnd, Reading
from twin.errors import ForgedFrameError, FrameError, ReplayedFrameError, StaleFrameError

SEED = 3
KEYS = meter_keys(SEED, 2)
ROLLING_WH = 2**32 - 200


def payload(sequence: int, imported: int = 0, exported: int = 0, meter: int = 0) -> bytes:
    frame = CounterFrame(meter, sequence, 900 * sequence, imported % 2**32, exported % 2**32)
    return encode_frame(frame, KEYS[meter])


def test_an_authentic_frame_becomes_a_reading() -> None:
    head_end = HeadEnd(SEED, 2)
    reading = head_end.accept(payload(7, 100, 50, meter=1), 6_300_400)
    assert reading == Reading(1, 7, 6300, 6_300_400, 100, 50)
    assert head_end.counts == FrameCounts(accepted=1)


def test_a_copy_is_refused_and_counted() -> None:
    head_end = HeadEnd(SEED, 2)
    head_end.accept(payload(7), 0)
    with pytest.raises(ReplayedFrameError, match="frame 7 of meter 0"):
        head_end.accept(payload(7), 1)
    assert head_end.counts == FrameCounts(accepted=1, replayed=1)


def test_a_forged_frame_is_refused_and_counted() -> None:
    head_end = HeadEnd(SEED, 2)
    with pytest.raises(ForgedFrameError):
        head_end.accept(payload(7)[:-1] + b"\0", 0)
    with pytest.raises(ForgedFrameError):
        HeadEnd(SEED + 1, 2).accept(payload(7), 0)
    assert head_end.counts == FrameCounts(forged=1)


def test_an_older_frame_that_was_not_seen_is_accepted() -> None:
    head_end = HeadEnd(SEED, 2)
    head_end.accept(payload(7, 700), 0)
    assert head_end.accept(payload(5, 500), 1).import_wh == 500
    assert head_end.counts.accepted == 2


def test_a_frame_behind_the_window_is_stale() -> None:
    head_end = HeadEnd(SEED, 2, window=4)
    head_end.accept(payload(10), 0)
    head_end.accept(payload(7), 0)
    with pytest.raises(StaleFrameError, match="4 behind"):
        head_end.accept(payload(6), 0)
    assert head_end.counts == FrameCounts(accepted=2, stale=1)


def test_a_gap_longer_than_the_window_forgets_nothing_newer() -> None:
    head_end = HeadEnd(SEED, 2, window=4)
    head_end.accept(payload(1), 0)
    head_end.accept(payload(2_000_000), 0)
    with pytest.raises(ReplayedFrameError):
        head_end.accept(payload(2_000_000), 0)
    assert head_end.accept(payload(1_999_999), 0).sequence == 1_999_999


def test_meters_do_not_share_a_window() -> None:
    head_end = HeadEnd(SEED, 2)
    head_end.accept(payload(7, meter=0), 0)
    assert head_end.accept(payload(7, meter=1), 0).meter == 1


def test_counters_are_followed_through_a_roll_over_in_any_order() -> None:
    head_end = HeadEnd(SEED, 2)
    head_end.accept(payload(1, 2**32 - 10), 0)
    assert head_end.accept(payload(3, 2**32 + 20), 0).import_wh == 2**32 + 20
    assert head_end.accept(payload(2, 2**32 - 5), 0).import_wh == 2**32 - 5
    assert head_end.accept(payload(4, 2**32 + 30), 0).import_wh == 2**32 + 30


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(1, 50))
def test_every_sequence_counts_at_most_once(sequences: list[int], window: int) -> None:
    head_end = HeadEnd(SEED, 2, window)
    accepted: set[int] = set()
    for sequence in sequences:
        newest = max(accepted, default=sequence)
        try:
            reading = head_end.accept(payload(sequence, ROLLING_WH + 10 * sequence), 0)
        except FrameError:
            assert sequence in accepted or newest - sequence >= window
        else:
            assert sequence not in accepted
            assert newest - sequence < window
            gained_wh = 10 * (sequence - sequences[0])
            assert reading.import_wh - gained_wh == (ROLLING_WH + 10 * sequences[0]) % 2**32
            accepted.add(sequence)
    counts = head_end.counts
    assert counts.accepted == len(accepted)
    assert counts.accepted + counts.replayed + counts.stale == len(sequences)
