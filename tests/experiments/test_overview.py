"""The result of a run in 80 columns."""

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosim.results.manifest import Indicator, Manifest
from experiments.accounts import RoleAccount
from experiments.overview import WIDTH, overview
from twin.scenario import Scenario

UNITS = {
    "self_sufficiency": "1",
    "self_sufficiency_status_quo": "1",
    "load_wh": "Wh",
    "generation_wh": "Wh",
    "energy_tier_0_wh": "Wh",
    "energy_tier_1_wh": "Wh",
    "energy_tier_2_wh": "Wh",
    "energy_tier_3_import_wh": "Wh",
    "gain_dso_neur": "n€",
    "gain_lpd_neur": "n€",
    "gain_state_neur": "n€",
    "contracts": "count",
    "contracts_kept": "count",
    "contracts_compensated": "count",
    "contracts_missed_the_gate": "count",
    "imbalance_wh": "Wh",
    "compensation_neur": "n€",
    "transactions": "count",
    "gas_per_contract": "gas",
    "fee_per_contract_neur": "n€",
    "time_to_inclusion_median_ms": "ms",
    "time_to_finality_median_ms": "ms",
    "time_to_finality_p95_ms": "ms",
    "delivery_ratio": "1",
    "age_of_information_mean_s": "s",
    "voltage_min_pu": "p.u.",
    "voltage_max_pu": "p.u.",
    "line_loading_max": "1",
    "losses_wh": "Wh",
}


def _manifest(values):
    return Manifest(
        run_id="0123456789abcdef",
        scenario=Scenario(name="a" * 30).model_dump(mode="json"),
        seed=1,
        model_version=1,
        indicators={
            name: Indicator(value, UNITS[name], "simulated") for name, value in values.items()
        },
        payments={},
        tables={},
    )


ACCOUNTS = [
    RoleAccount("consumer", 21, 215_800, 0, 172_070_000_000, 158_510_000_000),
    RoleAccount("prosumer", 20, 8300, 224_100, 7_800_000_000, -1_490_000_000),
]


def _said(values, accounts=ACCOUNTS):
    return [line.plain for line in overview(_manifest(values), accounts)]


def test_an_ordinary_run_fits_the_screen():
    values = dict.fromkeys(UNITS, 123_456.789) | {
        "voltage_min_pu": 0.987,
        "voltage_max_pu": 1.0234,
        "line_loading_max": 1.234,
        "delivery_ratio": 0.9876,
    }
    lines = _said(values)
    assert len(lines) <= 22
    assert max(map(len, lines)) <= WIDTH


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(UNITS)), st.none() | st.integers(-(10**9), 10**9)))
def test_whatever_a_run_did_it_is_shown(values):
    assert len(_said(values)) >= 15


def test_a_run_without_indicators_shows_dashes():
    lines = _said({})
    assert any("Self-sufficiency  – (status quo –)" in line for line in lines)


def test_savings_have_their_sign_and_share():
    (consumers,) = (line for line in _said({}) if line.startswith("consumer"))
    assert "+13.56" in consumers
    assert "7.9" in consumers


def test_the_last_row_of_roles_is_everybody():
    (everybody,) = (line for line in _said({}) if line.startswith("all"))
    assert " 41 " in everybody
    assert "+22.85" in everybody


def test_a_loss_is_shown_with_a_minus():
    worse = [dataclasses.replace(ACCOUNTS[0], market_neur=172_080_000_000)]
    assert any("\u22120.01" in line for line in _said({}, worse) if line.startswith("consumer"))


@pytest.mark.parametrize(("tier", "label"), [(0, "behind one meter"), (2, "between them")])
def test_a_tier_without_energy_is_left_out(tier, label):
    assert not any(label in line for line in _said({f"energy_tier_{tier}_wh": 0}))
    assert any(label in line for line in _said({f"energy_tier_{tier}_wh": 5}))


@pytest.mark.parametrize(("before", "now"), [(0, 5_000_000_000), (1_000_000, -5_000_000_000)])
def test_savings_against_next_to_nothing_have_no_share(before, now):
    account = dataclasses.replace(ACCOUNTS[0], status_quo_neur=before, market_neur=now)
    (consumers,) = (line for line in _said({}, [account]) if line.startswith("consumer"))
    assert consumers.endswith("–")
