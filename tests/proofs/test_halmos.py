"""What holds for all inputs is proven; where the solvers do not end, random ones are tried."""

from __future__ import annotations

import pytest

from proofs import forge_campaign, halmos_proofs
from twin.errors import ChainError


@pytest.mark.long
def test_every_property_is_proven() -> None:
    try:
        done = halmos_proofs.run()
    except ChainError as problem:
        pytest.skip(f"Halmos cannot be installed here: {problem}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("[PASS]") == done.stdout.count("check_") == 12


@pytest.mark.long
def test_the_arithmetic_holds_on_random_numbers() -> None:
    try:
        done = forge_campaign.fuzz()
    except ChainError as problem:
        pytest.skip(f"forge cannot be installed here: {problem}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("[PASS] testFuzz") == 3
