"""The chain has the loss and the bursts that it was given."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.links.gilbert_elliott import GilbertElliott
from twin.errors import ScenarioError
from twin.streams import Component, stream

FRAMES = 200_000


def fates(chain: GilbertElliott, frames: int = FRAMES, steps: int = 1) -> np.ndarray:
    draws = stream(1, Component.UPLINK, 0).random(frames).tolist()
    return np.array([chain.lost(draw, steps) for draw in draws])


def mean_run(lost: np.ndarray) -> float:
    starts = np.flatnonzero(lost[1:] & ~lost[:-1])
    return float(lost.sum() / max(len(starts), 1))


@pytest.mark.parametrize(("loss", "burst"), [(0.03, 6.0), (0.1, 4.0), (0.3, 2.0), (0.5, 1.0)])
def test_loss_is_stationary_and_bursts_have_their_mean(loss: float, burst: float) -> None:
    chain = GilbertElliott(loss, burst)
    assert chain.p / (chain.p + chain.r) == pytest.approx(loss)
    lost = fates(chain)
    # Bursts make neighbouring frames alike, so that the mean converges that much more slowly.
    sigma = (loss * (1 - loss) * 2 * burst / FRAMES) ** 0.5
    assert lost.mean() == pytest.approx(loss, abs=4 * sigma)
    assert mean_run(lost) == pytest.approx(burst, rel=0.05)


def test_frames_far_apart_are_lost_independently() -> None:
    lost = fates(GilbertElliott(0.1, 4.0), steps=60)
    assert lost.mean() == pytest.approx(0.1, abs=0.004)
    assert mean_run(lost) == pytest.approx(1 / 0.9, rel=0.02)


@given(st.floats(0.01, 0.99), st.floats(1.0, 50.0), st.integers(1, 6), st.booleans())
def test_several_steps_at_once_are_several_single_steps(
    loss: float, burst: float, steps: int, bad: bool
) -> None:
    burst = max(burst, loss / (1 - loss))
    chain = GilbertElliott(loss, burst)
    chance = float(bad)
    for _ in range(steps):
        chance = chance * (1 - chain.r) + (1 - chance) * chain.p
    epsilon = 1e-9
    for draw, expected in ((chance - epsilon, True), (chance + epsilon, False)):
        chain._bad = bad
        assert chain.lost(draw, steps) is expected


@pytest.mark.parametrize(("loss", "expected"), [(0.0, 0), (1.0, 1000)])
def test_certain_fates(loss: float, expected: int) -> None:
    assert fates(GilbertElliott(loss, 3.0), 1000).sum() == expected


def test_a_loss_that_needs_longer_bursts_says_how_long() -> None:
    with pytest.raises(ScenarioError, match="at least 9 frames"):
        GilbertElliott(0.9, 3.0)
