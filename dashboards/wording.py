"""What things are called on a page, and what stands behind "Why?"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Why:
    """An explanation: in words, as a formula, in the paper, in the code."""

    words: str
    formula: str
    paper: str
    code: str


INDICATORS: Final[Mapping[str, str]] = {
    "self_sufficiency": "Self-sufficiency",
    "self_sufficiency_physical": "Self-sufficiency, physical",
    "self_sufficiency_microgrids_physical": "Self-sufficiency of microgrids, physical",
    "self_consumption": "Self-consumption",
    "local_share_of_import": "Bought from neighbours",
    "cost_neur": "Cost of all participants",
    "savings_neur": "Savings of all participants",
    "savings_share": "Savings, relative",
    "contracts": "Agreements made",
    "contracts_kept": "Number of agreements kept",
    "contracts_kept_share": "Agreements kept",
    "contracts_compensated": "Agreements compensated",
    "contracts_lapsed": "Agreements lapsed",
    "contracts_missed_the_gate": "Agreements that missed the gate",
    "contracts_held": "Agreements still held",
    "compensation_neur": "Collateral lost",
    "imbalance_wh": "Deviations from commitments",
    "gas_per_contract": "Gas per agreement",
    "fee_per_contract_neur": "Fee per agreement",
    "fee_ueur_per_kwh": "Ledger fee per kWh traded",
    "time_to_inclusion_median_ms": "Time to inclusion, median",
    "time_to_finality_median_ms": "Time to finality, median",
    "time_to_finality_p95_ms": "Time to finality, 95th percentile",
    "time_to_finality_p99_ms": "Time to finality, 99th percentile",
    "delivery_ratio": "Frames delivered",
    "latency_p95_ms": "Latency of frames, 95th percentile",
    "forecast_mae_wh": "Forecast error, mean absolute",
    "estimation_mae_wh": "Estimation error, mean absolute",
    "age_of_information_mean_s": "Age of information, mean",
    "winners": "Participants better off",
    "losers": "Participants worse off",
    "stabiliser_wh": "Energy of the stabiliser",
    "losses_wh": "Grid losses",
}
"""Indicators by name; others are spelled out from theirs."""

SETTINGS: Final[Mapping[str, str]] = {
    "ledger.consensus": "Consensus",
    "ledger.contracts": "Contract style",
    "microgrids.size": "Microgrid size",
    "links.technology": "Link technology",
    "links.loss": "Frames lost per attempt",
    "market.lead_s": "Lead time [s]",
    "market.forecast": "Forecast",
    "market.pricing": "Pricing rule",
    "market.bidding": "Bidding",
    "horizon.slot_s": "Length of a slot [s]",
    "horizon.start": "First day",
    "neighbourhood.participants": "Participants",
    "neighbourhood.pv.share": "Share with PV",
    "neighbourhood.battery.share_of_pv": "PV owners with a battery",
}

VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "ledger.consensus": {
        "instant": "instant",
        "poa": "PoA",
        "pos": "PoS (Gasper)",
        "pow": "PoW",
    },
    "links.technology": {"lora": "LoRa", "gprs": "GPRS", "plc": "PLC"},
}

PARTIES: Final[Mapping[str, str]] = {
    "consumer": "Consumers",
    "prosumer": "Prosumers",
    "prosumer+": "Prosumers+",
    "producer": "Producers",
    "dso": "DSO",
    "lpd": "LPD",
    "state": "State",
    "upstream": "Upstream grid",
    "ledger": "Ledger operators",
}

OUTCOMES: Final[Mapping[str, str]] = {
    "kept": "kept",
    "compensated": "compensated",
    "held": "held",
    "lapsed": "lapsed",
    "missed_the_gate": "missed the gate",
    "unsigned": "left unsigned",
}

TIERS: Final = ("same building", "same microgrid", "between microgrids")

_UNITS: Final = ("_ueur_per_kwh", "_neur", "_mwh", "_wh", "_ms", "_s", "_pu")


def indicator_label(name: str) -> str:
    """The name of an indicator in words, without its unit."""
    if name in INDICATORS:
        return INDICATORS[name]
    for unit in _UNITS:
        if name.endswith(unit):
            name = name.removesuffix(unit)
            break
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def setting_label(key: str) -> str:
    """The name of a scenario key in words."""
    return SETTINGS.get(key, key)


def value_label(key: str, value: str) -> str:
    """A setting's value in words; an empty one is the scenario's default."""
    return VALUES.get(key, {}).get(value, value or "default")


def party_label(party: str) -> str:
    """A party of the zero sum in words."""
    return PARTIES.get(party, party)


SELF_SUFFICIENCY: Final = Why(
    "How much of what households consume comes from their own roofs and batteries or, under an "
    "agreement, from a neighbour's. At the status quo every household stands alone.",
    "1 − (energy drawn − energy delivered by neighbours) / consumption",
    "sections II and IV",
    "twin/indicators/energy.py",
)
COST: Final = Why(
    "What all participants pay less what they receive: agreements, road pricing, lost "
    "collateral, the LPD's tariffs for the rest, taxes and levies, and their share of the "
    "ledger's fees. At the status quo there is only the LPD.",
    "Σ paid − Σ received, in integers of n€",
    "sections II and V",
    "twin/billing.py",
)
NEIGHBOURS: Final = Why(
    "Energy that a meter drew and a neighbour had delivered under an agreement of any tier.",
    "Σ (q − y) over settled agreements / Σ energy drawn",
    "section IV",
    "twin/conservation.py",
)
KEPT: Final = Why(
    "An agreement counts as kept where both meters end the slot within the tolerance of what "
    "was committed. It is a label only: money follows the deviation to the n€.",
    "agreements kept / agreements made",
    "section V, Fig. 7",
    "twin/indicators/contracts.py",
)
FEE: Final = Why(
    "Gas of commits and settlements, as the contracts used it on a real EVM, times the ledger's "
    "fee, spread over the agreements that were settled.",
    "Σ gas × fee per gas / settled agreements",
    "section V",
    "twin/indicators/operation.py",
)
FLOWS: Final = Why(
    "A household first uses its own generation. What is left is offered to the auction, which "
    "takes the tiers in turn: behind one meter, inside the microgrid, between microgrids. The "
    "LPD takes or supplies the rest; the stabiliser stands in where a promise was not kept.",
    "consumed = own use + Σ tiers bought + from the LPD, slot by slot",
    "sections IV and V, Figs. 5 and 7",
    "dashboards/queries/overview.py",
)
COVERAGE: Final = Why(
    "The bars split the consumption of all members of a role by where it came from under "
    "agreements. The line marks what the same households covered alone at the status quo, with "
    "the same weather and devices.",
    "own use + neighbours + LPD = consumption",
    "sections II and IV",
    "dashboards/queries/overview.py",
)
ZERO_SUM: Final = Why(
    "Every payment has a payer and a payee, so that what one party gains another has less. Each "
    "bar is a party's income with the market less its income at the status quo.",
    "Σ gains over all parties = 0",
    "section IV",
    "twin/payments.py",
)
FUNNEL: Final = Why(
    "A offer, B request, C matching, D rates of stabilisation, E the full terms, F signatures "
    "and escrow on the ledger, G settlement from meter readings. Energy falls out where no "
    "partner is found, where a block comes too late for the gate, or where readings are still "
    "missing.",
    "offered ≥ matched ≥ committed ≥ final in time; settled = kept + compensated",
    "section V, Fig. 6",
    "dashboards/queries/settlement.py",
)
GATE: Final = Why(
    "The signed terms carry a commit deadline: the latest block time from which the ledger's "
    "own rule still makes the commit final when the slot begins. In a later block the contract "
    "refuses it, nothing is escrowed, and the energy falls to the LPD.",
    "block time ≤ deadline ⇒ final by the slot's start",
    "section V",
    "emulators/ledger/",
)
COMPENSATION: Final = Why(
    "Seller short by x, buyer short by y: the overlap m = min(x, y) is void. For the seller's "
    "rest x − m the stabiliser supplies in its place and is paid the price; for the buyer's "
    "rest y − m it absorbs. Who failed loses collateral at the slot's rates of stabilisation, "
    "never more than it put up.",
    "u_s = min(C_s, (x − m)·π_short),  u_b = min(C_b, (y − m)·π_long)",
    "section V, Fig. 7",
    "twin/settlement.py",
)
STORY: Final = Why(
    "What was signed, what the ledger did with it, what the meters said, and how the escrow was "
    "paid out. Money paid in equals money paid out, to the n€.",
    "(p + f)·q + C_b + C_s = seller + buyer + stabiliser + DSO",
    "section V, Figs. 6 and 7",
    "twin/settlement.py",
)
COMPARISON: Final = Why(
    "Each small dot is one run. The large one is their mean, the whisker reaches from the "
    "smallest to the largest. Runs with the same seed share households, weather and link noise, "
    "whatever else differs between them.",
    "mean, minimum and maximum over runs",
    "section VI",
    "dashboards/queries/compare.py",
)
