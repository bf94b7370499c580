"""What every clearing rule has in common: a book goes in, matches and a price per group come
out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.auction.book import Book
from twin.units import IntArray


@dataclass(frozen=True)
class Matches:
    """Who trades with whom, arrays of shape (k,); each pair once, quantities above zero."""

    buy: NDArray[np.int64]
    """Row of `Book.buys`."""
    sell: NDArray[np.int64]
    """Row of `Book.sells`."""
    quantity_wh: IntArray
    price_ueur_per_kwh: IntArray
    """What the seller gets: at least its limit, and with the pair's fee at most the buyer's."""


@dataclass(frozen=True)
class Quotes:
    """Prices of the groups that traded, arrays of shape (g,) [µ€/kWh]."""

    group: NDArray[np.int64]
    """Number of the group within the tier."""
    price_ueur_per_kwh: IntArray
    lowest_ueur_per_kwh: IntArray
    highest_ueur_per_kwh: IntArray
    """The interval in which every price clears the group."""


class ClearingRule(ABC):
    """A pricing rule of the auction house."""

    @abstractmethod
    def clear(self, book: Book) -> tuple[Matches, Quotes]:
        """Clear every group of a tier; individually rational for every pair it makes."""
