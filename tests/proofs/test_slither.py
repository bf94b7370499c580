"""Slither finds nothing that is not explained."""

from __future__ import annotations

import pytest

from proofs import slither_check
from twin.errors import ChainError


@pytest.mark.long
def test_every_finding_of_slither_is_explained() -> None:
    try:
        found = slither_check.findings()
    except ChainError as problem:
        pytest.skip(f"Slither cannot be installed here: {problem}")
    assert found, "it always finds the assembly; nothing means that it did not run"
    keys = [slither_check.explained_by(finding) for finding in found]
    assert [f["description"] for f, key in zip(found, keys, strict=True) if key is None] == []
    assert set(keys) == set(slither_check.EXPLAINED), "an explanation of nothing"
