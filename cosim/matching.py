"""What comes of one slot's gate closure."""

from __future__ import annotations

from dataclasses import dataclass

from twin.bidding import Orders
from twin.settlement import Agreements, StabilityRates
from twin.units import IntArray


@dataclass(frozen=True)
class Matching:
    """What came of one slot's gate closure."""

    participants: int
    forecast_wh: IntArray
    """Of every meter, buildings included."""
    persistence_wh: IntArray
    """What the newest reading would have said; the forecast is measured against it."""
    orders: Orders
    expiry_s: int
    """Until when a contract can be made from them."""
    signatures: list[bytes]
    """Of each order, by its party."""
    cleared_wh: IntArray
    agreements: Agreements
    rates: StabilityRates
