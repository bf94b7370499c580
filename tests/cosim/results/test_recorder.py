from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cosim.results import spool
from cosim.results.recorder import Recorder
from cosim.results.schema import TABLES
from cosim.results.store import sha256
from twin.errors import ResultsError

DOMAINS = {"meter": ("H02", "H10"), "participant": (), "building": (), "element": ()}


def blocks(heights: list[int], **more: object) -> dict[str, object]:
    return {
        "block_time_s": heights,
        "height": heights,
        "transactions": 0,
        "gas_used": 0,
        "missed": False,
        **more,
    }


def block_file(folder: Path, *batches: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    with Recorder(folder, DOMAINS) as recorder:
        for batch in batches:
            recorder.record("block", batch)
        recorder.close()
    return folder / "block.parquet"


def test_every_table_is_written_even_without_rows(tmp_path: Path) -> None:
    with Recorder(tmp_path, DOMAINS) as recorder:
        assert set(recorder.close().values()) == {0}
    for name, table in TABLES.items():
        written = pq.read_schema(tmp_path / f"{name}.parquet")
        assert written.equals(table.schema, check_metadata=True)
        assert b"pandas" not in (written.metadata or {})


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    order=st.permutations(range(12)),
    cuts=st.lists(st.integers(0, 12), max_size=4),
    limit=st.integers(1, 20),
)
def test_bytes_depend_neither_on_batches_nor_on_order_nor_on_spooling(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    order: list[int],
    cuts: list[int],
    limit: int,
) -> None:
    proposers = {h: None if h % 3 == 0 else f"node-{h % 4}" for h in range(12)}
    reference = block_file(
        tmp_path / "a", blocks(list(range(12)), proposer=[proposers[h] for h in range(12)])
    )
    bounds = [0, *sorted(cuts), 12]
    pieces = [order[a:b] for a, b in pairwise(bounds)]
    monkeypatch.setattr(spool, "SPOOL_ROWS", limit)
    other = block_file(
        tmp_path / "b", *(blocks(p, proposer=[proposers[h] for h in p]) for p in pieces)
    )
    assert sha256(reference) == sha256(other)
    assert not list((tmp_path / "b").glob(".spool*"))


def test_categories_keep_the_order_of_the_run_and_not_of_the_alphabet(tmp_path: Path) -> None:
    domains = {**DOMAINS, "meter": ("H10", "H02")}
    frame = {
        "direction": "up",
        "meter": ["H02", "H10"],
        "sequence": [1, 1],
        "sent_at_ms": 0,
        "attempts": 1,
        "duplicates": 0,
        "airtime_us": 0,
        "bytes": 40,
        "outcome": "delivered",
    }
    with Recorder(tmp_path, domains) as recorder:
        recorder.record("frame", frame)
        recorder.close()
    column = pq.read_table(tmp_path / "frame.parquet").column("meter").combine_chunks()
    assert column.to_pylist() == ["H10", "H02"]
    assert column.dictionary.to_pylist() == ["H10", "H02"]


def test_nulls_come_from_none_masks_nan_and_negative_codes(tmp_path: Path) -> None:
    with Recorder(tmp_path, {**DOMAINS, "element": ("a", "b", "c")}) as recorder:
        recorder.record(
            "grid",
            {
                "slot": 0,
                "kind": "bus",
                "element": ["a", "b", "c"],
                "voltage_pu": np.array([1.0, np.nan, 0.9]),
                "losses_mwh": np.ma.masked_equal([1, 2, 3], 2),
                "import_mwh": [None, 5, None],
            },
        )
        recorder.record(
            "transaction",
            {
                "position": [0, 1],
                "kind": "fund",
                "tx_hash": "0x",
                "raw": b"",
                "sender": ["dso", "lpd"],
                "submitted_at_ms": 0,
                "gas_limit": 1,
                "error": [None, "Late"],
            },
        )
        recorder.close()
    grid = pq.read_table(tmp_path / "grid.parquet")
    assert grid.column("voltage_pu").to_pylist() == [1.0, None, 0.9]
    assert grid.column("losses_mwh").to_pylist() == [1, None, 3]
    assert grid.column("import_mwh").to_pylist() == [None, 5, None]
    errors = pq.read_table(tmp_path / "transaction.parquet").column("error")
    assert errors.to_pylist() == [None, "Late"]


def test_parts_of_a_table_are_joined_on_its_key(tmp_path: Path) -> None:
    with Recorder(tmp_path, DOMAINS) as recorder:
        recorder.record("block.made", {k: v for k, v in blocks([1, 2]).items() if k != "missed"})
        recorder.record("block.seen", {"block_time_s": [2, 1], "missed": [True, False]})
        recorder.record("block.final", {"block_time_s": [1], "final_at_ms": [9]})
        recorder.close()
    rows = pq.read_table(tmp_path / "block.parquet")
    assert rows.column("missed").to_pylist() == [False, True]
    assert rows.column("final_at_ms").to_pylist() == [9, None]


@pytest.mark.parametrize(
    ("name", "columns", "words"),
    [
        ("blocks", {}, "no table blocks"),
        ("block", {"block_time_s": [1], "colour": ["red"]}, "no column colour"),
        ("block", {"missed": [True]}, "lack the key column block_time_s"),
        ("block", {"block_time_s": [1, 2], "missed": [True]}, "1 values for 2 rows"),
        ("block", {"block_time_s": [1], "missed": [None]}, "1 of 1 values are missing"),
        ("block", {"block_time_s": ["one"]}, "do not fit int64"),
        ("block", {"block_time_s": np.array([1.5])}, "floats where integers"),
        ("frame", {"direction": "up", "meter": ["H99"], "sequence": [1]}, "'H99' is not one of"),
    ],
)
def test_rows_that_do_not_fit_are_refused(
    tmp_path: Path, name: str, columns: dict[str, object], words: str
) -> None:
    with Recorder(tmp_path, DOMAINS) as recorder, pytest.raises(ResultsError, match=words):
        recorder.record(name, columns)


def test_a_row_recorded_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="block_time_s 7 was recorded twice"):
        block_file(tmp_path, blocks([6, 7]), blocks([7]))


def test_a_value_that_no_part_gave_is_refused(tmp_path: Path) -> None:
    with Recorder(tmp_path, DOMAINS) as recorder:
        recorder.record("block", {"block_time_s": [1]})
        with pytest.raises(ResultsError, match="never got a value"):
            recorder.close()


def test_large_tables_come_in_row_groups_of_fixed_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cosim.results.recorder.ROW_GROUP_ROWS", 4)
    path = block_file(tmp_path, blocks([5, 6, 7, 8, 9]), blocks([0, 1, 2, 3, 4]))
    file = pq.ParquetFile(path)
    assert [file.metadata.row_group(i).num_rows for i in range(3)] == [4, 4, 2]
    assert file.read().column("height").to_pylist() == list(range(10))


def test_every_column_says_what_it_means_in_what_unit_and_from_where() -> None:
    for table in TABLES.values():
        for field in table.schema:
            assert field.metadata[b"meaning"]
            assert field.metadata[b"unit"]
            assert field.metadata[b"provenance"] in (b"executed", b"simulated", b"assumed")
        assert set(table.key) <= set(table.schema.names)


def test_schemas_hold_no_type_that_another_reader_may_not_know() -> None:
    allowed = {"int8", "int32", "int64", "double", "bool", "string", "binary"}
    for table in TABLES.values():
        for field in table.schema:
            kind = field.type
            if pa.types.is_dictionary(kind):
                kind = kind.value_type
            assert str(kind) in allowed
