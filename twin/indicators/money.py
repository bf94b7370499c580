"""Money: what each role pays against the status quo, and what the operators earn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.billing import Bills
from twin.columns import sum_by
from twin.indicators.indicator import COUNT, SHARE, Indicator, Indicators, Provenance, share
from twin.payments import PARTICIPANTS, Party, Payments


@dataclass(frozen=True)
class MoneyRecord:
    """Both worlds' bills and payments."""

    role: NDArray[np.int64]
    """(n,) as `twin.payments.Party`'s first four."""
    status_quo_bills: Bills
    market_bills: Bills
    status_quo_payments: Payments
    market_payments: Payments


def money_indicators(record: MoneyRecord) -> Indicators:
    """Costs, savings, winners and losers, and everybody's gain, which sum to zero."""
    before, now = record.status_quo_bills.cost_neur, record.market_bills.cost_neur
    roles = len(PARTICIPANTS)
    members = np.bincount(record.role, minlength=roles)
    result: Indicators = {}
    for world, cost in (("", now), ("_status_quo", before)):
        meaning = "Net cost" + (" in the status quo" if world else "")
        result[f"cost{world}_neur"] = _assumed(int(cost.sum()), f"{meaning} of all participants")
        by_role = sum_by(record.role, cost, roles)
        for party in PARTICIPANTS:
            if members[party]:
                result[f"cost_{_name(party)}{world}_neur"] = _assumed(
                    int(by_role[party]), f"{meaning} of all of role {party.label}"
                )
    saved = before - now
    result["savings_neur"] = _assumed(
        int(saved.sum()), "Status quo cost less market cost of all participants"
    )
    result["savings_share"] = Indicator(
        share(int(saved.sum()), abs(int(before.sum()))),
        SHARE,
        Provenance.ASSUMED,
        "Savings of all participants / their cost in the status quo",
    )
    by_role = sum_by(record.role, saved, roles)
    for party in PARTICIPANTS:
        if members[party]:
            result[f"savings_{_name(party)}_neur"] = _assumed(
                int(by_role[party]), f"Status quo cost less market cost of role {party.label}"
            )
    for name, better in (("winners", saved > 0), ("losers", saved < 0)):
        result[f"{name}"] = Indicator(
            int(better.sum()),
            COUNT,
            Provenance.ASSUMED,
            f"Participants that are {'better' if name == 'winners' else 'worse'} off than before",
        )
    gain = record.market_payments.net_neur - record.status_quo_payments.net_neur
    for party in (Party.DSO, Party.LPD, Party.STATE, Party.UPSTREAM, Party.LEDGER):
        result[f"income_{_name(party)}_neur"] = _assumed(
            int(record.market_payments.net_neur[party]), f"Received less paid by {party.label}"
        )
        result[f"gain_{_name(party)}_neur"] = _assumed(
            int(gain[party]), f"Income of {party.label} less its income in the status quo"
        )
    return result


def _name(party: Party) -> str:
    """The party in an indicator's name."""
    return party.name.lower()


def _assumed(value: int, meaning: str) -> Indicator:
    """Money, which rests on the scenario's prices."""
    return Indicator(value, "n€", Provenance.ASSUMED, meaning)
