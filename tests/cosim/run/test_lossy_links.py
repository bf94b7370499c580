"""Loss on the links costs something that can be seen, and in the end everything is settled."""

from collections.abc import Callable
from typing import Any

import pytest

STREET = {
    "neighbourhood.participants": None,
    "horizon.slot_s": 900,
    "horizon.warm_up_days": 7,
    "market.lead_s": 900,
}
"""All participants, as in the demo: few are too few for a difference that is no accident."""
CLEAR = {**STREET, "links.loss": 0.0}
LOSSY = {**STREET, "links.loss": 0.5, "links.attempts": 2}
SEEDS = (1, 2)


def total(runs: list[Any], query: str) -> int:
    return sum(int(run.value(query)) for run in runs)


@pytest.fixture(scope="module")
def clear(run_of: Callable[..., Any]) -> list[Any]:
    return [run_of(CLEAR, seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def lossy(run_of: Callable[..., Any]) -> list[Any]:
    return [run_of(LOSSY, seed) for seed in SEEDS]


def test_estimation_error_rises(clear: list[Any], lossy: list[Any]) -> None:
    error = """
        select sum(abs(estimate_net_wh - (true_import_wh - true_export_wh)))
        from meter where kind = 'participant'
    """
    assert total(clear, error) == 0
    assert total(lossy, error) > 0


def test_imbalances_rise(clear: list[Any], lossy: list[Any]) -> None:
    imbalance = """
        select sum(abs(true_import_wh - true_export_wh - committed_net_wh))
        from meter where kind = 'participant' and committed_net_wh <> 0
    """
    assert total(lossy, imbalance) > total(clear, imbalance)


def test_compensation_rises(clear: list[Any], lossy: list[Any]) -> None:
    lost = "select sum(seller_compensation_neur + buyer_compensation_neur) from agreement"
    assert total(lossy, lost) > total(clear, lost)


def test_indicators_rise_with_them(clear: list[Any], lossy: list[Any]) -> None:
    for name in ("estimation_mae_wh", "imbalance_wh", "compensation_neur"):
        without, with_loss = (
            sum(run.manifest.indicators[name].value for run in runs) for runs in (clear, lossy)
        )
        assert with_loss > without, name


def test_age_of_information_rises(clear: list[Any], lossy: list[Any]) -> None:
    age = "select sum(age_of_information_s) from meter"
    assert total(lossy, age) > total(clear, age)


def test_set_points_get_lost(clear: list[Any], lossy: list[Any]) -> None:
    arrived = "select count(*) from meter where setpoint_received"
    assert total(lossy, arrived) < total(clear, arrived)


def test_readings_that_never_came_are_flagged(lossy: list[Any]) -> None:
    for run in lossy:
        qualities = dict(
            run.rows("select quality, count(*) from meter where kind = 'participant' group by all")
        )
        assert set(qualities) == {"measured", "substituted"}
        assert qualities["substituted"] == run.manifest.indicators["readings_substituted"].value


def test_a_contract_settled_on_a_substitute_says_so(lossy: list[Any]) -> None:
    for run in lossy:
        assert not run.rows("""
            select a.slot, a.agreement from agreement a
            join meter s on s.slot = a.slot and s.meter = a.seller
            join meter b on b.slot = a.slot and b.meter = a.buyer
            where (seller_quality, buyer_quality) <> (s.quality, b.quality)
        """)


def test_nothing_is_settled_on_a_substitute_before_the_correction_window_has_closed(
    lossy: list[Any],
) -> None:
    for run in lossy:
        window_s = run.manifest.scenario["market"]["correction_window_s"]
        earliest_s = run.value(f"""
            select min(settled_at_s - (slot + 1) * 900 - {window_s}) from agreement
            where 'substituted' in (seller_quality, buyer_quality)
        """)
        assert earliest_s >= 0


def test_all_contracts_are_settled_in_the_end(lossy: list[Any]) -> None:
    for run in lossy:
        assert run.value("select count(*) from agreement where settled_final_at_ms is null") == 0
        assert run.manifest.tokens_wh["held"] == 0


def test_without_loss_every_reading_is_measured(clear: list[Any]) -> None:
    for run in clear:
        assert run.rows("select distinct quality from meter") == [("measured",)]
