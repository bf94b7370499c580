"""A small run from the command line: made, found again, shown, swept, stopped."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

NODE = ("--node", "embedded")
TWIN = (sys.executable, "-P", "-c", "from experiments.cli import main; main()")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def made(twin, small, runs):
    """The small run's document; the first test that asks for it makes the run."""
    ended = twin("run", small, *NODE, "--out", runs, "--json")
    assert ended.status == 0, ended.err
    return json.loads(ended.out)


def test_a_run_leaves_a_folder_named_by_its_id(made, runs):
    assert (runs / made["run_id"] / "manifest.json").is_file()
    assert made["manifest"]["scenario"]["name"] == "small"


def test_the_same_run_again_is_reported_and_not_computed(twin, small, runs, made):
    ended = twin("run", small, *NODE, "--out", runs)
    assert ended.status == 0
    assert "already there" in ended.out
    assert made["run_id"] in ended.out


def test_the_result_fits_80_columns_and_one_screen(twin, made, runs):
    lines = twin("show", made["run_id"], "--runs", runs).out.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines[:-1])) <= 80
    assert lines[-1] == f"twin dashboard --runs {runs}"


def test_a_run_is_found_by_its_first_digits(twin, made, runs):
    shown = twin("show", made["run_id"][:5], "--runs", runs, "--json")
    assert json.loads(shown.out) == made["manifest"]


def test_the_list_names_scenario_seed_and_ledger(twin, made, runs):
    (row,) = json.loads(twin("list", "--runs", runs, "--json").out)
    assert (row["run_id"], row["name"], row["seed"]) == (made["run_id"], "small", 1)
    assert made["run_id"] in twin("list", "--runs", runs).out


def test_a_whole_run_verifies(twin, made, runs):
    ended = twin("verify", made["run_id"], "--runs", runs, "--json")
    found = json.loads(ended.out)
    assert found["passed"], [check for check in found["checks"] if not check["passed"]]
    assert ended.status == 0


def test_a_changed_byte_is_found(twin, tmp_path, made, runs):
    copy = shutil.copytree(runs / made["run_id"], tmp_path / made["run_id"])
    file = copy / "order.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    ended = twin("verify", made["run_id"], "--runs", tmp_path)
    assert ended.status == 1
    assert "order.parquet" in ended.out


def test_a_sweep_skips_what_is_there_and_goes_on_past_what_fails(twin, small, runs, made):
    path = small.with_name("sweep.yaml")
    path.write_text("name: s\nscenario: small.yaml\nseeds: [1, 2]\n", encoding="utf-8")
    ended = twin("sweep", path, *NODE, "--out", runs, "--workers", 1, "--json")
    found = json.loads(ended.out)
    assert ended.status == 0, ended.err
    assert found["skipped"] == 1
    assert found["failed"] == []
    assert found["arms"][0]["runs"]["1"] == made["run_id"]
    assert all(
        (runs / run / "manifest.json").is_file() for run in found["arms"][0]["runs"].values()
    )
    written = json.loads((runs / "sweeps" / "s.json").read_text(encoding="utf-8"))
    assert written["arms"] == found["arms"]


def test_a_sweep_with_a_run_that_fails_ends_with_status_1_and_says_why(twin, small, tmp_path):
    path = small.with_name("sweep.yaml")
    path.write_text(
        "name: s\nscenario: small.yaml\nseeds: [1]\ngrid: {ledger.block_gas_limit: [1000000]}\n",
        encoding="utf-8",
    )
    ended = twin("sweep", path, *NODE, "--out", tmp_path / "runs")
    assert ended.status == 1
    assert "1 failed" in ended.out
    assert "block_gas_limit" in ended.out
    assert not list((tmp_path / "runs").glob("*/manifest.json"))


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_run_that_is_terminated_leaves_nothing_half_written(small, tmp_path):
    out = tmp_path / "runs"
    run = subprocess.Popen(
        [*TWIN, "run", str(small), *NODE, "--out", str(out)],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not list(out.glob(".stage-*/")):
        assert run.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(run.pid, signal.SIGTERM)
    _, said = run.communicate(timeout=30)
    assert run.returncode == 143
    assert "Traceback" not in said
    assert "twin: stopped" in said
    assert not [path for path in out.rglob("*") if path.is_file()]
