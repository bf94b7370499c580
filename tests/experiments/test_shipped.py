"""The scenarios and sweeps that come with the package."""

import pytest

from experiments.shipped import find_scenario, find_sweep, is_sweep, read_scenario, shipped
from experiments.sweep_file import load_sweep
from twin.errors import ScenarioError, SweepError


@pytest.mark.parametrize("name", sorted(shipped()))
def test_everything_shipped_is_valid_and_named_like_its_file(name):
    path = shipped()[name]
    found = load_sweep(path).sweep.name if is_sweep(path) else read_scenario(path).name
    assert found == name


def test_the_demo_is_the_street_it_says():
    demo = read_scenario(find_scenario("demo"))
    assert (demo.neighbourhood.grid, demo.neighbourhood.participants) == ("1-LV-semiurb4", None)
    assert (demo.neighbourhood.pv.share, demo.neighbourhood.battery.share_of_pv) == (0.5, 0.5)
    assert (demo.microgrids.size, demo.ledger.consensus, demo.horizon.days) == (10, "poa", 1)
    assert demo.links.technology == "gprs"


def test_a_users_own_file_comes_before_a_shipped_one_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").write_text("name: mine\n")
    assert read_scenario(find_scenario("demo")).name == "mine"


def test_a_path_may_be_relative_to_the_file_that_names_it(tmp_path):
    (tmp_path / "street.yaml").write_text("name: street\n")
    assert find_scenario("street.yaml", beside=tmp_path) == tmp_path / "street.yaml"


def test_an_unknown_name_lists_what_is_shipped():
    with pytest.raises(ScenarioError, match="demo"):
        find_scenario("demmo")
    with pytest.raises(SweepError, match="compare"):
        find_sweep("compar")
