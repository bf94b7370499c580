"""How the instants of a run relate to slots, gate closures and mosaik's steps."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from twin.scenario import Scenario

RUN_OUT_STEPS = 4
"""Steps after the last correction window, so that the last settlement is included and final."""
LATE_STEP_S = 3600
"""Length of a step while the run only waits for late readings [s]."""


@dataclass(frozen=True)
class Clock:
    """Time t counts seconds from the start of slot 0; it is negative in the prelude.

    The prelude holds the deployment of the contracts and the gate closures of the first slots; the
    run-out lasts until the last correction window has closed and the last block is final.
    """

    slot_s: int
    lead_s: int
    slots: int
    reading_wait_s: int
    run_out_s: int

    @staticmethod
    def of(scenario: Scenario, finality_s: int) -> Clock:
        """The clock of a scenario on a ledger that is final `finality_s` after inclusion at the
        latest."""
        settled_s = max(scenario.reading_wait_s, scenario.market.correction_window_s)
        return Clock(
            slot_s=scenario.horizon.slot_s,
            lead_s=scenario.market.lead_s,
            slots=scenario.horizon.slots,
            reading_wait_s=scenario.reading_wait_s,
            run_out_s=settled_s + finality_s + RUN_OUT_STEPS * LATE_STEP_S,
        )

    @property
    def step_s(self) -> int:
        """One co-simulation step [s]: every slot boundary and every gate closure is one."""
        return gcd(self.slot_s, self.lead_s)

    @property
    def prelude_s(self) -> int:
        """Whole slots before slot 0: the lead, and one more to set the ledger up [s]."""
        return (-(-self.lead_s // self.slot_s) + 1) * self.slot_s

    @property
    def steps(self) -> int:
        """End of the run in units of `step_s`; late steps are longer than one."""
        return (self.prelude_s + self.slots * self.slot_s + self.run_out_s) // self.step_s + 1

    def t(self, step: int) -> int:
        """Time of mosaik's step number `step` [s]."""
        return step * self.step_s - self.prelude_s

    def next_step(self, step: int) -> int:
        """Step number after `step`: the next one, but in the run-out, when all that can still come
        is late readings, the next full hour's."""
        regular_until_s = self.end_s(self.slots - 1) + self.reading_wait_s + 2 * self.slot_s
        t = self.t(step)
        if t <= regular_until_s:
            return step + 1
        return ((t // LATE_STEP_S + 1) * LATE_STEP_S + self.prelude_s) // self.step_s

    def next_t(self, t: int) -> int:
        """Time of the step after the one at `t` [s]."""
        return self.t(self.next_step((t + self.prelude_s) // self.step_s))

    def start_s(self, slot: int) -> int:
        return slot * self.slot_s

    def end_s(self, slot: int) -> int:
        return (slot + 1) * self.slot_s

    def slot_ended_at(self, t: int) -> int | None:
        """The slot of the run that ends at `t`, if one does."""
        slot, rest = divmod(t, self.slot_s)
        return slot - 1 if rest == 0 and 1 <= slot <= self.slots else None

    def slot_closing_at(self, t: int) -> int | None:
        """The slot whose gate closes at `t`, if one does."""
        slot, rest = divmod(t + self.lead_s, self.slot_s)
        return slot if rest == 0 and 0 <= slot < self.slots else None
