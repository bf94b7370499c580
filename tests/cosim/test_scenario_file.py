"""From a scenario's file and overrides to a checked scenario, or to one clear sentence."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cosim.scenario_file import (
    canonical_json,
    load_scenario,
    parse_override,
    run_id,
    scenario_of,
    scenario_schema,
)
from twin.errors import ScenarioError
from twin.scenario import Scenario

PLAIN = Scenario(name="plain")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "street.yaml"
    path.write_text("name: street\nmarket:\n  lead_s: 1800\n", encoding="utf-8")
    return path


def _refusal(content, **overrides):
    with pytest.raises(ScenarioError) as refusal:
        scenario_of(content, overrides, "street.yaml")
    message = str(refusal.value)
    assert "\n" not in message
    return message


def test_a_file_becomes_a_scenario(path):
    assert load_scenario(path).market.lead_s == 1800


def test_overrides_win_over_the_file_in_order(path):
    scenario = load_scenario(
        path, ["market.lead_s=600", "market.lead_s=300", "ledger.consensus=pos"]
    )
    assert scenario.market.lead_s == 300
    assert scenario.ledger.consensus == "pos"


def test_an_override_leaves_its_neighbours_alone(path):
    assert load_scenario(path, ["market.k=0.25"]).market.lead_s == 1800


def test_an_override_is_read_as_yaml():
    assert parse_override("neighbourhood.pv.share=0.3") == ("neighbourhood.pv.share", 0.3)
    assert parse_override("links.loss=null") == ("links.loss", None)
    assert parse_override("description=a=b") == ("description", "a=b")


@pytest.mark.parametrize("text", ["market.lead_s", "=3", "a..b=3", ".a=3"])
def test_an_override_that_is_none_is_refused_with_an_example(text):
    with pytest.raises(ScenarioError, match=r"key\.path=value"):
        parse_override(text)


def test_an_override_cannot_reach_into_a_value():
    assert "not a section" in _refusal({"name": "a"}, **{"name.first": 1})


def test_an_unknown_key_suggests_the_nearest_and_lists_the_allowed():
    message = _refusal({"name": "a", "neighborhood": {}})
    assert "street.yaml: neighborhood is not a key" in message
    assert "did you mean neighbourhood?" in message
    assert "microgrids" in message


def test_an_unknown_key_of_a_section_lists_that_sections_keys():
    message = _refusal({"name": "a", "neighbourhood": {"pv": {"shaer": 1}}})
    assert "did you mean share?" in message
    assert "allowed in neighbourhood.pv: share, kwp_per_mwh" in message


def test_a_wrong_unit_says_whole_seconds_and_the_fields_documentation():
    message = _refusal({"name": "a", "market": {"lead_s": "15min"}})
    assert "street.yaml: market.lead_s is '15min'" in message
    assert "whole seconds" in message
    assert "Gate closure is this long before the slot begins" in message


def test_an_impossible_size_says_what_is_possible():
    message = _refusal({"name": "a", "microgrids": {"size": 0}})
    assert "microgrids.size is 0" in message
    assert "at least 1" in message


def test_a_bound_inside_an_optional_field_is_named():
    assert "at least 2" in _refusal({"name": "a", "neighbourhood": {"participants": 1}})


def test_a_choice_lists_the_choices():
    message = _refusal({"name": "a", "ledger": {"consensus": "pow"}})
    assert "one of instant, poa, pos" in message


def test_a_missing_name_is_asked_for():
    assert "the key name is missing; it wants a text" in _refusal({})


def test_a_section_that_is_a_value_lists_its_keys():
    assert "a section with the keys size, willingness" in _refusal({"name": "a", "microgrids": 10})


def test_a_rule_across_keys_speaks_for_itself():
    message = _refusal({"name": "a", "market": {"lead_s": 60, "clearing_s": 60}})
    assert message.startswith("street.yaml: market.clearing_s (60 s) must be shorter")


def test_an_override_is_blamed_for_what_it_set():
    assert _refusal({"name": "a"}, **{"microgrids.size": 0}).startswith("--set microgrids.size=0:")


def test_an_override_that_took_part_is_named_beside_the_file():
    message = _refusal({"name": "a"}, **{"tariffs.feed_in_ueur_per_kwh": 400_000})
    assert message.startswith("street.yaml with --set tariffs.feed_in_ueur_per_kwh=400000:")


def test_several_mistakes_are_counted():
    message = _refusal({"name": "a", "microgrids": {"size": 0}, "markett": 1, "linkss": 2})
    assert message.endswith("(2 more after this)")


def test_a_key_that_is_no_text_is_refused():
    assert "is not a key" in _refusal({"name": "a", 5: 1})


def test_a_key_that_would_break_the_line_is_quoted():
    assert r"market.'\n' is not a key" in _refusal({"name": "a", "market": {"\n": None}})


@settings(max_examples=60, deadline=None)
@given(
    key=st.sampled_from(["name", "market", "market.lead_s", "links.loss", "horizon.start", "x.y"]),
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    ),
)
def test_whatever_is_given_is_taken_or_refused_in_one_sentence(key, value):
    said = ""
    try:
        scenario_of({"name": "a"}, {key: value}, "street.yaml")
    except ScenarioError as refusal:
        said = str(refusal)
    assert "\n" not in said


def test_execution_is_no_part_of_the_id():
    moved = scenario_of({"name": "plain"}, {"execution.node": "embedded"}, "-")
    assert run_id(moved, 1) == run_id(PLAIN, 1)


def test_spelling_out_a_default_does_not_change_the_id():
    spelled = scenario_of({"name": "plain", "neighbourhood": {"pv": {"share": 0.5}}}, {}, "-")
    assert run_id(spelled, 1) == run_id(PLAIN, 1)


def test_seed_scenario_and_model_version_change_the_id(monkeypatch):
    other = scenario_of({"name": "plain"}, {"microgrids.size": 5}, "-")
    ids = {run_id(PLAIN, 1), run_id(PLAIN, 2), run_id(other, 1)}
    monkeypatch.setattr("cosim.results.identity.MODEL_VERSION", 10**6)
    assert len(ids | {run_id(PLAIN, 1)}) == 4


def test_an_id_is_sixteen_hex_digits():
    assert len(run_id(PLAIN, 1)) == 16
    assert int(run_id(PLAIN, 1), 16) >= 0


def test_the_canonical_form_reads_back_as_the_same_scenario():
    assert scenario_of(json.loads(canonical_json(PLAIN)), {}, "-") == PLAIN


def test_every_key_of_the_schema_is_documented():
    schema = scenario_schema()
    for section in (schema, *schema["$defs"].values()):
        for name, field in section.get("properties", {}).items():
            assert "description" in field or "$ref" in field, name
