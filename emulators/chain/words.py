"""Agreements and readings as the 32-byte words that the contracts read (`BatchTerms.sol`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from twin.errors import ChainError
from twin.settlement import Agreements
from twin.units import BoolArray, IntArray

MISSING: Final = 0
MEASURED: Final = 1
SUBSTITUTED: Final = 2
REVIEWED: Final = 4
"""Read anew after its owner contested it."""
ORIGINS: Final = 8
"""Origin codes that the energy tokens can tell apart: 0 to 7."""

_FIELDS: Final = (
    ("tier", 0, 1),
    ("seller", 1, 2),
    ("buyer", 3, 2),
    ("origin", 5, 1),
    ("quantity_wh", 6, 4),
    ("price_ueur_per_kwh", 10, 3),
    ("fee_ueur_per_kwh", 13, 3),
    ("seller_collateral_neur", 16, 8),
    ("buyer_collateral_neur", 24, 8),
)
"""Field, first byte and number of bytes in an agreement's word, big-endian."""


def big_endian(values: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
    """Unsigned integers (k,) as their lowest `size` bytes (at most 8), shape (k, size)."""
    return values.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - size :]


def agreement_words(agreements: Agreements, position: NDArray[np.int64]) -> bytes:
    """Pack agreements, 32 bytes each, in their order.

    Parameters: `position` (n,) gives each participant's position in the batch's list of parties.
    Raises ChainError where a value does not fit its field.
    """
    words = np.zeros((len(agreements), 32), np.uint8)
    for name, start, size in _FIELDS:
        values = getattr(agreements, name)
        if name in ("seller", "buyer"):
            values = position[values]
        if len(values) and (values.min() < 0 or (size < 8 and values.max() >> (8 * size))):
            raise ChainError(
                f"{name} of an agreement must be between 0 and {(1 << 8 * size) - 1} to fit its "
                "field on the ledger (seller and buyer count the parties of the batch); the "
                f"values go from {values.min()} to {values.max()}"
            )
        words[:, start : start + size] = big_endian(values, size)
    return words.tobytes()


@dataclass(frozen=True)
class Readings:
    """The meter readings of a batch, arrays of shape (m,), in the order of its parties."""

    net_wh: IntArray
    """Import − export of the slot; any value where missing."""
    quality: NDArray[np.uint8]
    """MISSING, MEASURED, SUBSTITUTED or REVIEWED."""
    used: BoolArray
    """Whether an earlier settlement of the batch used it, so that it can no longer change."""

    @property
    def known(self) -> BoolArray:
        known: BoolArray = self.quality != MISSING
        return known

    def words(self) -> bytes:
        """Packed, 32 bytes each."""
        words = np.zeros((len(self.net_wh), 32), np.uint8)
        net = np.where(self.known, self.net_wh, 0)
        words[:, 24:] = big_endian(np.abs(net), 8)
        words[:, 24] |= (net < 0).astype(np.uint8) << 7
        words[:, 23] = self.quality | (self.used.astype(np.uint8) << 3)
        return words.tobytes()

    def after_use(self) -> Readings:
        """As a later settlement of the same batch must repeat them."""
        return Readings(self.net_wh, self.quality, self.known)
