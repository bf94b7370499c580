import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cosim.results.schema import TABLES
from cosim.results.store import sha256
from cosim.results.verify import Check, verify
from twin.errors import UnknownRunError

MakeRun = Callable[..., tuple[Path, str]]


def failed(runs_dir: Path, run_id: str) -> list[str]:
    return [check.name for check in verify(runs_dir, run_id) if not check.passed]


def rewrite(folder: Path, table: str, column: str, change: Callable[[pa.Array], pa.Array]) -> None:
    """Change one column and make the manifest's hashes fit, as a careful forger would."""
    path = folder / f"{table}.parquet"
    rows = pq.read_table(path)
    place = rows.column_names.index(column)
    changed = change(rows.column(column).combine_chunks())
    rows = rows.set_column(place, TABLES[table].schema.field(column), changed)
    pq.write_table(rows.cast(TABLES[table].schema), path)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["tables"][table]["sha256"] = sha256(path)
    manifest["tables"][table]["bytes"] = path.stat().st_size
    (folder / "manifest.json").write_text(json.dumps(manifest))


def bump_first(values: pa.Array) -> pa.Array:
    return pa.array([values[0].as_py() + 1, *values.to_pylist()[1:]], values.type)


def test_a_sound_run_passes_every_check(make_run: MakeRun, runs_dir: Path) -> None:
    _, identity = make_run()
    checks = verify(runs_dir, identity)
    assert [check for check in checks if not check.passed] == []
    assert len({check.name for check in checks}) == 13


def test_a_changed_byte_is_found(make_run: MakeRun, runs_dir: Path) -> None:
    folder, identity = make_run()
    path = folder / "block.parquet"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    assert "file hashes" in failed(runs_dir, identity)


@pytest.mark.parametrize(
    ("table", "column", "check"),
    [
        ("agreement", "seller_paid_neur", "money of agreements"),
        ("agreement", "seller_paid_neur", "settlement recomputed"),
        ("agreement", "fee_ueur_per_kwh", "settlement recomputed"),
        ("agreement", "quantity_wh", "energy tokens"),
        ("meter", "import_wh", "energy by tier"),
        ("meter", "true_import_wh", "energy of meters"),
        ("participant", "bought_tier_0_wh", "energy by tier"),
        ("participant", "sold_lpd_wh", "energy by tier"),
        ("participant", "market_gas_neur", "bills"),
        ("participant", "balance_neur", "ledger balances"),
    ],
)
def test_a_forged_number_is_found(
    make_run: MakeRun, runs_dir: Path, table: str, column: str, check: str
) -> None:
    folder, identity = make_run()
    rewrite(folder, table, column, bump_first)
    assert check in failed(runs_dir, identity)


def test_a_reading_that_the_money_does_not_fit_is_found(make_run: MakeRun, runs_dir: Path) -> None:
    folder, identity = make_run()
    rewrite(folder, "meter", "settled_net_wh", lambda v: pc.add(v, pa.scalar(-50, pa.int64())))
    assert {"settled positions", "settlement recomputed"} <= set(failed(runs_dir, identity))


def test_a_building_that_is_not_its_sum_is_found(make_run: MakeRun, runs_dir: Path) -> None:
    folder, identity = make_run()
    rewrite(folder, "meter", "load_mwh", lambda v: pc.add(v, pa.scalar(1, pa.int64())))
    assert "energy of buildings" in failed(runs_dir, identity)


def test_losses_that_nobody_paid_for_are_found(make_run: MakeRun, runs_dir: Path) -> None:
    folder, identity = make_run()
    rewrite(
        folder,
        "grid",
        "import_mwh",
        lambda v: pc.if_else(pc.is_valid(v), pc.add(v, pa.scalar(2, pa.int64())), v),
    )
    assert "energy of the feeder" in failed(runs_dir, identity)


def test_payments_that_are_not_the_bills_are_found(make_run: MakeRun, runs_dir: Path) -> None:
    _, identity = make_run(change_manifest={"payments": {}})
    assert failed(runs_dir, identity) == ["payments"]


def test_rows_out_of_order_are_found(make_run: MakeRun, runs_dir: Path) -> None:
    folder, identity = make_run()
    rewrite(folder, "transaction", "position", lambda v: pa.array([1, 0], v.type))
    assert failed(runs_dir, identity) == ["tables"]


def test_a_file_that_cannot_be_read_fails_and_does_not_raise(
    make_run: MakeRun, runs_dir: Path
) -> None:
    folder, identity = make_run()
    path = folder / "agreement.parquet"
    path.write_bytes(b"x" * path.stat().st_size)
    assert "agreement money" in failed(runs_dir, identity)


def test_checks_can_be_added(make_run: MakeRun, runs_dir: Path) -> None:
    _, identity = make_run()
    checks = verify(runs_dir, identity, [lambda folder, manifest: [Check("mine", True, "")]])
    assert [check.name for check in checks] == ["mine"]


def test_an_unknown_run_is_an_error(runs_dir: Path) -> None:
    with pytest.raises(UnknownRunError):
        verify(runs_dir, "0" * 16)
