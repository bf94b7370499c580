"""A sweep's file, and the runs that it means."""

import pytest

from cosim.scenario_file import run_id
from experiments.shipped import read_scenario
from experiments.sweep_file import load_sweep
from twin.errors import ScenarioError, SweepError

GRID = "grid: {ledger.consensus: [poa, pos], microgrids.size: [2, 5, 10]}"


@pytest.fixture
def sweep(tmp_path, small):
    def write(*lines, head="name: s\nscenario: small.yaml\nseeds: [1, 2]\n"):
        path = tmp_path / "sweep.yaml"
        path.write_text(head + "\n".join(lines), encoding="utf-8")
        return path

    return write


def _refusal(path, error=SweepError):
    with pytest.raises(error) as refusal:
        load_sweep(path)
    assert "\n" not in str(refusal.value)
    assert "sweep.yaml" in str(refusal.value)
    return str(refusal.value)


def test_every_combination_and_every_seed_is_a_run(sweep):
    plan = load_sweep(sweep(GRID))
    assert len(plan.arms) == 6
    assert len(plan.runs) == 12 == len({run.run_id for run in plan.runs})
    assert [arm.values["microgrids.size"] for arm in plan.arms[:3]] == [2, 5, 10]


def test_a_planned_run_has_the_id_of_the_run_that_its_command_makes(sweep, small):
    plan = load_sweep(sweep(GRID, "set: {market.k: 0.25, horizon.start: 2016-07-01}"))
    for run in plan.runs:
        assert run.run_id == run_id(read_scenario(run.scenario_file, run.overrides), run.seed)


def test_a_sweep_without_a_grid_is_one_arm(sweep):
    assert len(load_sweep(sweep("")).arms) == 1


def test_a_shipped_scenario_may_be_named(sweep):
    assert load_sweep(sweep("", head="name: s\nscenario: demo\nseeds: [1]\n")).runs


def test_arms_that_are_the_same_run_are_carried_out_once(sweep):
    plan = load_sweep(sweep("grid: {neighbourhood.pv.share: [1, 1.0]}"))
    assert (len(plan.arms), len(plan.runs)) == (2, 2)


def test_a_key_that_scenarios_do_not_have_is_refused_before_anything_runs(sweep):
    assert "did you mean size?" in _refusal(sweep("grid: {microgrids.sise: [2]}"))


def test_a_value_that_the_scenario_refuses_names_itself(sweep):
    message = _refusal(sweep("grid: {microgrids.size: [2, 0]}"))
    assert "microgrids.size is 0" in message


def test_a_key_in_grid_and_set_is_refused(sweep):
    message = _refusal(sweep(GRID, "set: {microgrids.size: 3}"))
    assert "microgrids.size stands in grid and in set" in message


def test_an_empty_list_of_values_is_refused(sweep):
    assert "grid.microgrids.size" in _refusal(sweep("grid: {microgrids.size: []}"))


def test_a_seed_given_twice_is_refused(sweep):
    assert "twice" in _refusal(sweep("", head="name: s\nscenario: small.yaml\nseeds: [1, 1]\n"))


def test_missing_seeds_are_asked_for(sweep):
    assert "seeds" in _refusal(sweep("", head="name: s\nscenario: small.yaml\n"))


def test_an_unknown_key_of_the_sweep_lists_the_allowed(sweep):
    assert "did you mean seeds?" in _refusal(sweep("seedz: [1]"))


def test_a_grid_beyond_reason_is_refused_without_spelling_it_out(sweep):
    values = ", ".join(map(str, range(1000)))
    message = _refusal(
        sweep(f"grid: {{microgrids.size: [{values}], market.min_order_wh: [{values}]}}")
    )
    assert "1000000 combinations" in message


def test_a_missing_scenario_is_named(sweep):
    head = "name: s\nscenario: gone.yaml\nseeds: [1]\n"
    with pytest.raises(ScenarioError, match=r"gone\.yaml"):
        load_sweep(sweep("", head=head))
