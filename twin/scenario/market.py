"""The auction house: when it clears, how it prices, how agents bid, how it settles."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from twin.scenario.base import Seconds, Section


class Market(Section):
    """One delivery slot's steps A–G (paper, section V) in time and rules."""

    lead_s: Annotated[int, Field(ge=60, le=86_400, strict=True)] = 900
    """Gate closure is this long before the slot begins [s], a multiple of 60. Default: one slot."""
    order_delay_s: Annotated[int, Field(ge=1, le=60, strict=True)] = 2
    """Time from an agent's order to its arrival at the auction house, over the users' internet
    connection [s]. Assumption."""
    clearing_s: Annotated[int, Field(ge=0, le=600, strict=True)] = 20
    """From gate closure until the signed commit is sent to the ledger: matching, paths, rates and
    one round of signatures [s]. Assumption."""
    pricing: Literal["uniform"] = "uniform"
    """Pricing rule: one price per microgrid and tier, between the last accepted bid and offer."""
    k: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Where in that interval the price lies: 0 at the offer, 1 at the bid [-], steps of 0.001.
    Source: Chatterjee & Samuelson 1983."""
    bidding: Literal["truthful", "linear"] = "truthful"
    """`truthful` bids the own alternative (retail less taxes, feed-in); `linear` moves from the
    wish (the other side's alternative) to it, each agent from its own seeded starting point."""
    forecast: Literal["seasonal", "persistence", "perfect"] = "seasonal"
    """`seasonal` takes the same slot of yesterday and last week, corrected by the newest error;
    `persistence` the newest reading; `perfect` the status quo's counters, as a bound."""
    min_order_wh: Annotated[int, Field(ge=1, le=10_000, strict=True)] = 10
    """Smaller forecasts are not offered or requested [Wh]. Assumption."""
    reading_wait_s: Seconds | None = None
    """How long after a slot settlement waits for readings [s]; none takes two slots (MODEL)."""
    correction_window_s: Seconds = 86_400
    """How long after a slot a missing reading may still come before it is substituted [s]
    (MODEL)."""
    substitution: Literal["estimate", "adverse"] = "estimate"
    """What then stands for the reading: the validated estimate, or what is worst for its owner."""
    tolerance_wh: Annotated[int, Field(ge=0, le=100_000, strict=True)] = 10
    """Deviations up to this are labelled kept [Wh]; money is exact all the same. Assumption: ten
    steps of a register."""
    deposit_neur: Annotated[int, Field(ge=0, le=10**15, strict=True)] = 50_000_000_000
    """What each party deposits at the start [n€]. Assumption: 50 €."""

    @field_validator("lead_s")
    @classmethod
    def _whole_minutes(cls, value: int) -> int:
        if value % 60:
            raise ValueError("lead_s must be a multiple of 60 seconds")
        return value

    @field_validator("k")
    @classmethod
    def _permille(cls, value: float) -> float:
        if abs(value * 1000 - round(value * 1000)) > 1e-9:
            raise ValueError("k is given in steps of 0.001, so that prices stay integers")
        return value

    @property
    def k_permille(self) -> int:
        return round(self.k * 1000)
