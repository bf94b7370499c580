"""Who paid whom, for what: the payments of the whole neighbourhood, which sum to zero; in n€."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.billing import Bills
from twin.columns import sum_by
from twin.scenario.tariffs import Tariffs
from twin.settlement import Agreements, Settlement
from twin.units import IntArray


class Party(IntEnum):
    """The parties of the zero sum: participants by role (as `twin.participants.Role`), and
    others."""

    CONSUMER = 0
    PROSUMER = 1
    PROSUMER_PLUS = 2
    PRODUCER = 3
    DSO = 4
    LPD = 5
    STATE = 6
    UPSTREAM = 7
    LEDGER = 8

    @property
    def label(self) -> str:
        return {Party.PROSUMER_PLUS: "prosumer+"}.get(self, self.name.lower())


class Purpose(IntEnum):
    """What a payment is for."""

    ENERGY = 0
    """Energy from the LPD."""
    NETWORK = 1
    """Network charge on it."""
    TAXES_AND_LEVIES = 2
    FEED_IN = 3
    """Surplus taken by the LPD."""
    TRADE = 4
    """Energy from another participant."""
    ROAD_PRICING = 5
    STABILISATION = 6
    """Contracted energy that the stabiliser supplied in the seller's place, at the contract's
    price."""
    COMPENSATION = 7
    """Collateral lost."""
    UPSTREAM_ENERGY = 8
    """What LPD and stabiliser buy from, or sell to, the upstream grid."""
    LOSSES = 9
    """Grid losses, bought upstream by the DSO."""
    GAS = 10

    @property
    def label(self) -> str:
        return self.name.lower()


PARTICIPANTS = (Party.CONSUMER, Party.PROSUMER, Party.PROSUMER_PLUS, Party.PRODUCER)


@dataclass(frozen=True)
class Payments:
    """Payments of a world."""

    amount_neur: IntArray
    """(purposes, payers, payees) ≥ 0."""

    @property
    def matrix_neur(self) -> IntArray:
        """Payer × payee, all purposes together."""
        matrix: IntArray = self.amount_neur.sum(axis=0)
        return matrix

    @property
    def net_neur(self) -> IntArray:
        """(parties,) received less paid; sums to zero."""
        net: IntArray = self.matrix_neur.sum(axis=0) - self.matrix_neur.sum(axis=1)
        return net

    def income_statement_neur(self, party: Party) -> dict[Purpose, int]:
        """What a party received less what it paid, by purpose, where anything moved."""
        received = self.amount_neur[:, :, party].sum(axis=1)
        paid = self.amount_neur[:, party, :].sum(axis=1)
        return {p: int(received[p] - paid[p]) for p in Purpose if received[p] or paid[p]}


def status_quo_payments(
    role: NDArray[np.int64], bills: Bills, net_wh: IntArray, losses_wh: int, tariffs: Tariffs
) -> Payments:
    """Payments where nobody trades.

    Parameters: `role` (n,) of each participant; `net_wh` (slots, n); `losses_wh` of the grid over
    all slots. The LPD buys the neighbourhood's net energy upstream, the DSO the losses.
    """
    amount = _tier_three(role, bills, int(net_wh.sum()), losses_wh, tariffs)
    return Payments(amount)


def market_payments(
    role: NDArray[np.int64],
    bills: Bills,
    agreements: Agreements,
    settlement: Settlement,
    residual_wh: IntArray,
    losses_wh: int,
    tariffs: Tariffs,
    stabiliser: Literal["lpd", "dso"],
    operator_gas_neur: tuple[int, int] = (0, 0),
) -> Payments:
    """Payments of the market.

    Parameters: as for `twin.billing.market_bills`, whose `bills` these are; `operator_gas_neur`
    what DSO and LPD pay for gas, beside the participants' shares in the bills. The stabiliser's
    upstream energy follows the net Σx' − Σy'; whatever it gains or loses on that is its own.
    """
    amount = _tier_three(role, bills, int(residual_wh.sum()), losses_wh, tariffs)
    party = Party[stabiliser.upper()]
    seller, buyer = role[agreements.seller], role[agreements.buyer]
    supplied = settlement.seller_short_wh - settlement.void_wh
    absorbed = settlement.buyer_short_wh - settlement.void_wh
    np.add.at(amount[Purpose.TRADE], (buyer, seller), settlement.seller_paid_neur)
    stood_in = supplied * agreements.price_ueur_per_kwh
    roles = len(PARTICIPANTS)
    amount[Purpose.STABILISATION, :roles, party] += sum_by(buyer, stood_in, roles)
    amount[Purpose.COMPENSATION, :roles, party] += sum_by(role, bills.compensation_neur, roles)
    amount[Purpose.ROAD_PRICING, :roles, Party.DSO] += sum_by(role, bills.road_pricing_neur, roles)
    amount[Purpose.GAS, :roles, Party.LEDGER] += sum_by(role, bills.gas_neur, roles)
    for operator, gas_neur in zip((Party.DSO, Party.LPD), operator_gas_neur, strict=True):
        amount[Purpose.GAS, operator, Party.LEDGER] += gas_neur
    stabilised_wh = int(supplied.sum()) - int(absorbed.sum())
    _upstream(amount, party, stabilised_wh * tariffs.upstream_ueur_per_kwh)
    return Payments(amount)


def _tier_three(
    role: NDArray[np.int64], bills: Bills, net_wh: int, losses_wh: int, tariffs: Tariffs
) -> IntArray:
    """Payments at the status-quo tariffs, and what LPD and DSO pay upstream for that energy."""
    amount = np.zeros((len(Purpose), len(Party), len(Party)), np.int64)
    roles = len(PARTICIPANTS)
    for purpose, payee, paid in (
        (Purpose.ENERGY, Party.LPD, bills.energy_neur),
        (Purpose.NETWORK, Party.DSO, bills.network_neur),
        (Purpose.TAXES_AND_LEVIES, Party.STATE, bills.taxes_and_levies_neur),
    ):
        amount[purpose, :roles, payee] = sum_by(role, paid, roles)
    amount[Purpose.FEED_IN, Party.LPD, :roles] = sum_by(role, bills.feed_in_neur, roles)
    _upstream(amount, Party.LPD, net_wh * tariffs.upstream_ueur_per_kwh)
    amount[Purpose.LOSSES, Party.DSO, Party.UPSTREAM] = losses_wh * tariffs.upstream_ueur_per_kwh
    return amount


def _upstream(amount: IntArray, party: Party, cost_neur: int) -> None:
    """Book what `party` buys upstream, or sells where the cost is negative."""
    payer, payee = (party, Party.UPSTREAM) if cost_neur >= 0 else (Party.UPSTREAM, party)
    amount[Purpose.UPSTREAM_ENERGY, payer, payee] += abs(cost_neur)
