"""A battery follows the latest authentic set-point that was there when its slot began."""

import pytest

from emulators.batteries.inbox import SetPointInbox
from emulators.batteries.set_point import SetPoint, battery_keys, encode_set_point
from twin.errors import ForgedFrameError

SEED = 3
KEYS = battery_keys(SEED, 3)


def payload(battery: int, slot: int, target_wh: int, issued_at_s: int = 0) -> bytes:
    return encode_set_point(SetPoint(battery, slot, issued_at_s, target_wh), KEYS[battery])


def test_targets_are_those_of_the_slot() -> None:
    inbox = SetPointInbox(SEED, 3)
    inbox.accept(payload(0, 4, 120), 1000)
    inbox.accept(payload(2, 4, -80), 1500)
    inbox.accept(payload(1, 5, 7), 1500)
    target, told = inbox.targets(4, 2000)
    assert target.tolist() == [120, 0, -80]
    assert told.tolist() == [True, False, True]


def test_what_arrives_at_the_start_counts_and_later_does_not() -> None:
    inbox = SetPointInbox(SEED, 3)
    inbox.accept(payload(0, 4, 120), 2000)
    inbox.accept(payload(1, 4, 130), 2001)
    assert inbox.targets(4, 2000)[1].tolist() == [True, False, False]


def test_the_later_issued_holds_even_if_the_earlier_comes_again() -> None:
    inbox = SetPointInbox(SEED, 3)
    inbox.accept(payload(0, 4, 120, issued_at_s=10), 1000)
    inbox.accept(payload(0, 4, 90, issued_at_s=20), 1100)
    inbox.accept(payload(0, 4, 120, issued_at_s=10), 1200)
    assert inbox.targets(4, 2000)[0].tolist() == [90, 0, 0]


def test_a_correction_that_comes_too_late_leaves_the_earlier() -> None:
    inbox = SetPointInbox(SEED, 3)
    inbox.accept(payload(0, 4, 120, issued_at_s=10), 1000)
    inbox.accept(payload(0, 4, 90, issued_at_s=20), 2100)
    assert inbox.targets(4, 2000)[0].tolist() == [120, 0, 0]


def test_a_forged_set_point_changes_nothing_and_is_counted() -> None:
    inbox = SetPointInbox(SEED, 3)
    with pytest.raises(ForgedFrameError):
        inbox.accept(payload(0, 4, 120)[:-1] + b"\0", 1000)
    assert (inbox.accepted, inbox.forged) == (0, 1)
    assert not inbox.targets(4, 2000)[1].any()


def test_past_slots_are_forgotten() -> None:
    inbox = SetPointInbox(SEED, 3)
    inbox.accept(payload(0, 4, 120), 1000)
    inbox.accept(payload(0, 5, 130), 1000)
    inbox.discard_before(5)
    assert not inbox.targets(4, 2000)[1].any()
    assert inbox.targets(5, 2000)[1].any()


def test_targets_belong_to_the_caller() -> None:
    inbox = SetPointInbox(SEED, 3)
    inbox.accept(payload(0, 4, 120), 1000)
    inbox.targets(4, 2000)[0][:] = 0
    assert inbox.targets(4, 2000)[0].tolist() == [120, 0, 0]
