from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.chain.words import MEASURED, MISSING, SUBSTITUTED, Readings, agreement_words
from twin.errors import ChainError
from twin.settlement import Agreements

LIMITS = (2**8, 2**16, 2**16, 2**8, 2**32, 2**24, 2**24, 2**63, 2**63)
SHIFTS = (248, 232, 216, 208, 176, 152, 128, 64, 0)
row = st.tuples(*(st.integers(0, limit - 1) for limit in LIMITS))


@given(st.lists(row, min_size=1, max_size=5))
def test_every_field_stands_where_the_contract_looks_for_it(rows: list[tuple[int, ...]]) -> None:
    terms = Agreements(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))
    packed = agreement_words(terms, np.arange(2**16))
    for index, values in enumerate(rows):
        word = int.from_bytes(packed[32 * index : 32 * index + 32])
        assert word == sum(value << shift for value, shift in zip(values, SHIFTS, strict=True))


def test_parties_are_given_by_their_place_in_the_list(
    agreements: Callable[..., Agreements],
) -> None:
    position = np.array([9, 9, 0, 9, 1])
    word = agreement_words(agreements((1, 2, 4, 0, 5, 6, 7, 8, 9)), position)
    assert (word[1:3], word[3:5]) == (b"\0\0", b"\0\1")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity_wh", 2**32),
        ("price_ueur_per_kwh", 2**24),
        ("fee_ueur_per_kwh", -1),
        ("tier", 256),
        ("buyer_collateral_neur", -1),
    ],
)
def test_what_does_not_fit_is_named(
    field: str, value: int, agreements: Callable[..., Agreements]
) -> None:
    terms = agreements((0, 0, 1, 0, 1, 1, 1, 1, 1))
    getattr(terms, field)[0] = value
    with pytest.raises(ChainError, match=field):
        agreement_words(terms, np.arange(2))


@given(st.integers(-(2**62), 2**62), st.sampled_from([MEASURED, SUBSTITUTED]), st.booleans())
def test_a_reading_is_magnitude_sign_and_quality(net: int, quality: int, used: bool) -> None:
    readings = Readings(np.array([net]), np.array([quality], np.uint8), np.array([used]))
    word = int.from_bytes(readings.words())
    assert word == abs(net) | (net < 0) << 63 | quality << 64 | used << 67


def test_a_missing_reading_is_nothing() -> None:
    readings = Readings(np.array([77]), np.array([MISSING], np.uint8), np.array([False]))
    assert readings.words() == bytes(32)
