"""The catalogue of consensus models."""

from typing import get_args

import pytest

from emulators.ledger.catalogue import MODELS, ledger_entry, load_catalogue
from twin.errors import InputError
from twin.scenario import Ledger


def test_every_consensus_that_a_scenario_may_name_has_an_entry():
    assert set(get_args(Ledger.model_fields["consensus"].annotation)) == set(load_catalogue())


def test_every_entry_fills_its_model():
    for entry in load_catalogue().values():
        assert isinstance(entry.model_parameters, MODELS[entry.model].parameters_type)


def test_every_number_has_unit_and_source():
    for entry in load_catalogue().values():
        for quantity in (entry.fee_neur_per_gas, *entry.parameters.values()):
            assert quantity.unit
            assert quantity.source


def test_an_assumption_says_why():
    for entry in load_catalogue().values():
        for quantity in (entry.fee_neur_per_gas, *entry.parameters.values()):
            assert quantity.source != "assumption" or quantity.note


def test_one_gwei_at_3000_eur_per_eth_is_3000_neur_per_gas():
    assert ledger_entry("pos").default_fee_neur_per_gas == round(1e9 / 1e18 * 3000 * 1e9)


def test_the_longest_finality_bounds_the_run_out():
    longest_s = {n: e.model_parameters.longest_finality_s for n, e in load_catalogue().items()}
    assert longest_s == {"instant": 0, "poa": 0, "pos": 1152}


def test_an_unknown_consensus_is_refused_with_the_choices():
    with pytest.raises(InputError, match="instant, poa, pos"):
        ledger_entry("pow")
