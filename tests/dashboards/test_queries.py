"""The numbers of the pages are those of the manifest and of the tables."""

import json
from pathlib import Path

import pytest

from cosim.results.schema import TABLES
from dashboards.queries import overview, settlement
from dashboards.queries.compare import compared, indicators_of, ordered
from dashboards.queries.indicators import figures
from dashboards.queries.runs import RunsFolder
from dashboards.queries.story import story


def test_self_sufficiency_of_the_chart_is_the_indicator(runs: RunsFolder, poa_run: str) -> None:
    manifest = runs.manifest(poa_run)
    assert manifest is not None
    sums = overview.role_sums(runs, poa_run)
    covered = sums.own_wh.sum() + sums.neighbours_wh.sum()
    found = figures(manifest)
    # The manifest's load is exact to the mWh, the participants' to the Wh.
    assert covered / sums.load_wh.sum() == pytest.approx(found["self_sufficiency"].value, abs=2e-3)
    traded = sum(found[f"energy_tier_{tier}_wh"].value or 0 for tier in range(3))
    assert sums.neighbours_wh.sum() == traded
    assert found["self_sufficiency"].status_quo is not None


def test_what_enters_a_tier_leaves_it(runs: RunsFolder, poa_run: str) -> None:
    sums = overview.role_sums(runs, poa_run)
    flows = overview.energy_flows(sums, *overview.stabilised_wh(runs, poa_run))
    assert any(flow.kind == "tier_1" for flow in flows)
    for place in (*overview.TIERS, "own use"):
        entering = sum(flow.wh for flow in flows if flow.target == place)
        leaving = sum(flow.wh for flow in flows if flow.source == place)
        assert entering == leaving
    for role, generated in zip(overview.ROLES, sums.generation_wh, strict=True):
        leaving = sum(flow.wh for flow in flows if flow.source == f"{role}: generated")
        assert leaving == generated


def test_gains_sum_to_zero(runs: RunsFolder, poa_run: str) -> None:
    manifest = runs.manifest(poa_run)
    assert manifest is not None
    gains = overview.gains_neur(manifest)
    assert gains["consumer"] != 0
    assert sum(gains.values()) == 0


def test_steps_only_lose_energy_after_matching(runs: RunsFolder, poa_run: str) -> None:
    steps = settlement.steps(runs, poa_run)
    assert [step.letter for step in steps] == ["A", "B", "C–E", "F", "F", "G", "G"]
    after = [step.count for step in steps[2:]]
    assert after == sorted(after, reverse=True)
    assert steps[0].wh >= steps[2].wh > 0


def test_what_failures_cost_is_what_the_stabiliser_got(runs: RunsFolder, poa_run: str) -> None:
    paid = settlement.failures(runs, poa_run)
    total = sum(f.as_seller_neur + f.as_buyer_neur + f.stood_in_neur for f in paid)
    got = runs.query(
        poa_run, "SELECT coalesce(sum(stabiliser_paid_neur), 0)::BIGINT AS n FROM agreement"
    )
    assert total == got.to_pylist()[0]["n"] > 0


def test_a_list_of_one_outcome_holds_only_it(runs: RunsFolder, poa_run: str) -> None:
    every = settlement.agreement_list(runs, poa_run, None)
    some = settlement.agreement_list(runs, poa_run, "compensated")
    assert {row["status"] for row in some.rows} == {"compensated"}
    assert 0 < some.total < every.total == len(every.rows)


def test_an_outcome_is_bound_and_never_becomes_sql(runs: RunsFolder, poa_run: str) -> None:
    assert settlement.agreement_list(runs, poa_run, "kept' OR '1'='1").rows == []


def test_commits_that_no_block_could_carry_in_time_are_counted(runs: RunsFolder) -> None:
    arms = runs.sweeps()["street"].arms
    poa, pos = arms[0].run_id, arms[2].run_id
    assert settlement.unsent_slots(runs, poa) == []
    assert all(c.final_after_start_ms <= 0 for c in settlement.commits(runs, poa, 3600))
    assert settlement.commits(runs, pos, 3600)


def test_a_story_has_orders_transactions_and_readings(runs: RunsFolder, poa_run: str) -> None:
    rows = settlement.agreement_list(runs, poa_run, "compensated").rows
    found = story(runs, poa_run, rows[0]["slot"], rows[0]["agreement"])
    assert found is not None
    assert found.offer is not None
    assert found.request is not None
    assert found.commit is not None
    assert found.commit["status"] == 1
    assert found.settle is not None
    assert found.seller_meter is not None
    assert found.together >= found.settled_together >= 1
    assert story(runs, poa_run, 10_000, 0) is None


def test_a_comparison_has_every_finished_run(runs: RunsFolder) -> None:
    street = runs.sweeps()["street"]
    assert (len(street.arms), len(street.finished)) == (4, 3)
    assert "self_sufficiency" in indicators_of(street)
    assert not any("status_quo" in name for name in indicators_of(street))
    found = compared(street, "contracts", "ledger.consensus", None)
    assert found is not None
    assert [(point.at, len(point.values)) for point in found.points] == [("poa", 2), ("pos", 1)]
    assert compared(street, "no such indicator", "ledger.consensus", None) is None


def test_all_runs_of_a_folder_differ_in_what_differs(runs: RunsFolder) -> None:
    assert runs.all_runs().axes == ("ledger.consensus",)


def test_places_are_ordered_by_size_and_then_by_letters() -> None:
    assert ordered(["10", "2", "pow", "", "pos", "2"]) == ["2", "10", "", "pos", "pow"]


def test_runs_appear_and_vanish_while_one_looks(runs_dir: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    watched = RunsFolder(folder)
    assert watched.manifests() == {}
    folder.mkdir()
    source = next(entry for entry in runs_dir.iterdir() if len(entry.name) == 16)
    (folder / source.name).symlink_to(source)
    assert list(watched.manifests()) == [source.name]
    (folder / source.name).unlink()
    assert watched.manifests() == {}
    assert watched.manifest(source.name) is None


def test_what_is_no_run_or_sweep_is_left_out(tmp_path: Path) -> None:
    (tmp_path / ("a" * 16)).mkdir()
    (tmp_path / ".stage-x").mkdir()
    (tmp_path / "sweeps").mkdir()
    (tmp_path / "sweeps" / "half.json").write_text('{"name": "half", "gri')
    (tmp_path / "sweeps" / "odd.json").write_text(
        json.dumps({"name": "odd", "grid": [], "arms": 3})
    )
    watched = RunsFolder(tmp_path)
    assert watched.manifests() == {}
    assert list(watched.skipped()) == ["a" * 16]
    assert watched.sweeps() == {}


def test_every_table_of_a_real_run_is_there(runs: RunsFolder, poa_run: str) -> None:
    manifest = runs.manifest(poa_run)
    assert manifest is not None
    assert set(manifest.tables) == set(TABLES)
