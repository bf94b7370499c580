"""Checks of the participants' accounts: they are the sums of what the other tables say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from cosim.results.columns import categories, codes, integers, read
from cosim.results.manifest import Manifest
from cosim.results.verify_check import Check
from cosim.results.verify_settlement import SETTLED, status_is
from twin.units import BoolArray, IntArray

ROLES: Final = ("consumer", "prosumer", "prosumer+", "producer")
"""The parties of the payment matrices that are participants."""
STATUS_QUO_PAID: Final = ("energy", "network", "taxes")
MARKET_PAID: Final = (
    "p2p_bought",
    "road_fee",
    "compensation",
    "energy",
    "network",
    "taxes",
    "gas",
)
MARKET_RECEIVED: Final = ("p2p_sold", "feed_in")


def delivered_energy(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """Energy bought and sold by tier is what agreements delivered, and the meters add up to it."""
    tiers = [f"{side}_tier_{t}_wh" for side in ("bought", "sold") for t in range(3)]
    rest = ("bought_lpd_wh", "sold_lpd_wh", "market_import_wh", "market_export_wh")
    people = read(folder, "participant", ("participant", *tiers, *rest))
    deals = read(
        folder,
        "agreement",
        ("tier", "seller", "buyer", "quantity_wh", "seller_short_wh", "buyer_short_wh", "status"),
    )
    deals = deals.filter(pa.array(status_is(deals, SETTLED)))
    wrong = np.zeros(people.num_rows, bool)
    total = np.zeros(people.num_rows, np.int64)
    for side, party, sign in (("bought", "buyer", 1), ("sold", "seller", -1)):
        delivered = integers(deals, "quantity_wh") - integers(deals, f"{party}_short_wh")
        for tier in range(3):
            here = integers(deals, "tier") == tier
            ours = _by_participant(people, deals, party, np.where(here, delivered, 0))
            theirs = integers(people, f"{side}_tier_{tier}_wh")
            wrong |= ours != theirs
            total += sign * theirs
    total += integers(people, "bought_lpd_wh") - integers(people, "sold_lpd_wh")
    for flow in ("import", "export"):
        settled = _settled_by_participant(folder, people, f"{flow}_wh")
        wrong |= settled != integers(people, f"market_{flow}_wh")
    net = integers(people, "market_import_wh") - integers(people, "market_export_wh")
    yield _all_participants("energy by tier", wrong | (total != net))


def bills(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """Every bill is the sum of its lines."""
    lines = [f"status_quo_{part}_neur" for part in (*STATUS_QUO_PAID, "feed_in", "total")]
    lines += [f"market_{part}_neur" for part in (*MARKET_PAID, *MARKET_RECEIVED, "total")]
    people = read(folder, "participant", lines)
    status_quo = _signed(people, "status_quo", STATUS_QUO_PAID, ("feed_in",))
    market = _signed(people, "market", MARKET_PAID, MARKET_RECEIVED)
    wrong = (status_quo != integers(people, "status_quo_total_neur")) | (
        market != integers(people, "market_total_neur")
    )
    yield _all_participants("bills", wrong)


def ledger_balances(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """A balance on the ledger is the deposit less what agreements took, plus what they gave."""
    moved = ("p2p_bought", "road_fee", "compensation")
    lines = [f"market_{part}_neur" for part in (*moved, "p2p_sold")]
    people = read(folder, "participant", (*lines, "deposit_neur", "balance_neur"))
    spent = _signed(people, "market", moved, ("p2p_sold",))
    wrong = integers(people, "deposit_neur") - spent != integers(people, "balance_neur")
    yield _all_participants("ledger balances", wrong)


def payment_matrices(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """What all roles pay and receive in both payment matrices is the sum of their bills."""
    people = read(folder, "participant", ("status_quo_total_neur", "market_total_neur"))
    wrong: list[str] = []
    for design in ("status_quo", "market"):
        matrix = manifest.payments.get(design)
        if matrix is None or not set(ROLES) <= set(matrix.parties):
            wrong.append(f"no payments of the design {design}")
            continue
        paid = int(integers(people, f"{design}_total_neur").sum())
        balance = matrix.balance_neur()
        if -sum(balance[role] for role in ROLES) != paid:
            wrong.append(f"{design}: bills say {paid} n€")
        if any(amount < 0 for row in matrix.neur for amount in row):
            wrong.append(f"{design}: a payment is negative")
    yield Check("payments", not wrong, "; ".join(wrong) or "bills and payments agree")


def _by_participant(people: pa.Table, deals: pa.Table, party: str, values: IntArray) -> IntArray:
    """Sums of `values` (k,) over agreements by the participant who is their `party` (n,)."""
    sums = np.zeros(len(categories(deals, party)) or people.num_rows, np.int64)
    np.add.at(sums, codes(deals, party), values)
    return sums[codes(people, "participant")]


def _settled_by_participant(folder: Path, people: pa.Table, register: str) -> IntArray:
    """Sums of a register's growth as settled over the run, by participant (n,) [Wh]."""
    rows = read(folder, "meter", ("meter", register))
    sums = np.zeros(len(categories(rows, "meter")), np.int64)
    np.add.at(sums, codes(rows, "meter"), integers(rows, register))
    by_name = dict(zip(categories(rows, "meter"), sums.tolist(), strict=True))
    names = people.column("participant").to_pylist()
    return np.array([by_name.get(name, 0) for name in names], np.int64)


def _signed(
    people: pa.Table, design: str, paid: tuple[str, ...], received: tuple[str, ...]
) -> IntArray:
    total = np.zeros(people.num_rows, np.int64)
    for part in paid:
        total += integers(people, f"{design}_{part}_neur")
    for part in received:
        total -= integers(people, f"{design}_{part}_neur")
    return total


def _all_participants(name: str, wrong: BoolArray) -> Check:
    found = f"{len(wrong)} participants"
    if wrong.any():
        found = f"{int(wrong.sum())} of {found} do not add up, first in row {int(wrong.argmax())}"
    return Check(name, not bool(wrong.any()), found)
