"""A small neighbourhood for a few slots, recorded as a run would be and consistent in itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cosim.results.identity import run_id
from cosim.results.manifest import Indicator, Manifest, PaymentMatrix
from cosim.results.recorder import Recorder
from cosim.results.store import Stage
from twin import MODEL_VERSION
from twin.scenario import Scenario
from twin.settlement import Agreements, StabilityRates, residual_wh, settle

PARTICIPANTS = ("H01", "H02", "H03")
METERS = (*PARTICIPANTS, "B01")
SLOTS = 3
RATES = StabilityRates(120_000, 30_000)
# Import − export of H01 … H03 in each slot; H02 promises to sell 500 Wh each time.
NET_WH = np.array([[700, -500, 100], [500, -300, 200], [400, -600, 300]])
QUANTITY_WH = np.array([300, 200])
DOMAINS = {
    "participant": PARTICIPANTS,
    "meter": METERS,
    "building": ("B01",),
    "element": ("bus 0", "feeder"),
}


def agreements() -> Agreements:
    """H02 sells to H01 (same building) and to H03 (same microgrid) in every slot."""
    return Agreements(
        tier=np.array([0, 1]),
        seller=np.array([1, 1]),
        buyer=np.array([0, 2]),
        origin=np.array([0, 0]),
        quantity_wh=QUANTITY_WH,
        price_ueur_per_kwh=np.array([130_000, 140_000]),
        fee_ueur_per_kwh=np.array([0, 4_000]),
        seller_collateral_neur=np.array([54_000_000, 36_000_000]),
        buyer_collateral_neur=np.array([13_500_000, 9_000_000]),
    )


def record_meters(recorder: Recorder) -> None:
    net = np.concatenate([NET_WH, NET_WH[:, :2].sum(axis=1, keepdims=True)], axis=1)
    for slot in range(SLOTS):
        recorder.record(
            "meter.truth",
            {
                "slot": slot,
                "meter": list(METERS),
                "kind": ["participant"] * 3 + ["building"],
                "true_import_wh": np.maximum(net[slot], 0),
                "true_export_wh": np.maximum(-net[slot], 0),
                "load_mwh": np.maximum(net[slot], 0) * 1000,
                "generation_mwh": np.maximum(-net[slot], 0) * 1000,
                "battery_mwh": 0,
                "soc_mwh": 0,
                "setpoint_received": False,
            },
        )
        recorder.record(
            "grid",
            {
                "slot": slot,
                "kind": ["feeder", "bus"],
                "element": ["feeder", "bus 0"],
                "voltage_pu": np.array([np.nan, 1.0]),
                "losses_mwh": [2_500, None],
                "import_mwh": [int(NET_WH[slot].sum()) * 1000 + 2_500, None],
            },
        )
    for slot in reversed(range(SLOTS)):
        recorder.record(
            "meter.known",
            {
                "slot": np.full(4, slot),
                "meter": np.arange(4),
                "import_wh": np.maximum(net[slot], 0),
                "export_wh": np.maximum(-net[slot], 0),
                "settled_net_wh": net[slot],
                "quality": "measured",
                "received_at_ms": [1, 2, None, 4],
                "age_of_information_s": np.array([1.5, np.nan, 2.0, 3.0]),
            },
        )


def record_agreements(recorder: Recorder) -> dict[str, np.ndarray]:
    """Records terms and outcomes; returns the participants' sums, arrays of shape (3,)."""
    terms = agreements()
    sums = {
        name: np.zeros(3, np.int64)
        for name in (
            "bought",
            "sold",
            "p2p_bought",
            "p2p_sold",
            "fee",
            "lost",
            "rest_in",
            "rest_out",
        )
    }
    for slot in range(SLOTS):
        outcome = settle(terms, NET_WH[slot], RATES)
        recorder.record(
            "agreement.terms",
            {
                "slot": slot,
                "agreement": [0, 1],
                "tier": terms.tier,
                "microgrid": 0,
                "seller": terms.seller,
                "buyer": terms.buyer,
                "origin": terms.origin,
                "quantity_wh": terms.quantity_wh,
                "price_ueur_per_kwh": terms.price_ueur_per_kwh,
                "fee_ueur_per_kwh": terms.fee_ueur_per_kwh,
                "seller_collateral_neur": terms.seller_collateral_neur,
                "buyer_collateral_neur": terms.buyer_collateral_neur,
                "stability_short_ueur_per_kwh": RATES.short_ueur_per_kwh,
                "stability_long_ueur_per_kwh": RATES.long_ueur_per_kwh,
                "commit_deadline_s": slot * 900 - 5,
            },
        )
        kept = (outcome.seller_short_wh + outcome.buyer_short_wh) == 0
        recorder.record(
            "agreement.outcome",
            {
                "slot": slot,
                "agreement": np.arange(2),
                "status": np.where(kept, "kept", "compensated").tolist(),
                **vars(outcome),
            },
        )
        delivered = {
            "buyer": terms.quantity_wh - outcome.buyer_short_wh,
            "seller": terms.quantity_wh - outcome.seller_short_wh,
        }
        valid = terms.quantity_wh - outcome.void_wh
        np.add.at(sums["bought"], terms.buyer, delivered["buyer"])
        np.add.at(sums["sold"], terms.seller, delivered["seller"])
        np.add.at(sums["p2p_bought"], terms.buyer, terms.price_ueur_per_kwh * valid)
        np.add.at(sums["fee"], terms.buyer, outcome.dso_paid_neur)
        np.add.at(sums["p2p_sold"], terms.seller, outcome.seller_paid_neur)
        np.add.at(sums["lost"], terms.buyer, outcome.buyer_compensation_neur)
        np.add.at(sums["lost"], terms.seller, outcome.seller_compensation_neur)
        rest = residual_wh(terms, NET_WH[slot])
        sums["rest_in"] += np.maximum(rest, 0)
        sums["rest_out"] += np.maximum(-rest, 0)
    return sums


def record_participants(recorder: Recorder, sums: dict[str, np.ndarray]) -> tuple[int, int]:
    """Records the accounts; returns what all paid at the status quo and with the market [n€]."""
    imported = np.maximum(NET_WH, 0).sum(axis=0)
    exported = np.maximum(-NET_WH, 0).sum(axis=0)
    first, second = np.array([True, True, False]), np.array([True, False, True])
    status_quo = [imported * 100_000, imported * 90_000, imported * 110_000, exported * 80_000]
    taxes = (sums["bought"] + sums["rest_in"]) * 110_000
    retail, network = sums["rest_in"] * 100_000, sums["rest_in"] * 90_000
    feed_in = sums["rest_out"] * 80_000
    on_ledger = sums["p2p_bought"] - sums["p2p_sold"] + sums["fee"] + sums["lost"]
    market = on_ledger + retail + network + taxes - feed_in + 7
    quo_total = status_quo[0] + status_quo[1] + status_quo[2] - status_quo[3]
    recorder.record(
        "participant",
        {
            "participant": list(PARTICIPANTS),
            "role": ["consumer", "prosumer+", "consumer"],
            "bus": [1, 1, 2],
            "building": ["B01", "B01", None],
            "microgrid": 0,
            "annual_load_wh": 3_000_000,
            "pv_kwp": [0.0, 5.0, 0.0],
            "battery_wh": 0,
            "load_wh": imported,
            "generation_wh": exported,
            "status_quo_import_wh": imported,
            "status_quo_export_wh": exported,
            "status_quo_energy_neur": status_quo[0],
            "status_quo_network_neur": status_quo[1],
            "status_quo_taxes_neur": status_quo[2],
            "status_quo_feed_in_neur": status_quo[3],
            "status_quo_total_neur": quo_total,
            "market_import_wh": imported,
            "market_export_wh": exported,
            "bought_tier_0_wh": np.where(first, sums["bought"], 0),
            "bought_tier_1_wh": np.where(first, 0, sums["bought"]),
            "bought_tier_2_wh": 0,
            "bought_lpd_wh": sums["rest_in"],
            "sold_tier_0_wh": np.where(second, 0, _sold(0)),
            "sold_tier_1_wh": np.where(second, 0, _sold(1)),
            "sold_tier_2_wh": 0,
            "sold_lpd_wh": sums["rest_out"],
            "market_p2p_bought_neur": sums["p2p_bought"],
            "market_p2p_sold_neur": sums["p2p_sold"],
            "market_road_fee_neur": sums["fee"],
            "market_compensation_neur": sums["lost"],
            "market_energy_neur": retail,
            "market_network_neur": network,
            "market_taxes_neur": taxes,
            "market_feed_in_neur": feed_in,
            "market_gas_neur": 7,
            "market_total_neur": market,
            "deposit_neur": 50_000_000_000,
            "balance_neur": 50_000_000_000 - on_ledger,
        },
    )
    return int(quo_total.sum()), int(market.sum())


def _sold(agreement: int) -> int:
    """What H02 delivered under one of its agreements in all slots [Wh]."""
    outcomes = [settle(agreements(), net, RATES) for net in NET_WH]
    return sum(
        int(QUANTITY_WH[agreement] - outcome.seller_short_wh[agreement]) for outcome in outcomes
    )


def record_ledger(recorder: Recorder) -> None:
    recorder.record(
        "transaction",
        {
            "position": [0, 1],
            "kind": ["deploy", "commit"],
            "slot": [None, 0],
            "tx_hash": ["0x" + "a" * 64, "0x" + "b" * 64],
            "raw": [b"\x01", b"\x02"],
            "sender": "auction house",
            "submitted_at_ms": [0, 1],
            "gas_limit": 100_000,
            "gas_used": [90_000, 80_000],
        },
    )
    recorder.record(
        "block",
        {
            "height": [1],
            "block_time_s": [5],
            "transactions": [2],
            "gas_used": [170_000],
            "missed": False,
        },
    )


def tokens_wh() -> dict[str, int]:
    lapsed = sum(int(settle(agreements(), net, RATES).seller_short_wh.sum()) for net in NET_WH)
    minted = int(QUANTITY_WH.sum()) * SLOTS
    return {"minted": minted, "burned": minted - lapsed, "lapsed": lapsed, "held": 0}


def payments(paid_neur: int) -> PaymentMatrix:
    parties = ("consumer", "prosumer", "prosumer+", "producer", "others")
    neur = [[0] * len(parties) for _ in parties]
    neur[0][-1] = paid_neur
    return PaymentMatrix(parties, neur)


MakeRun = Callable[..., tuple[Path, str]]


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def make_run(runs_dir: Path) -> MakeRun:
    """Writes one whole run; the options say what is to be changed about it."""

    def make(
        seed: int = 1,
        *,
        force: bool = False,
        scenario: Scenario | None = None,
        change_manifest: dict[str, Any] | None = None,
    ) -> tuple[Path, str]:
        scenario = scenario or Scenario(name="three-houses")
        identity = run_id(scenario, seed)
        with Stage(runs_dir, identity) as stage:
            with Recorder(stage.folder, DOMAINS) as recorder:
                record_meters(recorder)
                sums = record_agreements(recorder)
                status_quo, market = record_participants(recorder, sums)
                record_ledger(recorder)
                rows = recorder.close()
            manifest = Manifest(
                run_id=identity,
                scenario=scenario.model_dump(mode="json"),
                seed=seed,
                model_version=MODEL_VERSION,
                indicators={
                    "self_sufficiency": Indicator(
                        0.25, "-", "simulated", 0.2, {"consumer": 0.1}, {"0": 0.3}
                    )
                },
                payments={"status_quo": payments(status_quo), "market": payments(market)},
                tables=stage.table_files(rows),
                tokens_wh=tokens_wh(),
            )
            folder = stage.publish(
                replace(manifest, **(change_manifest or {})), {"total_s": 1.5}, force=force
            )
        return folder, identity

    return make
