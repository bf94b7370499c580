"""The whole life cycle under random actions, on the committed bytecode (`proofs/forge`)."""

from __future__ import annotations

import re

import pytest

from proofs import forge_campaign
from twin.errors import ChainError


def campaign(runs: int, depth: int, seed: int | None = None) -> None:
    options = ["--fuzz-seed", str(seed)] if seed is not None else []
    try:
        done = forge_campaign.run(runs, depth, options)
    except ChainError as problem:
        pytest.skip(f"forge cannot be installed here: {problem}")
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"invariant_always_true\(\) \(runs: (\d+), calls: (\d+)", done.stdout)
    assert counted is not None
    assert (int(counted[1]), int(counted[2])) == (runs, runs * depth)


def test_what_is_always_true_holds_in_a_short_campaign() -> None:
    campaign(runs=10, depth=40, seed=7)


@pytest.mark.long
def test_what_is_always_true_holds_in_a_long_campaign() -> None:
    campaign(runs=200, depth=250)
