"""Indicators on cases small enough to do by hand."""

import numpy as np
import pytest

from twin.billing import market_bills, status_quo_bills
from twin.conservation import energy_by_tier
from twin.indicators import (
    ContractRecord,
    EnergyRecord,
    GridRecord,
    Indicator,
    KnowledgeRecord,
    LedgerRecord,
    LinkRecord,
    MoneyRecord,
    Outcome,
    Provenance,
    contract_indicators,
    energy_indicators,
    grid_indicators,
    knowledge_indicators,
    ledger_indicators,
    link_indicators,
    merge,
    microgrid_balance,
    money_indicators,
    settled_outcome,
)
from twin.indicators.indicator import percentile
from twin.payments import market_payments, status_quo_payments
from twin.scenario import Tariffs
from twin.settlement import Agreements, Settlement, StabilityRates, residual_wh, settle
from twin.units import IntArray

# Slot 0: participant 0 has 1000 Wh of sun and needs 200, participants 1 and 2 need 300 each.
# Slot 1: no sun, each needs 100 Wh.
LOAD_WH = np.array([[200, 300, 300], [100, 100, 100]])
SUN_WH = np.array([[1000, 0, 0], [0, 0, 0]])
NET_WH = LOAD_WH - SUN_WH
TARIFFS = Tariffs()
RATES = StabilityRates(100_000, 20_000)


def record(microgrid: list[int]) -> EnergyRecord:
    return EnergyRecord(
        load_mwh=LOAD_WH * 1000,
        generation_mwh=SUN_WH * 1000,
        net_wh=NET_WH,
        status_quo_net_wh=NET_WH,
        microgrid=np.array(microgrid),
    )


def trades(quantity: int = 300) -> Agreements:
    """In slot 0 participant 0 sells to participant 1."""
    fields = {
        "tier": 1,
        "seller": 0,
        "buyer": 1,
        "origin": 0,
        "quantity_wh": quantity,
        "price_ueur_per_kwh": 120_000,
        "fee_ueur_per_kwh": 1_000,
        "seller_collateral_neur": 10**9,
        "buyer_collateral_neur": 10**9,
    }
    return Agreements(**{name: np.array([value], np.int64) for name, value in fields.items()})


def settled() -> tuple[Settlement, IntArray]:
    """Settlement of slot 0, and residuals of both slots."""
    rest = np.vstack([residual_wh(trades(), NET_WH[0]), NET_WH[1]])
    return settle(trades(), NET_WH[0], RATES), rest


def energy(microgrid: list[int]) -> dict[str, Indicator]:
    done, rest = settled()
    return energy_indicators(record(microgrid), energy_by_tier(trades(), done, rest))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # Households alone draw 600 + 300 of 1100 Wh; 800 of 1000 Wh of sun leave the household.
        ("self_sufficiency_status_quo", 1 - 900 / 1100),
        ("self_consumption_status_quo", 1 - 800 / 1000),
        # 300 of them are a neighbour's, under contract.
        ("self_sufficiency", 1 - 600 / 1100),
        ("self_consumption", 1 - 500 / 1000),
        # Physically nothing comes in while the sun shines, and 200 Wh go out.
        ("self_sufficiency_physical", 1 - 300 / 1100),
        ("self_consumption_physical", 1 - 200 / 1000),
        # Participants 0 and 1 are a microgrid: it draws 200, the third 400; 500 Wh go out.
        ("self_sufficiency_microgrids_physical", 1 - 600 / 1100),
        ("self_consumption_microgrids_physical", 1 - 500 / 1000),
        ("local_share_of_import", 300 / 900),
        ("energy_tier_0_wh", 0),
        ("energy_tier_1_wh", 300),
        ("energy_tier_3_import_wh", 600),
        ("energy_tier_3_export_wh", 500),
        ("stabiliser_wh", 0),
        ("load_wh", 1100),
        ("generation_wh", 1000),
    ],
)
def test_energy_by_hand(name: str, value: float) -> None:
    assert energy([0, 0, -1])[name].value == pytest.approx(value, abs=1e-12)


def test_a_share_of_nothing_is_not_defined() -> None:
    dark = EnergyRecord(LOAD_WH * 1000, SUN_WH * 0, LOAD_WH, LOAD_WH, np.array([-1, -1, -1]))
    none = Agreements.empty()
    tiers = energy_by_tier(none, settle(none, LOAD_WH[0], RATES), LOAD_WH)
    figures = energy_indicators(dark, tiers)
    assert figures["self_consumption"].value is None
    assert figures["self_sufficiency"].value == 0


def test_the_larger_the_microgrids_the_more_they_cover_themselves() -> None:
    covered = [
        energy(microgrid)["self_sufficiency_microgrids_physical"].value or 0
        for microgrid in ([0, 1, 2], [0, 0, 1], [0, 0, 0])
    ]
    assert covered == sorted(covered)
    assert covered[0] == energy([0, 1, 2])["self_sufficiency_status_quo"].value
    assert covered[2] == energy([0, 1, 2])["self_sufficiency_physical"].value


def test_balance_of_each_microgrid() -> None:
    balance = microgrid_balance(record([7, -1, 7]))
    assert balance.microgrid.tolist() == [7]
    assert balance.members.tolist() == [2]
    assert balance.load_wh.tolist() == [700]
    assert balance.import_wh.tolist() == [200]
    assert balance.export_wh.tolist() == [500]
    assert balance.self_sufficiency.tolist() == [pytest.approx(5 / 7)]
    assert balance.self_consumption.tolist() == [0.5]


def test_money_of_all_parties_gains_and_loses_in_sum_nothing() -> None:
    done, rest = settled()
    role = np.array([2, 0, 0])
    before = status_quo_bills(NET_WH, TARIFFS)
    now = market_bills(trades(), done, rest, TARIFFS, np.array([5, 5, 0]))
    figures = money_indicators(
        MoneyRecord(
            role=role,
            status_quo_bills=before,
            market_bills=now,
            status_quo_payments=status_quo_payments(role, before, NET_WH, 9, TARIFFS),
            market_payments=market_payments(
                role, now, trades(), done, rest, 9, TARIFFS, stabiliser="lpd"
            ),
        )
    )
    gains = [f.value for name, f in figures.items() if name.startswith("gain_")]
    saved = figures["savings_neur"].value
    assert sum(g for g in gains if g is not None) + (saved or 0) == 0
    # The seller gets 12 instead of 8 ct/kWh, the buyer saves 19 − 12.1 ct/kWh; 5 n€ of gas each.
    assert figures["savings_prosumer_plus_neur"].value == 300 * 40_000 - 5
    assert figures["savings_consumer_neur"].value == 300 * 69_000 - 5
    assert "savings_producer_neur" not in figures
    assert (figures["winners"].value, figures["losers"].value) == (2, 0)
    assert figures["savings_neur"].provenance == Provenance.ASSUMED


def test_a_contract_is_kept_where_both_deviations_are_within_the_tolerance() -> None:
    done = settle(trades(), np.array([-290, 300, 0]), RATES)
    assert settled_outcome(done, tolerance_wh=10).tolist() == [Outcome.KEPT]
    assert settled_outcome(done, tolerance_wh=9).tolist() == [Outcome.COMPENSATED]


def test_contracts_are_counted_by_their_end() -> None:
    net_wh = np.array([-280, 300, 0])
    done = settle(trades(), net_wh, RATES)
    figures = contract_indicators(
        ContractRecord(
            outcome=np.array([Outcome.COMPENSATED, Outcome.MISSED_THE_GATE, Outcome.HELD]),
            agreements=trades(),
            settlement=done,
            commitment_deviation_wh=np.array([[20, 0, 0]]),
        )
    )
    assert figures["contracts"].value == 3
    assert figures["contracts_compensated"].value == 1
    assert figures["contracts_missed_the_gate"].value == 1
    assert figures["contracts_held"].value == 1
    assert figures["contracts_kept_share"].value == 0
    assert figures["seller_short_wh"].value == 20
    assert figures["imbalance_wh"].value == 20
    assert figures["compensation_neur"].value == 20 * 100_000


def test_errors_are_means_over_participants_and_slots() -> None:
    figures = knowledge_indicators(
        KnowledgeRecord(
            forecast_wh=np.array([[10, -10]]),
            persistence_wh=np.array([[40, 0]]),
            estimate_wh=np.array([[0, 4]]),
            net_wh=np.zeros((1, 2), np.int64),
            age_s=np.array([[0, 900], [900, 1800]]),
            substituted=np.array([[True, False]]),
        )
    )
    assert figures["forecast_mae_wh"].value == 10
    assert figures["forecast_bias_wh"].value == 0
    assert figures["forecast_mae_to_persistence"].value == 0.5
    assert figures["estimation_mae_wh"].value == 2
    assert figures["age_of_information_mean_s"].value == 900
    assert figures["age_of_information_p95_s"].value == 1800
    assert figures["readings_substituted"].value == 1


def test_links_by_delivery_and_latency() -> None:
    latency_ms = np.arange(1, 101)
    figures = link_indicators(LinkRecord(200, 250, 100, latency_ms))
    assert figures["delivery_ratio"].value == 0.5
    assert figures["attempts_per_frame"].value == 1.25
    assert figures["latency_p50_ms"].value == 50
    assert figures["latency_p95_ms"].value == 95


def test_ledger_per_contract_and_kwh() -> None:
    times_ms = np.array([1000, 2000, 3000])
    figures = ledger_indicators(
        LedgerRecord(
            gas=60_000,
            setup_gas=1_000_000,
            fee_neur=120_000,
            contracts=10,
            traded_wh=4000,
            inclusion_ms=times_ms,
            finality_ms=np.zeros(0, np.int64),
            submitted=4,
            failed=1,
        )
    )
    assert figures["gas_per_contract"].value == 6000
    assert figures["fee_per_contract_neur"].value == 12_000
    assert figures["fee_ueur_per_kwh"].value == 30
    assert figures["time_to_inclusion_median_ms"].value == 2000
    assert figures["time_to_finality_p99_ms"].value is None
    assert figures["gas"].provenance == Provenance.EXECUTED
    assert figures["fee_neur"].provenance == Provenance.ASSUMED


def test_grid_violations_are_pairs_of_bus_or_line_and_slot() -> None:
    figures = grid_indicators(
        GridRecord(
            voltage_pu=np.array([[0.95, 1.101], [0.899, 1.1]]),
            line_loading=np.array([[0.3, 1.2], [1.0, 0.1]]),
            losses_wh=77,
        )
    )
    assert figures["voltage_violations"].value == 2
    assert figures["voltage_min_pu"].value == 0.899
    assert figures["voltage_max_pu"].value == 1.101
    assert figures["line_overloads"].value == 1
    assert figures["line_loading_max"].value == 1.2
    assert figures["losses_wh"].value == 77
    assert "losses_status_quo_wh" not in figures


def test_a_percentile_is_an_observed_value() -> None:
    assert percentile(np.array([10, 20]), 50) == 10
    assert percentile(np.array([10, 20]), 51) == 20
    assert percentile(np.zeros(0), 50) is None


def test_no_indicator_is_defined_twice() -> None:
    one = {"gas": Indicator(1, "gas", Provenance.EXECUTED, "x")}
    with pytest.raises(ValueError, match="gas is defined twice"):
        merge([one, one])


def test_every_indicator_whose_unit_is_no_plain_number_says_it_in_its_name() -> None:
    suffix = {"Wh": "_wh", "n€": "_neur", "ms": "_ms", "s": "_s", "p.u.": "_pu"}
    for name, indicator in energy([0, 0, 1]).items():
        if indicator.unit in suffix:
            assert name.endswith(suffix[indicator.unit])
