"""Comparing a run's settled values with the golden file."""

import importlib.util
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

FILE = Path(__file__).parents[2] / "tools" / "check_golden.py"


@pytest.fixture(scope="module")
def check_golden():
    spec = importlib.util.spec_from_file_location("check_golden", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _column(*values, type_=None):
    return pa.chunked_array([pa.array(values, type_)])


def test_a_value_more_or_less_changes_the_fingerprint(check_golden):
    columns = [_column(1, 2), _column(1, 3), _column(1, None), _column(1, 0), _column(1)]
    assert len({check_golden.fingerprint(column) for column in columns}) == len(columns)


def test_how_a_column_is_stored_does_not(check_golden):
    text = _column("a", None, "b")
    assert check_golden.fingerprint(text) == check_golden.fingerprint(text.dictionary_encode())
    whole = pa.chunked_array([np.arange(4)])
    halves = pa.chunked_array([np.arange(2), np.arange(2, 4)]).cast(pa.int32())
    assert check_golden.fingerprint(whole) == check_golden.fingerprint(halves)


def test_texts_that_run_together_are_told_apart(check_golden):
    assert check_golden.fingerprint(_column("ab", "c")) != check_golden.fingerprint(
        _column("a", "bc")
    )


def test_every_difference_is_named(check_golden):
    golden = {"model_version": 1, "run_id": "a", "seed": 1, "settled": {"t.x": "1", "t.y": "2"}}
    found = golden | {"run_id": "b", "settled": {"t.x": "3", "t.z": "4"}}
    assert check_golden.differences(golden, found) == [
        "run_id is b instead of a",
        "t.x differs",
        "t.y is gone",
        "t.z is new",
    ]
    assert check_golden.differences(golden, golden) == []


def test_another_model_version_asks_for_a_new_file(check_golden):
    golden = {"model_version": 1, "run_id": "a", "seed": 1, "settled": {}}
    (said,) = check_golden.differences(golden, golden | {"model_version": 2})
    assert "write it anew" in said
