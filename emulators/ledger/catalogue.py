"""The consensus models that a scenario may name, their parameters and where each number is from."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import simpy
import yaml

from emulators.ledger.base import Consensus, Execute, Parameters
from emulators.ledger.instant import Instant
from emulators.ledger.poa import ProofOfAuthority
from emulators.ledger.pos import ProofOfStake
from emulators.quantity import CatalogueEntry, Quantity
from twin.errors import InputError
from twin.streams import Component, stream

MODELS: Final[Mapping[str, type[Consensus]]] = {
    "instant": Instant,
    "poa": ProofOfAuthority,
    "pos": ProofOfStake,
}
"""SimPy processes by the name that an entry's `model` gives."""


class Entry(CatalogueEntry):
    """One consensus of the catalogue."""

    title: str
    family: Literal["PoW", "PoS", "PoA", "Others"]
    """The paper's families, figures 10 to 12."""
    model: str
    """Which SimPy process, a key of `MODELS`."""
    summary: str
    fee_neur_per_gas: Quantity
    """Default price of gas [n€/gas]."""
    parameters: dict[str, Quantity]

    @property
    def default_fee_neur_per_gas(self) -> int:
        return int(self.fee_neur_per_gas.value)

    @property
    def model_parameters(self) -> Parameters:
        """The values alone, checked by the model's own rules."""
        values = {name: quantity.value for name, quantity in self.parameters.items()}
        return MODELS[self.model].parameters_type.model_validate(values)


@cache
def load_catalogue() -> Mapping[str, Entry]:
    """Every consensus by name; each entry is checked when it is read."""
    text = files("emulators.ledger").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    catalogue = {name: Entry.model_validate(entry) for name, entry in yaml.safe_load(text).items()}
    for entry in catalogue.values():
        _ = entry.model_parameters
    return catalogue


def ledger_entry(name: str) -> Entry:
    """The entry of a consensus; raises InputError where the catalogue has none of that name."""
    catalogue = load_catalogue()
    if name not in catalogue:
        raise InputError(
            f"ledger.consensus: {name!r} is not in the catalogue; "
            f"choose from {', '.join(catalogue)}"
        )
    return catalogue[name]


def open_consensus(
    name: str, env: simpy.Environment, seed: int, execute: Execute, block_gas_limit: int
) -> Consensus:
    """Start the SimPy process of a consensus with its catalogue parameters and its own stream."""
    entry = ledger_entry(name)
    rng = stream(seed, Component.CONSENSUS)
    return MODELS[entry.model](env, entry.model_parameters, rng, execute, block_gas_limit)
