"""Prices outside the auction: status quo, road pricing, stabilisation."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from twin.scenario.base import PriceUeurPerKwh, Section


class Tariffs(Section):
    """The LPD's tariffs, the retail price kept apart into its parts (MODEL, "Status quo")."""

    energy_ueur_per_kwh: PriceUeurPerKwh = 100_000
    """The LPD's energy price [µ€/kWh]. Assumption: 10 of the 30 ct/kWh that MODEL.md uses."""
    network_ueur_per_kwh: PriceUeurPerKwh = 90_000
    """The DSO's network charge [µ€/kWh]. Assumption: 9 of the 30 ct/kWh."""
    taxes_and_levies_ueur_per_kwh: PriceUeurPerKwh = 110_000
    """Taxes and levies [µ€/kWh], paid on a peer-to-peer purchase too. Assumption: 11 of 30
    ct/kWh."""
    feed_in_ueur_per_kwh: PriceUeurPerKwh = 80_000
    """What the LPD pays for surplus [µ€/kWh]. Source: of the order of the German EEG 2023 rate for
    small roof plants (about 8 ct/kWh)."""
    upstream_ueur_per_kwh: PriceUeurPerKwh = 70_000
    """Price at which LPD and DSO buy from and sell to the upstream grid [µ€/kWh]. Assumption."""

    @property
    def retail_ueur_per_kwh(self) -> int:
        """The whole price of a kWh from the LPD [µ€/kWh]."""
        return (
            self.energy_ueur_per_kwh
            + self.network_ueur_per_kwh
            + self.taxes_and_levies_ueur_per_kwh
        )

    @property
    def buyer_value_ueur_per_kwh(self) -> int:
        """A truthful buyer's limit: retail less taxes (MODEL, "The gate") [µ€/kWh]."""
        return self.energy_ueur_per_kwh + self.network_ueur_per_kwh

    @model_validator(mode="after")
    def _feed_in_below_retail(self) -> Self:
        if self.feed_in_ueur_per_kwh >= self.retail_ueur_per_kwh:
            raise ValueError(
                f"feed_in_ueur_per_kwh ({self.feed_in_ueur_per_kwh}) must be below the retail "
                f"price ({self.retail_ueur_per_kwh}), else feeding in and buying back earns money"
            )
        return self


class RoadPricing(Section):
    """The DSO's fee on the shortest path between seller and buyer (paper, section IV)."""

    line_ueur_per_kwh_per_km: PriceUeurPerKwh = 40_000
    """Per km of low-voltage line on the path [µ€/kWh/km]. Assumption, calibrated so that a trade
    inside a microgrid costs a fraction of the network charge."""
    transformer_ueur_per_kwh: PriceUeurPerKwh = 30_000
    """Per transformer on the path [µ€/kWh]. Assumption."""


class Stability(Section):
    """What a broken commitment costs, and who stands in (MODEL, "Incomplete settlement")."""

    stabiliser: Literal["lpd", "dso"] = "lpd"
    """Who supplies or absorbs a deviation. [choice]: the paper says LPD in IV, DSO in V."""
    service_ueur_per_kwh: PriceUeurPerKwh = 100_000
    """Service rate of the stabilising storage [µ€/kWh]. Assumption, 10 ct/kWh as in MODEL's
    check."""
    risk_factor: Annotated[float, Field(ge=1, le=100)] = 1.5
    """Collateral per Wh is the stability rate times this, rounded up [-], steps of 0.001.
    Assumption."""

    @model_validator(mode="after")
    def _permille(self) -> Self:
        if abs(self.risk_factor * 1000 - round(self.risk_factor * 1000)) > 1e-9:
            raise ValueError("risk_factor is given in steps of 0.001, so that collateral is exact")
        return self

    @property
    def risk_permille(self) -> int:
        return round(self.risk_factor * 1000)
