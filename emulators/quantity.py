"""A number of a catalogue: with its unit, and where it comes from."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class CatalogueEntry(BaseModel):
    """What every part of a catalogue has in common: frozen, with unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Quantity(CatalogueEntry):
    """A number with its unit and where it comes from."""

    value: int | float
    unit: str
    source: Annotated[str, Field(min_length=1)]
    """A reference, or `assumption`."""
    note: str = ""
    """Why this value, where the source alone does not say."""
