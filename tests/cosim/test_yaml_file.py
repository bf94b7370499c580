"""Reading a YAML file that a person wrote."""

import pytest

from cosim.yaml_file import parse_yaml, read_mapping
from twin.errors import ScenarioError


def _refusal(tmp_path, text):
    path = tmp_path / "s.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ScenarioError) as refusal:
        read_mapping(path, "scenario", ScenarioError)
    message = str(refusal.value)
    assert "\n" not in message
    assert "s.yaml" in message
    return message


def test_a_key_given_twice_is_refused_with_both_lines(tmp_path):
    message = _refusal(tmp_path, "name: a\nmarket:\n  k: 0.5\n  k: 0.6\n")
    assert "line 4" in message
    assert "first in line 3" in message


def test_broken_yaml_names_the_line(tmp_path):
    assert "line 2" in _refusal(tmp_path, "name: a\nmarket: 1: 2\n")


def test_a_date_that_does_not_exist_names_the_line(tmp_path):
    message = _refusal(tmp_path, "name: a\nhorizon:\n  start: 2016-02-30\n")
    assert "line 3" in message
    assert "2016-02-30" in message


def test_an_empty_file_says_what_a_scenario_is(tmp_path):
    assert "is empty" in _refusal(tmp_path, "")


def test_a_list_is_not_a_scenario(tmp_path):
    assert "holds a list" in _refusal(tmp_path, "- 1\n- 2\n")


def test_two_documents_are_refused(tmp_path):
    assert "line 2" in _refusal(tmp_path, "name: a\n---\nname: b\n")


def test_bytes_that_are_no_text_are_refused(tmp_path):
    assert "not valid YAML" in _refusal(tmp_path, b"\xff\xfe\x00name")


def test_python_objects_are_never_made(tmp_path):
    assert "not valid YAML" in _refusal(tmp_path, "name: !!python/object/apply:os.getcwd []\n")


def test_a_file_nested_beyond_reason_is_refused(tmp_path):
    assert "nested more than 50 deep" in _refusal(tmp_path, "name: " + "[" * 200_000)


def test_a_key_that_cannot_be_one_is_refused(tmp_path):
    assert "not valid YAML" in _refusal(tmp_path, "? [1, 2]\n: 3\n")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ScenarioError, match=r"nowhere\.yaml: there is no such scenario file"):
        read_mapping(tmp_path / "nowhere.yaml", "scenario", ScenarioError)


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(ScenarioError, match="this is a folder"):
        read_mapping(tmp_path, "scenario", ScenarioError)


def test_a_mapping_may_be_merged_into_another():
    text = "base: &b {x: 1, y: 2}\nchild: {<<: *b, y: 3}\n"
    assert parse_yaml(text, "s", ScenarioError)["child"] == {"x": 1, "y": 3}
