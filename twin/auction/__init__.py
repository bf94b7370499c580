"""The decentralised auction house: order books by tier, one clearing rule per class behind one
interface, prices, stability rates and collateral (paper, steps C to E)."""

from twin.auction.book import Book, Side
from twin.auction.collateral import clearing_price_ueur_per_kwh, stability_rates, with_collateral
from twin.auction.house import (
    BUILDING_TIER,
    LPD_TIER,
    MICROGRID_TIER,
    OUTER_TIER,
    AuctionHouse,
    Clearing,
    Prices,
    tie_break,
)
from twin.auction.rule import ClearingRule, Matches, Quotes
from twin.auction.uniform import UniformPrice

__all__ = [
    "BUILDING_TIER",
    "LPD_TIER",
    "MICROGRID_TIER",
    "OUTER_TIER",
    "AuctionHouse",
    "Book",
    "Clearing",
    "ClearingRule",
    "Matches",
    "Prices",
    "Quotes",
    "Side",
    "UniformPrice",
    "clearing_price_ueur_per_kwh",
    "stability_rates",
    "tie_break",
    "with_collateral",
]
