"""When a run takes place."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator

from twin.scenario.base import Section
from twin.units import SECONDS_PER_DAY


class Horizon(Section):
    """The days that are simulated, in SimBench time (UTC+1, no summer time, the year 2016)."""

    start: date = date(2016, 6, 15)
    """First day, local time; the profiles cover 2016-01-01 to 2016-12-31. Default: a June day."""
    days: Annotated[int, Field(ge=1, le=366, strict=True)] = 1
    """Days of delivery [d]."""
    slot_s: Literal[300, 900, 1800, 3600] = 900
    """Length of a delivery slot [s]. Default: the 15 minutes of the European imbalance period."""
    warm_up_days: Annotated[int, Field(ge=0, le=28, strict=True)] = 7
    """Days before the start whose readings the forecast already has [d]; the plant runs through
    them at the status quo. Default: a week, which the weekly forecast needs (assumption)."""

    @field_validator("start")
    @classmethod
    def _in_profile_year(cls, value: date) -> date:
        if value.year != 2016:
            raise ValueError("the SimBench profiles cover the year 2016; choose a day of 2016")
        return value

    @property
    def slots_per_day(self) -> int:
        return SECONDS_PER_DAY // self.slot_s

    @property
    def slots(self) -> int:
        """Delivery slots of the run."""
        return self.days * self.slots_per_day

    @property
    def warm_up_slots(self) -> int:
        return self.warm_up_days * self.slots_per_day
