"""Steps A to E of a slot at its gate closure: forecast, orders, matching, terms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cosim.accounts import escrow_neur
from cosim.clock import Clock
from cosim.contracting import Contracting
from cosim.matching import Matching
from cosim.neighbourhood import Neighbourhood
from twin.auction.collateral import stability_rates, with_collateral
from twin.auction.house import AuctionHouse, Clearing, tie_break
from twin.bidding import Bidding, orders_of
from twin.forecast import LOOKBACK_DAYS, Forecast, Persistence, plausible_wh
from twin.scenario import Scenario
from twin.settlement import Agreements, StabilityRates
from twin.state import TwinState
from twin.units import SECONDS_PER_DAY, IntArray


@dataclass(frozen=True)
class Gate:
    """Closes the gate of one slot after the other, from what the twin's state holds."""

    scenario: Scenario
    seed: int
    clock: Clock
    neighbourhood: Neighbourhood
    forecast: Forecast
    bidding: Bidding
    house: AuctionHouse
    contracting: Contracting

    def close(self, slot: int, t: int, state: TwinState, available_neur: IntArray) -> Matching:
        """Match `slot` at its gate closure `t` [s].

        Orders left `order_delay_s` earlier, so that what arrived since is not in them. A party that
        lacks the balance (`available_neur`, (n,)) for its escrow is left out, and the rest stands.
        """
        market = self.scenario.market
        as_of_ms = (t - market.order_delay_s) * 1000
        lookback = LOOKBACK_DAYS * SECONDS_PER_DAY // self.clock.slot_s
        history = state.history(as_of_ms, before_slot=slot, slots=lookback)
        forecast_wh = plausible_wh(
            self.forecast.forecast_wh(history, slot), self.neighbourhood.may_feed_in
        )
        state.expect(slot, forecast_wh)
        n = self.neighbourhood.participants
        composed = orders_of(
            forecast_wh[:n],
            self.neighbourhood.origin,
            self.scenario.tariffs,
            self.bidding,
            market.min_order_wh,
            slot,
        )
        expiry_s = self.clock.start_s(slot)
        orders, signatures = self.contracting.signed_orders(composed, slot, expiry_s)
        clearing = self.house.clear(orders, tie_break(self.seed, slot, n))
        agreements, rates = self._covered(clearing, available_neur)
        return Matching(
            participants=n,
            forecast_wh=forecast_wh,
            persistence_wh=Persistence().forecast_wh(history, slot),
            orders=orders,
            expiry_s=expiry_s,
            signatures=signatures,
            cleared_wh=orders.quantity_wh - clearing.leftover_wh,
            agreements=agreements,
            rates=rates,
        )

    def _covered(
        self, clearing: Clearing, available_neur: IntArray
    ) -> tuple[Agreements, StabilityRates]:
        """Agreements of parties that can pay in, and the rates that go with them."""
        agreements, rates = clearing.agreements, clearing.rates
        while len(agreements):
            short = escrow_neur(agreements, len(available_neur)) > available_neur
            if not short.any():
                break
            keep = ~(short[agreements.seller] | short[agreements.buyer])
            agreements = agreements.take(np.flatnonzero(keep))
            rates = stability_rates(agreements, self.scenario.tariffs, self.scenario.stability)
            agreements = with_collateral(agreements, rates, self.scenario.stability.risk_permille)
        return agreements, rates
