"""What trading changed: energy between roles and tiers, consumption covered, money moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cosim.results.columns import codes, integers
from cosim.results.manifest import Manifest
from dashboards.queries.runs import RunsFolder
from twin.participants import Role
from twin.units import IntArray

ROLES: Final = tuple(role.label for role in Role)
TIERS: Final = ("same building", "same microgrid", "between microgrids")
_PEOPLE: Final = (
    "role",
    "load_wh",
    "generation_wh",
    "status_quo_import_wh",
    "status_quo_total_neur",
    "market_total_neur",
    *(f"{side}_{place}_wh" for side in ("bought", "sold") for place in ("lpd",)),
    *(f"{side}_tier_{tier}_wh" for side in ("bought", "sold") for tier in range(3)),
)


@dataclass(frozen=True)
class RoleSums:
    """Sums over the participants of each role, arrays of shape (4,) in the order of `ROLES`."""

    members: IntArray
    load_wh: IntArray
    generation_wh: IntArray
    bought_wh: IntArray
    """(3, 4) by tier; the stabiliser's part included."""
    neighbours_wh: IntArray
    """(3, 4) by tier, what of it neighbours had delivered."""
    sold_wh: IntArray
    """(3, 4) by tier; what the stabiliser absorbed included."""
    bought_lpd_wh: IntArray
    sold_lpd_wh: IntArray
    status_quo_import_wh: IntArray
    status_quo_neur: IntArray
    market_neur: IntArray

    @property
    def own_wh(self) -> IntArray:
        """Consumption covered behind the own meter; not below zero where batteries were charged."""
        own: IntArray = np.maximum(
            self.load_wh - self.bought_wh.sum(axis=0) - self.bought_lpd_wh, 0
        )
        return own

    @property
    def from_lpd_wh(self) -> IntArray:
        """Consumption that neither the own roof nor a neighbour covered."""
        rest: IntArray = self.load_wh - self.own_wh - self.neighbours_wh.sum(axis=0)
        return rest

    @property
    def status_quo_own_wh(self) -> IntArray:
        """The same without a market."""
        own: IntArray = np.maximum(self.load_wh - self.status_quo_import_wh, 0)
        return own


@dataclass(frozen=True)
class Flow:
    """Energy from one place of the neighbourhood to another."""

    source: str
    target: str
    wh: int
    kind: str
    """own, tier_0 … tier_2, lpd, stabiliser or storage: what it is coloured by."""


def role_sums(runs: RunsFolder, run_id: str) -> RoleSums:
    """Sums by role over the participants of a run."""
    people = runs.table(run_id, "participant", _PEOPLE)
    role = codes(people, "role")

    def by_role(name: str) -> IntArray:
        sums = np.zeros(len(ROLES), np.int64)
        np.add.at(sums, role, integers(people, name))
        return sums

    supplied = _supplied_wh(runs, run_id)
    bought = np.array([by_role(f"bought_tier_{tier}_wh") for tier in range(3)])
    return RoleSums(
        members=np.bincount(role, minlength=len(ROLES)).astype(np.int64),
        load_wh=by_role("load_wh"),
        generation_wh=by_role("generation_wh"),
        bought_wh=bought,
        neighbours_wh=bought - supplied,
        sold_wh=np.array([by_role(f"sold_tier_{tier}_wh") for tier in range(3)]),
        bought_lpd_wh=by_role("bought_lpd_wh"),
        sold_lpd_wh=by_role("sold_lpd_wh"),
        status_quo_import_wh=by_role("status_quo_import_wh"),
        status_quo_neur=by_role("status_quo_total_neur"),
        market_neur=by_role("market_total_neur"),
    )


def _supplied_wh(runs: RunsFolder, run_id: str) -> IntArray:
    """What the stabiliser supplied in sellers' places, (3, 4) by tier and the buyer's role."""
    rows = runs.query(
        run_id,
        """
        SELECT tier, role, sum(seller_short_wh - void_wh)::BIGINT AS wh
        FROM agreement JOIN participant ON participant.participant = agreement.buyer
        WHERE void_wh IS NOT NULL GROUP BY tier, role
        """,
    ).to_pylist()
    supplied = np.zeros((len(TIERS), len(ROLES)), np.int64)
    for row in rows:
        supplied[row["tier"], ROLES.index(row["role"])] = row["wh"]
    return supplied


def stabilised_wh(runs: RunsFolder, run_id: str) -> tuple[IntArray, IntArray]:
    """What the stabiliser supplied and absorbed, by tier, arrays of shape (3,)."""
    deals = runs.table(
        run_id, "agreement", ("tier", "seller_short_wh", "buyer_short_wh", "void_wh")
    )
    deals = deals.filter(pc.is_valid(deals.column("void_wh")))
    tier, void = integers(deals, "tier"), integers(deals, "void_wh")
    supplied, absorbed = np.zeros(3, np.int64), np.zeros(3, np.int64)
    np.add.at(supplied, tier, integers(deals, "seller_short_wh") - void)
    np.add.at(absorbed, tier, integers(deals, "buyer_short_wh") - void)
    return supplied, absorbed


def energy_flows(sums: RoleSums, supplied_wh: IntArray, absorbed_wh: IntArray) -> list[Flow]:
    """Where the consumption of each role came from, and where its generation went.

    Parameters: sums by role, and what the stabiliser supplied and absorbed by tier (3,). Generation
    that was neither used nor left through the meter went into batteries or was lost there; where
    more was used than was left of it, the rest came out of them.
    """
    flows: list[Flow] = []
    lpd, own = "from the LPD", "own use"
    for place, role in enumerate(ROLES):
        source, target = f"{role}: generated", f"{role}: consumed"
        used = int(sums.own_wh[place])
        gone = used + int(sums.sold_wh[:, place].sum() + sums.sold_lpd_wh[place])
        left = int(sums.generation_wh[place]) - gone
        flows.append(Flow(source, own, used - max(-left, 0), "own"))
        flows.append(Flow("out of batteries", own, max(-left, 0), "storage"))
        flows.append(Flow(source, "stored or lost", left, "storage"))
        flows.append(Flow(own, target, used, "own"))
        for tier, name in enumerate(TIERS):
            kind = f"tier_{tier}"
            flows.append(Flow(source, name, int(sums.sold_wh[tier, place]), kind))
            flows.append(Flow(name, target, int(sums.bought_wh[tier, place]), kind))
        fed_in, drawn = int(sums.sold_lpd_wh[place]), int(sums.bought_lpd_wh[place])
        flows.append(Flow(source, "to the LPD", fed_in, "lpd"))
        flows.append(Flow(lpd, target, drawn, "lpd"))
    for tier, name in enumerate(TIERS):
        flows.append(Flow("stabiliser: supplied", name, int(supplied_wh[tier]), "stabiliser"))
        flows.append(Flow(name, "stabiliser: absorbed", int(absorbed_wh[tier]), "stabiliser"))
    return [flow for flow in flows if flow.wh > 0]


def gains_neur(manifest: Manifest) -> dict[str, int]:
    """What each party has more (less if negative) than at the status quo [n€]; sums to zero."""
    before, now = manifest.payments.get("status_quo"), manifest.payments.get("market")
    if before is None or now is None:
        return {}
    then, today = before.balance_neur(), now.balance_neur()
    return {party: today.get(party, 0) - then.get(party, 0) for party in {**then, **today}}


def agreements_by_outcome(runs: RunsFolder, run_id: str) -> pa.Table:
    """Per slot and outcome: number of agreements and their energy."""
    return runs.query(
        run_id,
        "SELECT slot, status, count(*) AS agreements, sum(quantity_wh)::BIGINT AS wh "
        "FROM agreement GROUP BY slot, status ORDER BY slot, status",
    )
