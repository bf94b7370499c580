"""Energy, money and tokens of a run, added up from its tables alone."""

from collections.abc import Callable
from typing import Any

import pytest

MWH_PER_WH = 1000

SETTLED = "status in ('kept', 'compensated')"
BOUGHT = "quantity_wh - buyer_short_wh"
SOLD = "quantity_wh - seller_short_wh"
POSITIONS = f"""
    with bought as (
        select slot, buyer as who, sum({BOUGHT}) as wh from agreement where {SETTLED} group by all
    ), sold as (
        select slot, seller as who, sum({SOLD}) as wh from agreement where {SETTLED} group by all
    ), positions as (
        select m.slot, m.meter as who, m.import_wh - m.export_wh as net_wh,
            coalesce(b.wh, 0) as bought_wh, coalesce(s.wh, 0) as sold_wh,
            net_wh - bought_wh + sold_wh as rest_wh
        from meter m
        left join bought b on b.slot = m.slot and b.who = m.meter
        left join sold s on s.slot = m.slot and s.who = m.meter
        where kind = 'participant'
    )
"""
"""What each participant drew, bought, sold, and what is left for the LPD, per slot."""

CHOICES: dict[str, dict[str, Any]] = {
    "the twelve houses": {},
    "dso stabilises": {"stability.stabiliser": "dso"},
    "adverse substitution": {"market.substitution": "adverse", "links.loss": 0.5},
    "slots of 300 s": {
        "horizon.slot_s": 300,
        "market.lead_s": 300,
        "neighbourhood.participants": 6,
    },
    "slots of 1800 s": {"horizon.slot_s": 1800},
    "lead of 300 s": {"market.lead_s": 300},
    "lead of 5400 s": {"market.lead_s": 5400, "horizon.slot_s": 1800},
    "lead of a day": {"market.lead_s": 86_400},
    "lead of no whole slots": {
        "horizon.slot_s": 900,
        "market.lead_s": 1320,
        "neighbourhood.participants": 6,
    },
    "linear bidding": {"market.bidding": "linear"},
    "persistence": {"market.forecast": "persistence"},
    "everyone alone": {"microgrids.size": 1},
    "all in one microgrid": {"microgrids.size": 50},
    "half are willing": {"microgrids.willingness": 0.5},
    "nobody is willing": {"microgrids.willingness": 0.0},
    "simbench equipment, far future": {
        "neighbourhood.equipment": "simbench",
        "neighbourhood.variant": "far_future",
        "neighbourhood.participants": 24,
    },
    "rural grid": {"neighbourhood.grid": "1-LV-rural1"},
    "more participants than the grid has": {
        "neighbourhood.grid": "1-LV-rural1",
        "neighbourhood.participants": 30,
    },
    "no sun": {"neighbourhood.pv.share": 0.0},
    "no warm-up": {"horizon.warm_up_days": 0},
    "two days": {"horizon.days": 2},
    "lora": {"links.technology": "lora"},
    "plc": {"links.technology": "plc"},
    "ideal": {"links.technology": "ideal"},
    "every frame lost": {"links.loss": 1.0},
    "instant": {"ledger.consensus": "instant"},
    "proof of stake": {"ledger.consensus": "pos"},
    "proof of stake, short lead": {
        "ledger.consensus": "pos",
        "horizon.slot_s": 900,
        "market.lead_s": 900,
    },
    "a transaction for every step": {"ledger.contracts": "per_trade"},
    "a transaction for every step, readings lost": {
        "ledger.contracts": "per_trade",
        "links.loss": 0.5,
        "links.attempts": 2,
        "stability.stabiliser": "dso",
        "market.substitution": "adverse",
    },
    "a transaction for every step, proof of stake": {
        "ledger.contracts": "per_trade",
        "ledger.consensus": "pos",
        "horizon.slot_s": 900,
        "market.lead_s": 900,
        "market.clearing_s": 24,
        "neighbourhood.participants": 6,
    },
    "dso pays the gas": {"ledger.gas_payer": "dso"},
    "lpd pays the gas": {"ledger.gas_payer": "lpd"},
    "small deposits": {"market.deposit_neur": 20_000_000},
    "no deposits": {"market.deposit_neur": 0},
    "no correction window": {"market.correction_window_s": 0, "links.loss": 0.3},
    "correction window of no whole slots": {"market.correction_window_s": 1000, "links.loss": 0.3},
    "no reading wait": {"market.reading_wait_s": 0},
    "no room between feed-in and retail": {"tariffs.feed_in_ueur_per_kwh": 250_000},
    "no clearing time": {"market.clearing_s": 0},
    "lossless batteries": {"neighbourhood.battery.efficiency": 1.0},
}


@pytest.fixture(scope="module", params=CHOICES.values(), ids=CHOICES.keys())
def run(request: pytest.FixtureRequest, run_of: Callable[..., Any]) -> Any:
    return run_of(request.param)


def test_nothing_is_left_unsettled(run: Any) -> None:
    assert not run.rows(
        f"select status from agreement where not ({SETTLED}) and status <> 'missed_the_gate'"
    )
    settled = run.value(f"select count(*) from agreement where {SETTLED}")
    assert run.rows(
        "select count(settle_tx), count(settled_at_s), count(settled_final_at_ms) from agreement"
    ) == [(settled, settled, settled)]


def test_what_the_meters_show_is_what_was_consumed_generated_and_stored(run: Any) -> None:
    off = run.array("""
        select
            sum(greatest(net, 0)) over past - 1000 * sum(true_import_wh) over past,
            sum(greatest(-net, 0)) over past - 1000 * sum(true_export_wh) over past
        from (select *, load_mwh - generation_mwh + battery_mwh as net from meter)
        where kind = 'participant'
        window past as (partition by meter order by slot)
    """)
    assert (abs(off) < MWH_PER_WH).all()  # at every boundary, less than a register's Wh


def test_feeder_draws_what_participants_draw_and_what_is_lost(run: Any) -> None:
    assert not run.rows("""
        select slot from (
            select slot, sum(load_mwh - generation_mwh + battery_mwh) as net
            from meter where kind = 'participant' group by slot
        ) join (select slot, import_mwh, losses_mwh from grid where kind = 'feeder') using (slot)
        where net + losses_mwh <> import_mwh
    """)


def test_measured_readings_are_the_registers(run: Any) -> None:
    assert not run.rows("""
        select slot, meter from meter where quality = 'measured'
        and import_wh - export_wh <> true_import_wh - true_export_wh
    """)


def test_energy_of_every_slot_goes_to_contracts_and_lpd(run: Any) -> None:
    told = run.rows(
        POSITIONS
        + """
        select who, sum(greatest(rest_wh, 0)), sum(greatest(-rest_wh, 0)) from positions
        group by who order by who
        """
    )
    assert told == run.rows(
        "select participant, bought_lpd_wh, sold_lpd_wh from participant order by participant"
    )


def test_energy_of_every_slot_is_supplied_by_lpd_and_stabiliser(run: Any) -> None:
    assert not run.rows(
        POSITIONS
        + f"""
        , shorts as (
            select slot, sum(seller_short_wh - void_wh) as supplied,
                sum(buyer_short_wh - void_wh) as absorbed
            from agreement where {SETTLED} group by slot
        ), slots as (
            select slot, sum(net_wh) as net, sum(rest_wh) as rest from positions group by slot
        )
        select slot from slots left join shorts using (slot)
        where net <> rest + coalesce(supplied, 0) - coalesce(absorbed, 0)
        """
    )


def test_every_escrow_is_paid_out_to_the_last_unit(run: Any) -> None:
    assert not run.rows(f"""
        select slot, agreement from agreement where {SETTLED} and (
            buyer_escrow_neur <> (price_ueur_per_kwh + fee_ueur_per_kwh) * quantity_wh
                + buyer_collateral_neur
            or buyer_escrow_neur + seller_collateral_neur <> seller_paid_neur + seller_returned_neur
                + buyer_returned_neur + stabiliser_paid_neur + dso_paid_neur
        )
    """)


def test_balances_on_the_ledger_are_the_deposits(run: Any) -> None:
    operators = run.value(
        "select coalesce(sum(dso_paid_neur + stabiliser_paid_neur), 0) from agreement"
    )
    held, deposited = run.rows("select sum(balance_neur), sum(deposit_neur) from participant")[0]
    assert held + operators == deposited


def test_each_balance_is_what_its_contracts_left(run: Any) -> None:
    assert not run.rows(f"""
        with moved as (
            select seller as who,
                seller_paid_neur + seller_returned_neur - seller_collateral_neur as neur
            from agreement where {SETTLED}
            union all
            select buyer, buyer_returned_neur - buyer_escrow_neur from agreement where {SETTLED}
        ), sums as (select who, sum(neur) as neur from moved group by who)
        select participant from participant left join sums on who = participant
        where deposit_neur + coalesce(neur, 0) <> balance_neur
    """)


def test_tokens_minted_are_burned_or_lapsed(run: Any) -> None:
    tokens = run.manifest.tokens_wh
    assert tokens["minted"] == tokens["burned"] + tokens["lapsed"]
    assert tokens["held"] == 0


def test_tokens_are_burned_for_what_sellers_delivered(run: Any) -> None:
    delivered, undelivered = run.rows(
        f"select coalesce(sum({SOLD}), 0), coalesce(sum(seller_short_wh), 0) "
        f"from agreement where {SETTLED}"
    )[0]
    assert run.manifest.tokens_wh["burned"] == delivered
    if run.manifest.scenario["ledger"]["contracts"] == "batch":
        # Only what is sold is declared; offers on the ledger declare what finds no buyer too.
        assert run.manifest.tokens_wh["lapsed"] == undelivered
    assert run.manifest.tokens_wh["lapsed"] >= undelivered


@pytest.mark.parametrize("world", ["status_quo", "market"])
def test_payments_among_all_parties_sum_to_zero(run: Any, world: str) -> None:
    matrix = run.manifest.payments[world]
    assert sum(matrix.balance_neur().values()) == 0
    assert all(amount >= 0 for row in matrix.neur for amount in row)


@pytest.mark.parametrize("world", ["status_quo", "market"])
def test_participants_pay_what_their_bills_say(run: Any, world: str) -> None:
    balance = run.manifest.payments[world].balance_neur()
    by_role = dict(
        run.rows(f"select role, sum({world}_total_neur)::bigint from participant group by role")
    )
    for role in ("consumer", "prosumer", "prosumer+", "producer"):
        assert -balance[role] == by_role.get(role, 0)


def test_status_quo_is_billed_on_its_own_meters(run: Any) -> None:
    assert not run.rows("""
        with quo as (
            select meter, sum(greatest(status_quo_net_wh, 0)) as drawn,
                sum(greatest(-status_quo_net_wh, 0)) as fed_in
            from meter where kind = 'participant' group by meter
        )
        select participant from participant join quo on meter = participant
        where (status_quo_import_wh, status_quo_export_wh) <> (drawn, fed_in)
    """)
