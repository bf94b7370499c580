"""Loss in bursts: the two-state chain of Gilbert (1960) and Elliott (1963)."""

from __future__ import annotations

from twin.errors import ScenarioError


class GilbertElliott:
    """A two-state chain: in the bad state every frame is lost, in the good one none.

    With p from good to bad and r from bad to good in a step, the stationary share of losses is
    p/(p + r), and of frames sent at every step 1/r are lost in a row on average. Losses without
    memory are the case r = 1 − loss.
    """

    def __init__(self, loss: float, mean_burst_frames: float) -> None:
        """`loss` [-] from 0 to 1; `mean_burst_frames` ≥ 1 [-], of no meaning at a loss of 0 or 1.

        Raises ScenarioError where no chain has both: at a loss of L runs of losses are at least
        L/(1 − L) long, since there is at least one good frame between them.
        """
        if loss < 1 and mean_burst_frames < loss / (1 - loss):
            raise ScenarioError(
                f"links.loss {loss:g} with links.mean_burst_frames {mean_burst_frames:g}: at this "
                f"loss bursts are at least {loss / (1 - loss):.3g} frames long"
            )
        self.loss = loss
        self.r = 0.0 if loss == 1 else 1.0 / mean_burst_frames
        self.p = 1.0 if loss == 1 else self.r * loss / (1.0 - loss)
        self._memory = 1.0 - self.p - self.r
        self._bad: bool | None = None

    def lost(self, uniform: float, steps: int = 1) -> bool:
        """Whether a frame is lost that is sent `steps` ≥ 1 steps after the one before.

        `uniform` is drawn uniformly from [0, 1). After k steps the chain is bad with probability
        π + (s − π)(1 − p − r)^k, with π = p/(p + r) and s = 1 if it was bad before, 0 if good.
        """
        chance = self.loss  # the chain has been running for ever before the first frame
        if self._bad is not None:
            chance += (self._bad - self.loss) * self._memory**steps
        self._bad = uniform < chance
        return self._bad
