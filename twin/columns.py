"""Structures of arrays: the few operations that numpy lacks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from twin.units import IntArray

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Columns = TypeVar("Columns", bound="DataclassInstance")


def concatenate(parts: Sequence[Columns]) -> Columns:
    """One structure of arrays from several of a kind, at least one, row after row."""
    names = [f.name for f in fields(parts[0])]
    return type(parts[0])(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in names})


def sum_by(index: IntArray, values: IntArray, size: int) -> IntArray:
    """Sum of the `values` of each index, (size,), in integers: `numpy.bincount` would sum money in
    floats."""
    total = np.zeros(size, np.int64)
    np.add.at(total, index, values)
    return total
