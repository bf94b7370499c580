"""Run the demo and compare every settled value with tests/golden/demo.json.

`python tools/check_golden.py` exits with 0 where all are equal and with 1 where one differs;
`--write` makes the file anew, which a new MODEL_VERSION in twin/__init__.py must go with.

A value is settled where it is an integer, a text, a truth value or bytes: energies, money, prices,
times, transactions. Floats (voltages, loadings) are compared by the run's own files on one
installation, and not between versions of Python.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cosim.results.schema import TABLES
from cosim.run import run_scenario
from experiments.shipped import find_scenario, read_scenario
from twin import MODEL_VERSION

GOLDEN = Path(__file__).parents[1] / "tests" / "golden" / "demo.json"
SEED = 1


def fingerprint(column: pa.ChunkedArray) -> str:
    """SHA-256 of a column's values, whatever the file's encoding of them."""
    digest = hashlib.sha256()
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    digest.update(np.packbits(valid).tobytes())
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        whole = column.cast(pa.int64()).fill_null(0).to_numpy().astype("<i8", copy=False)
        digest.update(np.ascontiguousarray(whole).tobytes())
        return digest.hexdigest()
    for value in column.to_pylist():
        text = b"" if value is None else value.encode() if isinstance(value, str) else value
        digest.update(len(text).to_bytes(8, "little") + text)
    return digest.hexdigest()


def settled(folder: Path) -> dict[str, str]:
    """The fingerprint of every settled column of a run, by `table.column`."""
    found = {}
    for table in TABLES:
        rows = pq.read_table(folder / f"{table}.parquet")
        for name, column in zip(rows.column_names, rows.columns, strict=True):
            if not pa.types.is_floating(column.type):
                found[f"{table}.{name}"] = fingerprint(column)
    return found


def demo() -> dict[str, Any]:
    """What the demo comes to on this installation."""
    with tempfile.TemporaryDirectory(prefix="twin-golden-") as folder:
        scenario = read_scenario(find_scenario("demo"))
        result = run_scenario(scenario, SEED, Path(folder))
        return {
            "model_version": MODEL_VERSION,
            "run_id": result.run_id,
            "seed": SEED,
            "settled": settled(result.path),
        }


def differences(golden: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Sentences about what differs; none where all is equal."""
    if golden["model_version"] != found["model_version"]:
        return [
            f"the golden file is of model version {golden['model_version']}, "
            f"this is {found['model_version']}: write it anew"
        ]
    said = [
        f"{key} is {found[key]} instead of {golden[key]}"
        for key in ("run_id", "seed")
        if golden[key] != found[key]
    ]
    before, now = golden["settled"], found["settled"]
    return said + [
        f"{name} {'is new' if name not in before else 'is gone' if name not in now else 'differs'}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="make the golden file anew")
    found = demo()
    if parser.parse_args().write:
        GOLDEN.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(f"wrote {GOLDEN}")
        return 0
    if not GOLDEN.exists():
        print(
            f"there is no {GOLDEN}; `python tools/check_golden.py --write` makes it",
            file=sys.stderr,
        )
        return 1
    said = differences(json.loads(GOLDEN.read_text(encoding="utf-8")), found)
    for sentence in said:
        print(f"demo: {sentence}", file=sys.stderr)
    if said:
        return 1
    print(
        f"Python {sys.version.split()[0]}: {len(found['settled'])} settled columns of the demo are "
        "as golden"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
