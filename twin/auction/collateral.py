"""Stability rates of a slot and the collateral they ask for (step D)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from twin.scenario.tariffs import Stability, Tariffs
from twin.settlement import Agreements, StabilityRates
from twin.units import IntArray

PERMILLE: Final = 1000


def clearing_price_ueur_per_kwh(agreements: Agreements) -> int | None:
    """Quantity-weighted mean price of a slot's agreements, rounded down; none where nothing
    trades."""
    if not len(agreements):
        return None
    value = int((agreements.price_ueur_per_kwh * agreements.quantity_wh).sum())
    return value // int(agreements.quantity_wh.sum())


def stability_rates(
    agreements: Agreements, tariffs: Tariffs, stability: Stability
) -> StabilityRates:
    """π_short = max(0, upstream − clearing price) + service; π_long = max(0, service − feed-in).

    MODEL, "One contract": who leaves a gap pays what its replacement costs more, and the service;
    who leaves a surplus pays the service less what the absorbed energy is worth. Where nothing
    trades there is no clearing price, and no replacement that could cost more.
    """
    price = clearing_price_ueur_per_kwh(agreements)
    dearer = 0 if price is None else max(0, tariffs.upstream_ueur_per_kwh - price)
    service = stability.service_ueur_per_kwh
    return StabilityRates(
        short_ueur_per_kwh=dearer + service,
        long_ueur_per_kwh=max(0, service - tariffs.feed_in_ueur_per_kwh),
    )


def with_collateral(
    agreements: Agreements, rates: StabilityRates, risk_permille: int
) -> Agreements:
    """The agreements with each side's collateral, q × ⌈π × risk⌉ [n€].

    A seller answers for π_short, a buyer for π_long; a party that sells and buys in the slot could
    fail either way and answers for the larger on both sides.
    """
    short, long = (
        -(-rate * risk_permille // PERMILLE)
        for rate in (rates.short_ueur_per_kwh, rates.long_ueur_per_kwh)
    )
    both = np.isin(agreements.seller, agreements.buyer)
    both_buyer = np.isin(agreements.buyer, agreements.seller)
    seller_rate: IntArray = np.where(both, max(short, long), short)
    buyer_rate: IntArray = np.where(both_buyer, max(short, long), long)
    return replace(
        agreements,
        seller_collateral_neur=agreements.quantity_wh * seller_rate,
        buyer_collateral_neur=agreements.quantity_wh * buyer_rate,
    )
