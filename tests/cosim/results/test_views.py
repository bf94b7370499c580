from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from cosim.results import open_runs
from cosim.results.catalogue import CATALOGUE, rebuild_catalogue
from cosim.results.schema import TABLES
from cosim.results.views import query, run_table, scalars
from twin.errors import ResultsError, UnknownRunError
from twin.scenario import Ledger, Scenario

MakeRun = Callable[..., tuple[Path, str]]


def test_all_runs_are_seen_with_their_ids(make_run: MakeRun, runs_dir: Path) -> None:
    ids = sorted(make_run(seed)[1] for seed in (1, 2))
    with open_runs(runs_dir) as connection:
        counted = connection.sql(
            "SELECT run_id, count(*) FROM meter GROUP BY run_id ORDER BY run_id"
        ).fetchall()
        assert counted == [(ids[0], 12), (ids[1], 12)]
        assert connection.sql("SELECT count(*) FROM run").fetchall() == [(2,)]
        roles = connection.sql(
            "SELECT member, value FROM indicator WHERE scope = 'role' AND run_id = ?",
            params=[ids[0]],
        ).fetchall()
        assert roles == [("consumer", 0.1)]


def test_without_runs_all_tables_exist_and_are_empty(tmp_path: Path) -> None:
    with open_runs(tmp_path) as connection:
        for name, table in TABLES.items():
            relation = connection.sql(f'SELECT * FROM "{name}"')
            assert relation.columns == ["run_id", *table.schema.names]
            assert relation.fetchall() == []


def test_empty_views_have_the_types_of_real_ones(make_run: MakeRun, runs_dir: Path) -> None:
    make_run()
    with open_runs(runs_dir) as real, open_runs(runs_dir / "nowhere") as empty:
        for name in TABLES:
            text = f'SELECT * FROM "{name}"'
            assert real.sql(text).dtypes == empty.sql(text).dtypes


def test_a_folder_with_a_quote_in_its_name_is_read(
    make_run: MakeRun, runs_dir: Path, tmp_path: Path
) -> None:
    _, identity = make_run()
    odd = tmp_path / "it's"
    runs_dir.rename(odd)
    with open_runs(odd) as connection:
        assert connection.sql("SELECT count(*) FROM meter").fetchall() == [(12,)]
    assert query(odd, identity, "SELECT count(*) AS n FROM meter").to_pylist() == [{"n": 12}]


def test_the_catalogue_answers_without_us(make_run: MakeRun, runs_dir: Path) -> None:
    make_run()
    assert rebuild_catalogue(runs_dir) is None
    with duckdb.connect(str(runs_dir / CATALOGUE), read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM agreement").fetchall() == [(6,)]
        assert connection.sql("SELECT count(*) FROM meter").fetchall() == [(12,)]
        kinds = dict(
            connection.sql(
                "SELECT table_name, table_type FROM information_schema.tables"
            ).fetchall()
        )
        real = {name for name, kind in kinds.items() if kind == "BASE TABLE"}
        assert real == {"run", "setting", "indicator", "payment", "agreement", "block"}


def test_the_catalogue_is_renewed_while_somebody_reads_it(
    make_run: MakeRun, runs_dir: Path
) -> None:
    make_run(1)
    rebuild_catalogue(runs_dir)
    with duckdb.connect(str(runs_dir / CATALOGUE), read_only=True) as reader:
        make_run(2)
        assert rebuild_catalogue(runs_dir) is None
        assert reader.sql("SELECT count(*) FROM run").fetchall() == [(1,)]
    assert [p.name for p in runs_dir.glob(".catalogue*")] == []


def test_a_catalogue_that_cannot_be_renewed_is_said_and_not_raised(
    make_run: MakeRun, runs_dir: Path
) -> None:
    make_run()
    (runs_dir / CATALOGUE).mkdir()
    (runs_dir / CATALOGUE / "in the way").touch()
    assert "was not renewed" in (rebuild_catalogue(runs_dir) or "")


def test_one_run_is_read_as_arrow(make_run: MakeRun, runs_dir: Path) -> None:
    _, identity = make_run()
    rows = run_table(runs_dir, identity, "participant", ["participant", "pv_kwp"])
    assert rows.to_pylist()[1] == {"participant": "H02", "pv_kwp": 5.0}
    with pytest.raises(ResultsError, match="no table"):
        run_table(runs_dir, identity, "meters")
    with pytest.raises(UnknownRunError):
        run_table(runs_dir, "../" + identity, "meter")


def test_values_are_bound_and_never_become_sql(make_run: MakeRun, runs_dir: Path) -> None:
    _, identity = make_run()
    found = query(
        runs_dir, identity, "SELECT * FROM meter WHERE meter = ?", ["' OR 1=1; DROP VIEW meter; --"]
    )
    assert found.num_rows == 0


def test_a_damaged_file_is_one_sentence(make_run: MakeRun, runs_dir: Path) -> None:
    folder, identity = make_run()
    (folder / "meter.parquet").write_bytes(b"no parquet" * 10)
    with pytest.raises(ResultsError, match="cannot be read"):
        run_table(runs_dir, identity, "meter")
    with pytest.raises(ResultsError, match="cannot be read"):
        query(runs_dir, identity, "SELECT * FROM meter")


def test_scalars_give_settings_and_indicators_per_run(make_run: MakeRun, runs_dir: Path) -> None:
    make_run(1)
    make_run(2, scenario=Scenario(name="b", ledger=Ledger(consensus="pos")))
    rows = scalars(runs_dir, ["self_sufficiency", "unknown"], ["ledger.consensus"]).to_pylist()
    assert {row["ledger.consensus"] for row in rows} == {"poa", "pos"}
    assert {row["self_sufficiency"] for row in rows} == {0.25}
    assert {row["unknown"] for row in rows} == {None}
