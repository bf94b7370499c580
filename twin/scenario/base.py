"""What every section of a scenario has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A part of a scenario: immutable, with unknown keys refused and defaults documented."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A share between 0 and 1."""
PriceUeurPerKwh = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]
"""A price in µ€/kWh (10 000 are 1 ct/kWh), an integer, not negative, at most 10 €/kWh."""
Seconds = Annotated[int, Field(ge=0, strict=True)]
"""A duration in whole seconds."""
