"""What each role bought, sold and paid in a run, from the run's participant table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cosim.results.views import query

_ACCOUNTS = """
SELECT role::VARCHAR AS role,
       count(*) AS members,
       sum(bought_tier_0_wh + bought_tier_1_wh + bought_tier_2_wh) AS bought_wh,
       sum(sold_tier_0_wh + sold_tier_1_wh + sold_tier_2_wh) AS sold_wh,
       sum(status_quo_total_neur) AS status_quo_neur,
       sum(market_total_neur) AS market_neur
FROM participant GROUP BY role ORDER BY min(role)
"""


@dataclass(frozen=True)
class RoleAccount:
    """The participants of one role together, over the whole run."""

    role: str
    members: int
    bought_wh: int
    """From other participants, delivered."""
    sold_wh: int
    """To other participants, delivered."""
    status_quo_neur: int
    """What they would have paid without a market [n€]."""
    market_neur: int
    """What they paid [n€]."""

    @property
    def saved_neur(self) -> int:
        return self.status_quo_neur - self.market_neur


def accounts_by_role(runs_dir: Path, run_id: str) -> list[RoleAccount]:
    """One account per role that the run has, in the order of the roles."""
    table = query(runs_dir, run_id, _ACCOUNTS)
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return [RoleAccount(str(role), *map(int, sums)) for role, *sums in rows]
