import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cosim.results import exchange
from cosim.results.identity import run_id
from cosim.results.manifest import load_manifest
from cosim.results.store import Stage, clean_stages, is_whole, list_runs, run_folder
from twin.errors import ResultsError, UnknownRunError
from twin.scenario import Execution, Scenario

MakeRun = Callable[..., tuple[Path, str]]
ID = "0123456789abcdef"


def test_a_run_appears_whole_and_leaves_no_stage(make_run: MakeRun, runs_dir: Path) -> None:
    folder, identity = make_run()
    assert [entry.name for entry in runs_dir.iterdir()] == [identity]
    assert is_whole(folder)
    assert json.loads((folder / "timing.json").read_text()) == {"total_s": 1.5}


def test_the_same_run_twice_has_the_same_bytes(make_run: MakeRun, runs_dir: Path) -> None:
    folder, _ = make_run()
    before = {path.name: path.read_bytes() for path in folder.glob("*.parquet")}
    make_run(force=True)
    assert {path.name: path.read_bytes() for path in folder.glob("*.parquet")} == before
    assert len(list(runs_dir.iterdir())) == 1


def test_a_failure_leaves_nothing(runs_dir: Path) -> None:
    def write_and_fail() -> None:
        with Stage(runs_dir, ID) as stage:
            (stage.folder / "meter.parquet").write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert list(runs_dir.iterdir()) == []


def test_an_existing_run_stays_unless_forced(make_run: MakeRun) -> None:
    folder, _ = make_run()
    mark = folder / "mark"
    mark.touch()
    make_run()
    assert mark.exists()
    make_run(force=True)
    assert not mark.exists()


def test_forcing_works_where_folders_cannot_change_places(
    make_run: MakeRun, runs_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "_swap", lambda one, other: False)
    folder, identity = make_run()
    (folder / "mark").touch()
    make_run(force=True)
    assert not (folder / "mark").exists()
    assert [entry.name for entry in runs_dir.iterdir()] == [identity]


def test_a_damaged_run_is_replaced_without_force(make_run: MakeRun) -> None:
    folder, _ = make_run()
    (folder / "meter.parquet").write_bytes(b"short")
    assert not is_whole(folder)
    make_run()
    assert is_whole(folder)


def test_stages_of_dead_processes_are_removed_and_others_stay(runs_dir: Path) -> None:
    code = (
        "import os, sys, pathlib; from cosim.results.store import Stage\n"
        "stage = Stage(pathlib.Path(sys.argv[1]), sys.argv[2]); stage.__enter__()\n"
        "(stage.folder / 'meter.parquet').write_bytes(b'half'); os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run([sys.executable, "-c", code, str(runs_dir), ID], env=environment, check=False)
    dead = [entry for entry in runs_dir.iterdir() if entry.is_dir()]
    elsewhere = runs_dir / f".stage-{ID}-another-host-1"
    elsewhere.mkdir()
    with Stage(runs_dir, ID) as mine:
        assert clean_stages(runs_dir) == dead
        assert mine.folder.exists()
        assert elsewhere.exists()
    assert list(runs_dir.iterdir()) == [elsewhere]


def test_a_stage_whose_process_number_was_given_again_is_removed(runs_dir: Path) -> None:
    with Stage(runs_dir, ID) as stage:
        left = stage.folder.with_name(stage.folder.name.replace(ID, "f" * 16))
        left.mkdir()
        left.with_name(left.name + ".lock").touch()
        assert clean_stages(runs_dir) == [left]


def test_two_writers_of_one_run_in_one_process_are_refused(runs_dir: Path) -> None:
    with (
        Stage(runs_dir, ID),
        pytest.raises(ResultsError, match="being written already"),
        Stage(runs_dir, ID),
    ):
        pass


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ResultsError, match="cannot be written"), Stage(file / "runs", ID):
        pass


def _truncate(folder: Path) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text()[:100])


def _older(folder: Path) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(
        manifest.read_text().replace('"results_version": 1', '"results_version": 0')
    )


def _lose_table(folder: Path) -> None:
    (folder / "frame.parquet").unlink()


def _escape(folder: Path) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"meter.parquet"', '"../meter.parquet"'))


def _rename(folder: Path) -> None:
    folder.rename(folder.with_name("f" * 16))


def _foreign(folder: Path) -> None:
    (folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (_truncate, "truncated or no JSON"),
        (_older, "results of version 0"),
        (_lose_table, "frame.parquet is missing"),
        (_escape, "is damaged"),
        (_rename, "folder has its id"),
        (_foreign, "is no run"),
    ],
)
def test_what_is_no_whole_run_is_skipped_and_named(
    make_run: MakeRun, runs_dir: Path, damage: Callable[[Path], None], words: str
) -> None:
    folder, _ = make_run(1)
    _, whole = make_run(2)
    damage(folder)
    (runs_dir / "notes").mkdir()
    listing = list_runs(runs_dir)
    assert list(listing.runs) == [whole]
    damaged = [skipped for skipped in listing.skipped if skipped.folder.name != "notes"]
    assert len(listing.skipped) == 2
    assert words in damaged[0].reason


def test_a_missing_folder_holds_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere").runs == {}


@pytest.mark.parametrize("text", ["../../etc", "x", "0123456789ABCDEF", ID + "0", ID + "\n", ""])
def test_only_run_ids_reach_a_path(runs_dir: Path, text: str) -> None:
    with pytest.raises(UnknownRunError, match="is not a run id"):
        run_folder(runs_dir, text)


def test_an_unknown_run_is_named(runs_dir: Path) -> None:
    with pytest.raises(UnknownRunError, match=f"no run {ID}"):
        run_folder(runs_dir, ID)


def test_the_id_ignores_how_a_run_is_carried_out_and_nothing_else() -> None:
    scenario = Scenario(name="a")
    assert run_id(scenario, 1) == run_id(
        scenario.model_copy(update={"execution": Execution(transport="memory")}), 1
    )
    assert run_id(scenario, 1) != run_id(scenario, 2)
    assert run_id(scenario, 1) != run_id(Scenario(name="b"), 1)


def test_a_manifest_is_read_as_it_was_written(make_run: MakeRun) -> None:
    folder, identity = make_run()
    manifest = load_manifest(folder)
    assert manifest.run_id == identity
    assert manifest.indicators["self_sufficiency"].by_microgrid == {"0": 0.3}
    assert sum(manifest.payments["market"].balance_neur().values()) == 0
    assert "numpy" in manifest.packages
