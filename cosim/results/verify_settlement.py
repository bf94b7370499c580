"""Checks of the settlement: every agreement's money, recomputed by the reference arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from cosim.results.columns import categories, codes, integers, present, read, texts
from cosim.results.manifest import Manifest
from cosim.results.verify_check import Check, verdict
from twin.settlement import Agreements, Settlement, StabilityRates, settle
from twin.units import BoolArray, IntArray

OUTCOMES: Final = tuple(field.name for field in fields(Settlement))
PAID_OUT: Final = (
    "seller_paid_neur",
    "seller_returned_neur",
    "buyer_returned_neur",
    "stabiliser_paid_neur",
    "dso_paid_neur",
)
SETTLED: Final = ("kept", "compensated")
COMMITTED: Final = (*SETTLED, "held")


def status_is(agreements: pa.Table, statuses: tuple[str, ...]) -> BoolArray:
    """Which agreements ended in one of `statuses` (k,)."""
    return np.isin(texts(agreements, "status"), np.array(statuses, dtype=object))


def agreement_money(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """What was escrowed for an agreement is what was paid out of it, to the n€."""
    columns = ("status", "seller_collateral_neur", "buyer_escrow_neur", *OUTCOMES)
    rows = read(folder, "agreement", tuple(dict.fromkeys(columns)))
    settled = status_is(rows, SETTLED)
    recorded = np.logical_and.reduce([present(rows, name) for name in OUTCOMES])
    empty = ~np.logical_or.reduce([present(rows, name) for name in OUTCOMES])
    paid_in = integers(rows, "seller_collateral_neur") + integers(rows, "buyer_escrow_neur")
    paid_out = np.sum([integers(rows, name) for name in PAID_OUT], axis=0)
    wrong = np.where(settled, ~recorded | (paid_in != paid_out), ~empty)
    total, first = int(paid_in[settled].sum()), int(np.argmax(wrong)) if len(wrong) else 0
    yield verdict(
        "money of agreements",
        int(wrong.sum()),
        f"{total} n€ paid in and out of {int(settled.sum())} agreements",
        f"{int(wrong.sum())} of {len(wrong)} agreements do not add up, first in row {first}",
    )


def settlement_recomputed(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """Readings and terms, put through `twin.settlement`, give every recorded amount."""
    terms_of = ("slot", "seller", "buyer", "status", *_TERMS, *_RATES, *OUTCOMES)
    rows = read(folder, "agreement", terms_of)
    rows = rows.filter(pa.array(status_is(rows, COMMITTED)))
    net = _net_by_slot(folder, categories(rows, "seller"))
    wrong = 0
    slot = integers(rows, "slot")
    bounds = np.flatnonzero(np.r_[True, slot[1:] != slot[:-1]]) if len(slot) else slot
    for start, stop in pairwise([*bounds, len(slot)]):
        part = rows.slice(int(start), int(stop - start))
        rates = StabilityRates(*(int(integers(part, name)[0]) for name in _RATES))
        ours = settle(_agreements(part), net[int(slot[start])], rates)
        settled = status_is(part, SETTLED)
        differs = np.zeros(len(settled), bool)
        for name in OUTCOMES:
            differs |= settled & (getattr(ours, name) != integers(part, name))
        wrong += int(differs.sum())
    done = int(status_is(rows, SETTLED).sum())
    yield verdict(
        "settlement recomputed",
        wrong,
        f"{done} agreements in {len(bounds)} slots",
        f"{wrong} of {done} agreements differ from the reference settlement",
    )


def settled_positions(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """Contracts were settled on import − export; only a substitute may be another position."""
    rows = read(folder, "meter", ("settled_net_wh", "import_wh", "export_wh", "quality"))
    measured = texts(rows, "quality") == "measured"
    used = measured & present(rows, "settled_net_wh")
    net = integers(rows, "import_wh") - integers(rows, "export_wh")
    wrong = int(np.count_nonzero(used & (net != integers(rows, "settled_net_wh"))))
    yield verdict(
        "settled positions",
        wrong,
        f"{int(used.sum())} measured positions",
        f"{wrong} measured positions are not import − export",
    )


def energy_tokens(folder: Path, manifest: Manifest) -> Iterable[Check]:
    """Tokens minted = held + burned + lapsed, and each is what the agreements say.

    Where offers are on the ledger on their own, what of them found no buyer is minted and lapses.
    """
    rows = read(folder, "agreement", ("status", "quantity_wh", "seller_short_wh"))
    committed, settled = status_is(rows, COMMITTED), status_is(rows, SETTLED)
    quantity = integers(rows, "quantity_wh")
    lapsed = int(integers(rows, "seller_short_wh")[settled].sum())
    unsold = 0
    if manifest.scenario["ledger"]["contracts"] == "per_trade":
        unsold = max(0, manifest.tokens_wh.get("lapsed", 0) - lapsed)
    expected = {
        "minted": int(quantity[committed].sum()) + unsold,
        "burned": int(quantity[settled].sum()) - lapsed,
        "lapsed": lapsed + unsold,
        "held": int(quantity[committed & ~settled].sum()),
    }
    found = {name: manifest.tokens_wh.get(name) for name in expected}
    said = ", ".join(f"{name} {value}" for name, value in expected.items())
    yield Check(
        "energy tokens",
        found == expected,
        f"{said} Wh" if found == expected else f"agreements give {said} Wh, the ledger {found}",
    )


_TERMS: Final = tuple(
    field.name for field in fields(Agreements) if field.name not in ("seller", "buyer", "origin")
)
_RATES: Final = ("stability_short_ueur_per_kwh", "stability_long_ueur_per_kwh")


def _agreements(rows: pa.Table) -> Agreements:
    return Agreements(
        seller=codes(rows, "seller"),
        buyer=codes(rows, "buyer"),
        origin=np.zeros(rows.num_rows, np.int64),
        **{name: integers(rows, name) for name in _TERMS},
    )


def _net_by_slot(folder: Path, participants: list[str]) -> IntArray:
    """Positions as settled, (slots, participants) [Wh]; 0 where no reading was ever used."""
    rows = read(folder, "meter", ("slot", "meter", "settled_net_wh"))
    place = {participant: i for i, participant in enumerate(participants)}
    column = np.array([place.get(meter, -1) for meter in categories(rows, "meter")], np.int64)
    meter = column[codes(rows, "meter")] if len(column) else codes(rows, "meter")
    slot = integers(rows, "slot")
    net = np.zeros((int(slot.max(initial=-1)) + 1, len(participants)), np.int64)
    inside = meter >= 0
    values = integers(rows, "settled_net_wh")
    net[slot[inside], meter[inside]] = values[inside]
    return net
