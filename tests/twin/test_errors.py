"""Errors pass through SimPy, which makes them anew from their arguments."""

from twin.errors import CallRevertedError


def test_a_reverted_call_made_anew_says_the_same() -> None:
    error = CallRevertedError("0xabc", b"\x01\x02")
    again = type(error)(*error.args)
    assert str(again) == str(error)
    assert again.data == b"\x01\x02"
