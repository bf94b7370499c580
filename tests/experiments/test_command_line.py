"""What the command line says, and with which status it ends."""

import json
import socket
import subprocess
import sys

import pytest

from twin.errors import NodeError


def _one_sentence(ended, status):
    assert ended.status == status
    assert ended.out == ""
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("twin: ")
    return ended.err


@pytest.mark.parametrize(
    "command",
    ["demo", "run", "sweep", "list", "show", "verify", "scenario", "dashboard", None],
)
def test_every_command_explains_itself(twin, command):
    ended = twin(*([command] if command else []), "--help")
    assert ended.status == 0
    assert "Usage: twin" in ended.out


def test_an_unknown_option_is_wrong_input(twin):
    ended = twin("run", "demo", "--colour")
    assert ended.status == 2
    assert "--colour" in ended.err


def test_a_missing_scenario_names_the_file_and_what_is_shipped(twin):
    said = _one_sentence(twin("run", "nowhere.yaml"), 2)
    assert "nowhere.yaml" in said
    assert "demo" in said


def test_a_wrong_unit_names_the_key_and_what_is_allowed(twin):
    said = _one_sentence(twin("run", "demo", "--set", "market.lead_s=15min"), 2)
    assert "market.lead_s" in said
    assert "whole seconds" in said


def test_an_unknown_key_in_a_file_is_found_without_running(twin, small):
    small.write_text("name: small\nmarkets: {}\n", encoding="utf-8")
    said = _one_sentence(twin("scenario", "check", small), 2)
    assert "did you mean market?" in said


def test_a_sweep_is_no_scenario_and_a_scenario_no_sweep(twin):
    assert "twin sweep" in _one_sentence(twin("run", "compare"), 2)
    assert "twin run" in _one_sentence(twin("sweep", "demo"), 2)


def test_a_file_in_the_place_of_the_runs_folder_is_refused(twin, tmp_path):
    (tmp_path / "runs").write_text("")
    said = _one_sentence(twin("run", "demo", "--out", tmp_path / "runs" / "deep"), 2)
    assert "is a file" in said


def test_a_port_in_use_is_refused_with_another_to_try(twin, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = _one_sentence(twin("dashboard", "--runs", tmp_path, "--port", port), 2)
    assert f"--port {port}" in said


def test_an_address_of_another_machine_is_refused(twin, tmp_path):
    _one_sentence(twin("dashboard", "--runs", tmp_path, "--host", "203.0.113.7"), 2)


def test_a_run_that_is_not_there_is_wrong_input(twin, tmp_path):
    said = _one_sentence(twin("show", "0123456789abcdef", "--runs", tmp_path), 2)
    assert "twin list" in said


@pytest.mark.parametrize("name", ["../..", "", "/etc/passwd", "*", "sweeps"])
def test_no_name_of_a_run_leads_out_of_the_folder(twin, tmp_path, name):
    (tmp_path / "sweeps").mkdir()
    _one_sentence(twin("verify", name, "--runs", tmp_path), 2)


def test_a_folder_without_runs_says_how_to_make_one(twin, tmp_path):
    ended = twin("list", "--runs", tmp_path)
    assert ended.status == 0
    assert "twin demo" in ended.out


def test_a_folder_without_runs_is_an_empty_list_in_json(twin, tmp_path):
    assert json.loads(twin("list", "--runs", tmp_path, "--json").out) == []


def test_the_schema_is_one_json_document(twin):
    schema = json.loads(twin("scenario", "schema").out)
    assert "lead_s" in schema["$defs"]["Market"]["properties"]


def test_what_fails_in_a_run_ends_with_status_1(twin, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise NodeError("anvil does not start")

    monkeypatch.setattr("cosim.run.run_scenario", fail)
    said = _one_sentence(twin("run", "demo", "--out", tmp_path), 1)
    assert said == "twin: anvil does not start\n"


def test_an_error_that_nobody_foresaw_is_a_sentence_too(twin, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("cosim.run.run_scenario", fail)
    said = _one_sentence(twin("run", "demo", "--out", tmp_path), 1)
    assert "unexpected ZeroDivisionError" in said
    assert "TWIN_TRACEBACK" in said


def test_an_interrupt_ends_with_130(twin, monkeypatch, tmp_path):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("cosim.run.run_scenario", interrupt)
    assert "stopped" in _one_sentence(twin("run", "demo", "--out", tmp_path), 130)


def test_help_does_not_import_what_only_a_run_needs():
    heavy = ("numpy", "mosaik", "web3", "pyarrow", "duckdb", "dash", "pydantic", "rich")
    program = (
        f"import sys, experiments.cli; print([name for name in {heavy!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert said.stdout.strip() == "[]"


def test_a_stranger_called_like_one_of_our_folders_does_not_get_in(tmp_path):
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").write_text("raise SystemExit('a stranger')")
    program = "from experiments.cli import main; main()"
    said = subprocess.run(
        [sys.executable, "-P", "-c", program, "scenario", "check", "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr


def test_output_into_a_closed_pipe_is_no_error():
    program = f"{sys.executable} -P -c 'from experiments.cli import main; main()' scenario schema"
    said = subprocess.run(
        ["bash", "-c", f"{program} | head -c 10 >/dev/null"], capture_output=True, text=True
    )
    assert said.stderr == ""
