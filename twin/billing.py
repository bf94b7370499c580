"""What each participant pays, in the status quo and in the market; all amounts n€, all energies Wh.

Tier 3, taxes and levies are billed off the ledger on metered energy, netted by slot; contracts pay
on the ledger, by the incomplete settlement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.columns import sum_by
from twin.scenario.tariffs import Tariffs
from twin.settlement import Agreements, Settlement
from twin.units import IntArray


@dataclass(frozen=True)
class Bills:
    """One bill per participant, arrays of shape (n,) [n€]; what is received is positive too."""

    energy_neur: IntArray
    """To the LPD for energy that no contract covered."""
    network_neur: IntArray
    """To the DSO, the network charge on that energy."""
    taxes_and_levies_neur: IntArray
    """To the state, on all energy drawn."""
    feed_in_neur: IntArray
    """Received from the LPD for surplus that no contract covered."""
    purchases_neur: IntArray
    """To sellers, and to the stabiliser where it stood in for one."""
    road_pricing_neur: IntArray
    """To the DSO, the fee on the paths of purchases."""
    sales_neur: IntArray
    """Received from buyers."""
    compensation_neur: IntArray
    """Collateral lost to the stabiliser."""
    gas_neur: IntArray
    """To the ledger's operators."""

    @property
    def cost_neur(self) -> IntArray:
        """What is paid less what is received, (n,)."""
        paid = (
            self.energy_neur
            + self.network_neur
            + self.taxes_and_levies_neur
            + self.purchases_neur
            + self.road_pricing_neur
            + self.compensation_neur
            + self.gas_neur
        )
        return paid - self.feed_in_neur - self.sales_neur


def status_quo_bills(net_wh: IntArray, tariffs: Tariffs) -> Bills:
    """Bills where nobody trades; `net_wh` (slots, n) import − export."""
    drawn, fed_in = drawn_and_fed_in_wh(net_wh)
    none = np.zeros(len(drawn), np.int64)
    return Bills(
        energy_neur=drawn * tariffs.energy_ueur_per_kwh,
        network_neur=drawn * tariffs.network_ueur_per_kwh,
        taxes_and_levies_neur=drawn * tariffs.taxes_and_levies_ueur_per_kwh,
        feed_in_neur=fed_in * tariffs.feed_in_ueur_per_kwh,
        purchases_neur=none,
        road_pricing_neur=none,
        sales_neur=none,
        compensation_neur=none,
        gas_neur=none,
    )


def market_bills(
    agreements: Agreements,
    settlement: Settlement,
    residual_wh: IntArray,
    tariffs: Tariffs,
    gas_neur: IntArray,
) -> Bills:
    """Bills of the market.

    Parameters: the settled agreements of all slots and their settlement (k,); `residual_wh` (slots,
    n) what no contract covered, import positive; `gas_neur` (n,) each one's share of the ledger's
    fees. Taxes and levies fall on what a buyer drew, q − y, whoever supplied it.
    """
    drawn, fed_in = drawn_and_fed_in_wh(residual_wh)
    n = len(drawn)
    buyer, seller = agreements.buyer, agreements.seller
    bought = agreements.quantity_wh - settlement.buyer_short_wh
    paid_for = agreements.quantity_wh - settlement.void_wh
    taxed = drawn + sum_by(buyer, bought, n)
    return Bills(
        energy_neur=drawn * tariffs.energy_ueur_per_kwh,
        network_neur=drawn * tariffs.network_ueur_per_kwh,
        taxes_and_levies_neur=taxed * tariffs.taxes_and_levies_ueur_per_kwh,
        feed_in_neur=fed_in * tariffs.feed_in_ueur_per_kwh,
        purchases_neur=sum_by(buyer, paid_for * agreements.price_ueur_per_kwh, n),
        road_pricing_neur=sum_by(buyer, settlement.dso_paid_neur, n),
        sales_neur=sum_by(seller, settlement.seller_paid_neur, n),
        compensation_neur=sum_by(seller, settlement.seller_compensation_neur, n)
        + sum_by(buyer, settlement.buyer_compensation_neur, n),
        gas_neur=gas_neur,
    )


def drawn_and_fed_in_wh(net_wh: IntArray) -> tuple[IntArray, IntArray]:
    """Sums over slots of what was drawn and of what was fed in, (n,) each; `net_wh` (slots, n)."""
    return np.maximum(net_wh, 0).sum(axis=0), np.maximum(-net_wh, 0).sum(axis=0)


def split_by_weight(total: int, weight: IntArray) -> IntArray:
    """`total` split in proportion to `weight` (n,) ≥ 0, summing to it exactly (largest remainder).

    Equal remainders go to the first; without any weight the split is equal.
    """
    n = len(weight)
    shares = [int(w) for w in weight] if weight.any() else [1] * n
    whole = sum(shares)
    # Python integers: n€ times Wh outgrows 64 bits.
    parts = [total * share // whole for share in shares]
    remainder = [total * share % whole for share in shares]
    left = total - sum(parts)
    for row in sorted(range(n), key=lambda i: -remainder[i])[:left]:
        parts[row] += 1
    return np.array(parts, np.int64)


def traded_wh(agreements: Agreements, participants: int) -> IntArray:
    """Energy that each participant bought and sold under contract, (n,): the weight of its gas."""
    return sum_by(agreements.buyer, agreements.quantity_wh, participants) + sum_by(
        agreements.seller, agreements.quantity_wh, participants
    )
