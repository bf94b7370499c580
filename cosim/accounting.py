"""The books after the last settlement: energy, bills and payments of both worlds, all closing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cosim.neighbourhood import Neighbourhood
from cosim.slot_book import SlotBook
from twin.billing import (
    Bills,
    drawn_and_fed_in_wh,
    market_bills,
    split_by_weight,
    status_quo_bills,
    traded_wh,
)
from twin.columns import concatenate, sum_by
from twin.conservation import EnergyByTier, check_energy, check_money, energy_by_tier
from twin.payments import Payments, market_payments, status_quo_payments
from twin.scenario import Scenario
from twin.settlement import Agreements, Settlement, settle
from twin.units import MWH_PER_WH, IntArray


@dataclass(frozen=True)
class Accounting:
    """What a run comes to; arrays over settled agreements (k,), slots and participants (n,)."""

    slot: IntArray
    """(k,) delivery slot of each settled agreement."""
    agreements: Agreements
    settlement: Settlement
    net_wh: IntArray
    """(slots, n) positions as settled and billed."""
    residual_wh: IntArray
    """(slots, n) what no contract covered."""
    tiers: EnergyByTier
    status_quo_bills: Bills
    market_bills: Bills
    status_quo_payments: Payments
    market_payments: Payments


def settled_agreements(book: SlotBook) -> tuple[Agreements, Settlement]:
    """What of a slot was settled, in order of agreement id."""
    rows = np.concatenate([batch.rows for batch in book.batches])
    outcome = concatenate([batch.settlement for batch in book.batches])
    order = np.argsort(rows)
    return book.agreements.take(rows[order]), outcome.take(order)


def account(
    scenario: Scenario,
    neighbourhood: Neighbourhood,
    books: Mapping[int, SlotBook],
    net_wh: IntArray,
    losses_mwh: tuple[int, int],
    fee_neur: int,
) -> Accounting:
    """Close the books; raises ConservationError where anything does not add up.

    Parameters: `net_wh` (slots, n) as settled; `losses_mwh` of the grid in the status quo and in
    the market; `fee_neur` of all transactions.
    """
    n = neighbourhood.participants
    slots, parts, outcomes = [], [], []
    residual = net_wh.copy()
    for slot, book in books.items():
        if not book.batches:
            continue
        terms, outcome = settled_agreements(book)
        taken = sum_by(terms.buyer, terms.quantity_wh - outcome.buyer_short_wh, n)
        given = sum_by(terms.seller, terms.quantity_wh - outcome.seller_short_wh, n)
        residual[slot] -= taken - given
        check_energy(slot, terms, outcome, net_wh[slot], residual[slot])
        check_money(slot, terms, outcome)
        slots.append(np.full(len(terms), slot))
        parts.append(terms)
        outcomes.append(outcome)
    none = settle(Agreements.empty(), net_wh[0], next(iter(books.values())).rates)
    agreements = concatenate([Agreements.empty(), *parts])
    settlement = concatenate([none, *outcomes])
    role, tariffs = neighbourhood.fleet.role, scenario.tariffs
    payer = scenario.ledger.gas_payer
    by_participants = fee_neur if payer == "participants" else 0
    gas = split_by_weight(by_participants, traded_wh(agreements, n))
    before = status_quo_bills(neighbourhood.status_quo_wh[:, :n], tariffs)
    now = market_bills(agreements, settlement, residual, tariffs, gas)
    losses_before, losses_now = (round(losses / MWH_PER_WH) for losses in losses_mwh)
    return Accounting(
        slot=np.concatenate([np.zeros(0, np.int64), *slots]),
        agreements=agreements,
        settlement=settlement,
        net_wh=net_wh,
        residual_wh=residual,
        tiers=energy_by_tier(agreements, settlement, residual),
        status_quo_bills=before,
        market_bills=now,
        status_quo_payments=status_quo_payments(
            role, before, neighbourhood.status_quo_wh[:, :n], losses_before, tariffs
        ),
        market_payments=market_payments(
            role,
            now,
            agreements,
            settlement,
            residual,
            losses_now,
            tariffs,
            scenario.stability.stabiliser,
            (fee_neur if payer == "dso" else 0, fee_neur if payer == "lpd" else 0),
        ),
    )


def participant_rows(
    scenario: Scenario, neighbourhood: Neighbourhood, books: Accounting, balance_neur: IntArray
) -> dict[str, Any]:
    """The table `participant`: who took part, and each one's account of the run."""
    fleet, n = neighbourhood.fleet, neighbourhood.participants
    before, now = books.status_quo_bills, books.market_bills
    imported, exported = drawn_and_fed_in_wh(books.net_wh)
    imported_before, exported_before = drawn_and_fed_in_wh(neighbourhood.status_quo_wh[:, :n])
    drawn, fed_in = drawn_and_fed_in_wh(books.residual_wh)
    terms, outcome = books.agreements, books.settlement
    sides = (
        ("bought", terms.buyer, terms.quantity_wh - outcome.buyer_short_wh),
        ("sold", terms.seller, terms.quantity_wh - outcome.seller_short_wh),
    )
    traded = {
        f"{verb}_tier_{tier}_wh": sum_by(party, np.where(terms.tier == tier, energy, 0), n)
        for verb, party, energy in sides
        for tier in range(3)
    }
    return {
        "participant": np.arange(n),
        "role": fleet.role,
        "bus": fleet.bus,
        "building": fleet.building,
        "microgrid": neighbourhood.microgrid,
        "annual_load_wh": fleet.annual_load_wh,
        "pv_kwp": fleet.pv_kwp,
        "battery_wh": fleet.battery_capacity_mwh // MWH_PER_WH,
        "load_wh": neighbourhood.load_mwh.sum(axis=0) // MWH_PER_WH,
        "generation_wh": neighbourhood.generation_mwh.sum(axis=0) // MWH_PER_WH,
        "status_quo_import_wh": imported_before,
        "status_quo_export_wh": exported_before,
        "status_quo_energy_neur": before.energy_neur,
        "status_quo_network_neur": before.network_neur,
        "status_quo_taxes_neur": before.taxes_and_levies_neur,
        "status_quo_feed_in_neur": before.feed_in_neur,
        "status_quo_total_neur": before.cost_neur,
        "market_import_wh": imported,
        "market_export_wh": exported,
        **traded,
        "bought_lpd_wh": drawn,
        "sold_lpd_wh": fed_in,
        "market_p2p_bought_neur": now.purchases_neur,
        "market_p2p_sold_neur": now.sales_neur,
        "market_road_fee_neur": now.road_pricing_neur,
        "market_compensation_neur": now.compensation_neur,
        "market_energy_neur": now.energy_neur,
        "market_network_neur": now.network_neur,
        "market_taxes_neur": now.taxes_and_levies_neur,
        "market_feed_in_neur": now.feed_in_neur,
        "market_gas_neur": now.gas_neur,
        "market_total_neur": now.cost_neur,
        "deposit_neur": np.full(n, scenario.market.deposit_neur),
        "balance_neur": balance_neur,
    }
