"""How tables of results are declared: meaning, unit and provenance beside the type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

import pyarrow as pa


class Provenance(StrEnum):
    """Where a number comes from; shown beside it wherever it is shown."""

    EXECUTED = "executed"
    """Done by the real thing: a contract on an EVM, a meter's register, the auction itself."""
    SIMULATED = "simulated"
    """The outcome of a model."""
    ASSUMED = "assumed"
    """A parameter that somebody chose."""


Form = Literal["int64", "int32", "int8", "float64", "bool", "string", "binary", "category"]

_ARROW: Final[Mapping[str, pa.DataType]] = {
    "int64": pa.int64(),
    "int32": pa.int32(),
    "int8": pa.int8(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "string": pa.string(),
    "binary": pa.binary(),
    "category": pa.dictionary(pa.int32(), pa.string()),
}

DOMAINS: Final[Mapping[str, tuple[str, ...]]] = {
    "role": ("consumer", "prosumer", "prosumer+", "producer"),
    "meter_kind": ("participant", "building"),
    "quality": ("missing", "measured", "estimated", "substituted"),
    "side": ("buy", "sell"),
    "origin": ("pv", "wind", "battery", "grid"),
    "agreement_status": (
        "kept",
        "compensated",
        "lapsed",
        "missed_the_gate",
        "held",
        "unsigned",
    ),
    "direction": ("up", "down"),
    "element_kind": ("bus", "line", "transformer", "feeder"),
}
"""Categories that are the same in every run, in the order of the codes that `twin` gives them."""

RUN_DOMAINS: Final = frozenset({"participant", "meter", "building", "element"})
"""Categories that a run brings along: its participants, meters, buildings and grid elements."""


@dataclass(frozen=True)
class Column:
    """One column. A `category` has a `domain` of `DOMAINS` or `RUN_DOMAINS`, or is open."""

    name: str
    form: Form
    unit: str
    provenance: Provenance
    meaning: str
    nullable: bool = False
    domain: str | None = None

    @property
    def stored_type(self) -> pa.DataType:
        """Type of the values before they get their dictionary: int32 codes for a category."""
        return pa.int32() if self.form == "category" else _ARROW[self.form]

    def field(self) -> pa.Field:
        metadata = {
            "meaning": self.meaning,
            "unit": self.unit,
            "provenance": self.provenance.value,
        }
        return pa.field(self.name, _ARROW[self.form], self.nullable, metadata)


@dataclass(frozen=True)
class Table:
    """One table: `key` identifies a row and is the order in which rows stand in the file."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([column.field() for column in self.columns], {"table": self.name})

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")
