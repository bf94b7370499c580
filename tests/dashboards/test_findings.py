from dashboards import findings
from dashboards.quantity import THIN
from dashboards.queries.compare import Compared, Point
from dashboards.queries.settlement import Commit, Failure, Step


def plain(sentence: str) -> str:
    return sentence.replace(THIN, " ")


def compared(*points: Point, lines: str | None = None) -> Compared:
    return Compared(
        "contracts_missed_the_gate",
        "count",
        "executed",
        "",
        "microgrids.size",
        lines,
        points,
        (),
        (1, 2),
    )


def test_a_comparison_names_the_setting_that_matters_more() -> None:
    found = compared(
        Point("2", "poa", (0.0, 0.0)),
        Point("10", "poa", (0.0, 0.0)),
        Point("2", "pos", (900.0, 910.0)),
        Point("10", "pos", (890.0, 900.0)),
        lines="ledger.consensus",
    )
    assert plain(findings.comparison_finding(found)) == (
        "Agreements that missed the gate: from 0 (PoA) to 900 (PoS (Gasper)) by consensus"
    )


def test_a_comparison_says_when_runs_overlap() -> None:
    found = compared(Point("2", "", (1.0, 5.0)), Point("10", "", (4.0, 8.0)))
    assert findings.comparison_finding(found).endswith("yet the runs overlap")


def test_a_comparison_says_when_nothing_differs() -> None:
    found = compared(Point("2", "", (3.0,)), Point("10", "", (3.0,)))
    assert findings.comparison_finding(found).endswith("3 whatever the microgrid size")


def test_the_gate_counts_slots_without_a_commit() -> None:
    assert plain(findings.gate_finding([Commit(0, True, -60_000)], 3)).startswith("In 75.0 %")
    assert plain(findings.gate_finding([Commit(0, True, -300_000)], 0)) == (
        "Every commit was final 5.00 min or more before its slot began"
    )
    assert findings.gate_finding([], 0) == "No slot had an agreement to commit"


def test_outcomes_name_the_most_frequent_failure() -> None:
    sentence = findings.outcomes_finding(["kept", "compensated", "lapsed"], [50, 40, 10])
    assert plain(sentence) == "50.0 % of agreements were kept, 40.0 % compensated"
    assert findings.outcomes_finding([], []) == "No agreement was made"


def test_failures_name_who_stood_in() -> None:
    paid = [Failure("prosumer", 10**9, 0, 2 * 10**9)]
    assert plain(findings.failures_finding(paid, "lpd")) == (
        "Broken commitments cost 1.00 € of collateral; the LPD as stabiliser was paid 3.00 €"
    )
    assert findings.failures_finding([], "lpd") == "Nobody had to pay for a broken commitment"


def test_gains_agree_with_their_party() -> None:
    sentence = findings.gains_finding({"prosumer": 2 * 10**9, "dso": -2 * 10**9})
    assert plain(sentence) == "Prosumers gain 2.00 €, the DSO loses 2.00 €"
    assert findings.gains_finding({"dso": 0}) == "No money moved against the status quo"


def test_the_funnel_says_what_was_promised_and_kept() -> None:
    steps = [
        Step("A", "offered", 2, 4000),
        Step("C–E", "matched to agreements", 2, 3000),
        Step("G", "kept by both sides", 1, 1000),
    ]
    assert plain(findings.funnel_finding(steps)) == (
        "Of 4.00 kWh offered, 3.00 found a buyer and 1.00 were delivered as promised"
    )


def test_a_share_is_compared_in_points_and_money_in_percent() -> None:
    assert plain(findings.against(0.5, 0.4, "1")) == "+10.0 points against 40.0 %"
    assert plain(findings.against(8e9, 1e10, "n€")) == "−20.0 % against 10.0 €"
    assert findings.against(1.0, None, "1") == ""
