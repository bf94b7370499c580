"""Who lives on which feeder, with what equipment."""

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.base import Section, Share

GridName = Literal[
    "1-LV-rural1", "1-LV-rural2", "1-LV-rural3", "1-LV-semiurb4", "1-LV-semiurb5", "1-LV-urban6"
]


class Photovoltaics(Section):
    """Roof plants, where `equipment: shares`."""

    share: Share = 0.5
    """Share of participants with a PV plant [-]. Assumption of the demo: every second roof."""
    kwp_per_mwh: Annotated[float, Field(gt=0, le=20)] = 1.0
    """Installed power per yearly consumption [kWp per MWh/yr]. Source: the reference point of
    Weniger, Tjaden, Quaschning 2014."""
    yield_kwh_per_kwp: Annotated[float, Field(gt=0, le=2500)] = 950.0
    """Yearly yield [kWh/kWp]. Assumption: of the order of German roofs; SimBench's own is lower."""


class Batteries(Section):
    """Home storage, where `equipment: shares`."""

    share_of_pv: Share = 0.5
    """Share of the PV owners that have a battery [-]. Assumption of the demo."""
    kwh_per_mwh: Annotated[float, Field(gt=0, le=20)] = 1.0
    """Usable capacity per yearly consumption [kWh per MWh/yr]. Source: the reference point of
    Weniger, Tjaden, Quaschning 2014."""
    power_kw_per_kwh: Annotated[float, Field(gt=0, le=4)] = 0.5
    """Charging and discharging power per capacity [kW/kWh]. Assumption: a two-hour battery."""
    efficiency: Annotated[float, Field(gt=0.5, le=1.0)] = 0.95
    """Efficiency of charging, and again of discharging [-]. Assumption: about 90 % round trip."""
    initial_soc: Share = 0.5
    """State of charge at the start of the warm-up [-]. Assumption; forgotten after a day or two."""


class Neighbourhood(Section):
    """The feeder and its participants."""

    grid: GridName = "1-LV-semiurb4"
    """SimBench low-voltage grid."""
    variant: Literal["today", "near_future", "far_future"] = "today"
    """SimBench's scenario 0, 1 or 2: how much PV, storage, heat pumps and charging it assumes."""
    participants: Annotated[int, Field(ge=2, le=100_000, strict=True)] | None = None
    """How many participants [-]: none takes all of the grid; fewer take the first in the order of
    the feeder walk; more repeat the grid side by side, each copy with its own transformer."""
    equipment: Literal["shares", "simbench"] = "shares"
    """`shares` equips participants by the two sections below; `simbench` takes the grid's own."""
    pv: Photovoltaics = Photovoltaics()
    battery: Batteries = Batteries()
    diversify_weeks: bool = True
    """Give participants with the same SimBench profile different weeks of the same season (at most
    four weeks away, seeded, whole weeks, yearly energy kept): SimBench has six household profiles,
    which would make neighbours perfectly alike."""


class Microgrids(Section):
    """How neighbours are grouped (paper, section IV)."""

    size: Annotated[int, Field(ge=1, le=100_000, strict=True)] = 10
    """At most this many participants in a microgrid. Source: the structural limit that the paper
    cites from Schopfer 2019."""
    willingness: Share = 1.0
    """Share of participants willing to join one [-]; the others trade at the outer tiers.
    Assumption: everybody."""
