"""With nothing lost and a forecast that knows the counters, everybody keeps their word."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cosim.neighbourhood import build_neighbourhood

KNOWN = {"market.forecast": "perfect"}
CASES = {
    "ideal links": {**KNOWN, "links.technology": "ideal"},
    "slow links without loss": {**KNOWN, "links.technology": "gprs", "links.loss": 0.0},
    "a gate long before delivery": {
        **KNOWN,
        "links.technology": "ideal",
        "market.lead_s": 14_400,
        "ledger.consensus": "pos",
    },
    "quarters of an hour": {
        **KNOWN,
        "links.technology": "ideal",
        "horizon.slot_s": 900,
        "market.lead_s": 900,
    },
}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES.keys())
def run(request: pytest.FixtureRequest, run_of: Callable[..., Any]) -> Any:
    return run_of(request.param)


def test_contracts_are_made(run: Any) -> None:
    assert run.value("select count(*) from agreement") > 20


def test_no_contract_is_compensated(run: Any) -> None:
    assert run.rows("select distinct status from agreement") == [("kept",)]


def test_no_wh_is_short(run: Any) -> None:
    assert run.rows(
        "select sum(seller_short_wh), sum(buyer_short_wh), "
        "sum(seller_compensation_neur + buyer_compensation_neur) from agreement"
    ) == [(0, 0, 0)]


def test_meters_show_what_they_show_in_the_status_quo(run: Any) -> None:
    assert (
        run.value("""
        select count(*) from meter where true_import_wh - true_export_wh <> status_quo_net_wh
        and kind = 'participant'
    """)
        == 0
    )


def test_batteries_do_what_they_do_in_the_status_quo(
    run: Any, make_scenario: Callable[..., Any], request: pytest.FixtureRequest
) -> None:
    place = build_neighbourhood(make_scenario(request.node.callspec.params["run"]), 1)
    assert (place.batteries.capacity_mwh > 0).any()
    battery_mwh = place.status_quo_net_mwh - place.load_mwh + place.generation_mwh
    recorded = run.array(
        "select battery_mwh from meter where kind = 'participant' order by slot, meter"
    )
    assert (recorded.reshape(battery_mwh.shape) == battery_mwh).all()


def test_nobody_pays_more_for_having_joined_before_gas(run: Any) -> None:
    gain = np.array(
        run.array(
            "select status_quo_total_neur, market_total_neur - market_gas_neur from participant"
        )
    )
    assert (gain[:, 1] <= gain[:, 0]).all()
