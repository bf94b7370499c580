"""Where a ledger's finality meets the market's lead time: contracts that miss the gate."""

from collections.abc import Callable
from typing import Any

import pytest

SLOT_S, CLEARING_S = 900, 20
GASPER_SLOT_S, EPOCH_S = 12, 384
NETWORK_DELAY_S = 1

QUARTERS = {"horizon.slot_s": SLOT_S, "market.lead_s": SLOT_S}
LATE_CLEARING_S = 24
"""So that, three times a day, the commit leaves at its deadline and arrives after it."""


def final_after_gate(slot: int, lead_s: int = SLOT_S, clearing_s: int = CLEARING_S) -> bool:
    """Whether the first block after clearing is final when the slot begins, by Gasper's rule."""
    start_s = slot * SLOT_S
    arrived_s = start_s - lead_s + clearing_s + NETWORK_DELAY_S
    block_s = -(-arrived_s // GASPER_SLOT_S) * GASPER_SLOT_S
    return (block_s // EPOCH_S + 3) * EPOCH_S <= start_s


def deadline_s(slot: int) -> int:
    """The last block whose epoch's checkpoint is final when the slot begins."""
    return (slot * SLOT_S // EPOCH_S - 2) * EPOCH_S - GASPER_SLOT_S


@pytest.fixture(scope="module")
def gasper(run_of: Callable[..., Any]) -> Any:
    return run_of({**QUARTERS, "ledger.consensus": "pos"})


def test_about_28_percent_of_the_slots_make_it_on_gasper() -> None:
    share = sum(final_after_gate(slot) for slot in range(96)) / 96
    assert share == pytest.approx(0.28, abs=0.02)


def test_exactly_the_contracts_that_gasper_makes_final_in_time_are_made(gasper: Any) -> None:
    slots = dict(gasper.rows("select slot, status <> 'missed_the_gate' from agreement"))
    assert len(slots) > 40
    assert slots == {slot: final_after_gate(slot) for slot in slots}
    assert any(slots.values())


def test_the_signed_deadline_is_gaspers(gasper: Any) -> None:
    deadlines = dict(gasper.rows("select slot, commit_deadline_s from agreement"))
    assert deadlines == {slot: deadline_s(slot) for slot in deadlines}


def test_what_is_committed_is_final_when_delivery_begins(gasper: Any) -> None:
    late = gasper.value(f"""
        select count(*) from agreement where status <> 'missed_the_gate'
        and (not final_in_time or committed_at_s > commit_deadline_s
             or committed_final_at_ms > slot * {SLOT_S} * 1000)
    """)
    assert late == 0


def test_what_cannot_be_final_in_time_is_not_even_sent(gasper: Any) -> None:
    sent = gasper.rows("select distinct slot from transaction where kind = 'commit' order by slot")
    made = gasper.rows(
        "select distinct slot from agreement where status <> 'missed_the_gate' order by slot"
    )
    assert sent == made


def test_nothing_is_escrowed_for_what_missed_the_gate(gasper: Any) -> None:
    missed = "from agreement where status = 'missed_the_gate'"
    assert gasper.rows(f"""
        select count(committed_at_s), count(commit_tx), count(settle_tx), count(buyer_escrow_neur),
            count(seller_paid_neur), count(final_in_time) {missed}
    """) == [(0, 0, 0, 0, 0, 0)]
    committed = gasper.value("select sum(quantity_wh) from agreement where committed_at_s > -1e9")
    assert gasper.manifest.tokens_wh["minted"] == committed


def test_energy_of_what_missed_the_gate_falls_to_the_lpd(gasper: Any) -> None:
    slots = [
        slot
        for (slot,) in gasper.rows(
            "select slot from agreement group by slot having bool_and(status = 'missed_the_gate')"
        )
    ]
    drawn, fed_in = gasper.rows("""
        select sum(greatest(import_wh - export_wh, 0)), sum(greatest(export_wh - import_wh, 0))
        from meter where kind = 'participant' and slot not in (
            select slot from agreement where status <> 'missed_the_gate'
        )
    """)[0]
    lpd_drawn, lpd_fed_in = gasper.rows(
        "select sum(bought_lpd_wh), sum(sold_lpd_wh) from participant"
    )[0]
    assert slots
    assert 0 < drawn <= lpd_drawn
    assert 0 < fed_in <= lpd_fed_in


def test_batteries_are_not_told_to_follow_what_missed_the_gate(gasper: Any) -> None:
    assert (
        gasper.value("""
        select count(*) from meter where target_net_wh <> 0 and slot not in (
            select slot from agreement where status <> 'missed_the_gate'
        )
    """)
        == 0
    )


@pytest.mark.parametrize(
    ("consensus", "lead_s"), [("pos", 3600), ("instant", 900), ("poa", 900), ("poa", 300)]
)
def test_all_contracts_make_it(run_of: Callable[..., Any], consensus: str, lead_s: int) -> None:
    run = run_of({**QUARTERS, "market.lead_s": lead_s, "ledger.consensus": consensus})
    assert run.value("select count(*) from agreement") > 100
    assert run.value("select count(*) from agreement where status = 'missed_the_gate'") == 0
    assert run.rows("select distinct final_in_time from agreement") == [(True,)]


@pytest.fixture(scope="module")
def too_late(run_of: Callable[..., Any]) -> Any:
    return run_of({**QUARTERS, "ledger.consensus": "pos", "market.clearing_s": LATE_CLEARING_S})


def sent_at_the_deadline(run: Any) -> list[int]:
    """Slots with trade whose commit left at its deadline and arrived a second later."""
    traded = [slot for (slot,) in run.rows("select distinct slot from agreement")]
    return sorted(
        slot for slot in traded if slot * SLOT_S - SLOT_S + LATE_CLEARING_S == deadline_s(slot)
    )


def test_the_contract_refuses_a_commit_after_its_deadline(too_late: Any) -> None:
    slots = sent_at_the_deadline(too_late)
    assert slots
    refused = too_late.rows(
        "select slot, error from transaction where kind = 'commit' and status = 0 order by slot"
    )
    assert [slot for slot, _ in refused] == slots
    assert {error for _, error in refused} == {"CommitDeadlinePassed"}


def test_a_refused_commit_has_missed_the_gate_and_escrows_nothing(too_late: Any) -> None:
    slots = ", ".join(map(str, sent_at_the_deadline(too_late)))
    assert too_late.rows(f"""
        select distinct status, committed_at_s, settle_tx, buyer_escrow_neur, commit_tx is null
        from agreement where slot in ({slots})
    """) == [("missed_the_gate", None, None, None, False)]


def test_refused_commits_are_counted(too_late: Any) -> None:
    assert too_late.manifest.indicators["transactions_failed"].value == len(
        sent_at_the_deadline(too_late)
    )
