"""A scenario: one YAML file's worth of choices, every one with its unit, default and source."""

from math import gcd
from typing import Annotated, Self

from pydantic import Field, model_validator

from twin.scenario.base import Section
from twin.scenario.field import Execution, Links, Meters
from twin.scenario.horizon import Horizon
from twin.scenario.ledger import Ledger
from twin.scenario.market import Market
from twin.scenario.neighbourhood import Batteries, Microgrids, Neighbourhood, Photovoltaics
from twin.scenario.tariffs import RoadPricing, Stability, Tariffs

__all__ = [
    "Batteries",
    "Execution",
    "Horizon",
    "Ledger",
    "Links",
    "Market",
    "Meters",
    "Microgrids",
    "Neighbourhood",
    "Photovoltaics",
    "RoadPricing",
    "Scenario",
    "Stability",
    "Tariffs",
]


class Scenario(Section):
    """Everything that, with a seed, determines a run."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    """Short name: lower-case letters, digits and hyphens."""
    description: Annotated[str, Field(max_length=2000)] = ""
    """One sentence for the reader."""
    horizon: Horizon = Horizon()
    neighbourhood: Neighbourhood = Neighbourhood()
    microgrids: Microgrids = Microgrids()
    meters: Meters = Meters()
    links: Links = Links()
    market: Market = Market()
    tariffs: Tariffs = Tariffs()
    road_pricing: RoadPricing = RoadPricing()
    stability: Stability = Stability()
    ledger: Ledger = Ledger()
    execution: Execution = Execution()

    @model_validator(mode="after")
    def _times_fit(self) -> Self:
        if self.market.clearing_s >= self.market.lead_s:
            raise ValueError(
                f"market.clearing_s ({self.market.clearing_s} s) must be shorter than "
                f"market.lead_s ({self.market.lead_s} s), else no contract is ever signed in time"
            )
        step_s = gcd(self.horizon.slot_s, self.market.lead_s)
        if self.market.clearing_s >= step_s:
            raise ValueError(
                f"market.clearing_s ({self.market.clearing_s} s) must be shorter than {step_s} s, "
                f"the greatest common divisor of horizon.slot_s ({self.horizon.slot_s} s) and "
                f"market.lead_s ({self.market.lead_s} s), else a settlement overtakes a commit"
            )
        return self

    @property
    def reading_wait_s(self) -> int:
        """How long settlement waits for readings [s]; two slots unless the scenario says
        otherwise."""
        wait = self.market.reading_wait_s
        return 2 * self.horizon.slot_s if wait is None else wait
