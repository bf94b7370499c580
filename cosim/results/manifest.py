"""manifest.json: what a run was, what came out, and the hash of every file; written last."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Literal

from cosim.results.schema import RESULTS_VERSION, TABLES
from twin.errors import ResultsError

MANIFEST: Final = "manifest.json"
TIMING: Final = "timing.json"
"""Wall-clock figures, in a file of their own since they differ each time."""
PACKAGES: Final = (
    "numpy",
    "scipy",
    "pyarrow",
    "duckdb",
    "pydantic",
    "mosaik",
    "simpy",
    "pyModbusTCP",
    "pysunspec2",
    "power-grid-model",
    "web3",
    "eth-tester",
    "py-evm",
)
"""Packages whose versions may explain a difference between two runs."""


@dataclass(frozen=True)
class Indicator:
    """A figure of the run; `by_role` and `by_microgrid` break it down where that makes sense."""

    value: float | int | None
    """None where it does not exist, e.g. the share of a total that is zero."""
    unit: str
    origin: Literal["executed", "simulated", "assumed"]
    status_quo: float | int | None = None
    """The same figure without the market, where there is one to compare with."""
    by_role: Mapping[str, float | int] = field(default_factory=dict)
    by_microgrid: Mapping[str, float | int] = field(default_factory=dict)
    meaning: str = ""
    """What it is, in one sentence."""


@dataclass(frozen=True)
class PaymentMatrix:
    """Who pays whom over the run: `neur[payer][payee]` ≥ 0 [n€], in the order of `parties`."""

    parties: Sequence[str]
    neur: Sequence[Sequence[int]]

    def balance_neur(self) -> dict[str, int]:
        """What each party received less what it paid [n€]; the sum is zero."""
        return {
            party: sum(row[i] for row in self.neur) - sum(self.neur[i])
            for i, party in enumerate(self.parties)
        }


@dataclass(frozen=True)
class TableFile:
    """A file of the run, named relative to its folder."""

    file: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Everything that is known of a run as a whole."""

    run_id: str
    scenario: Mapping[str, Any]
    """All of it, the execution section too."""
    seed: int
    model_version: int
    indicators: Mapping[str, Indicator]
    payments: Mapping[str, PaymentMatrix]
    """`status_quo` and `market`."""
    tables: Mapping[str, TableFile]
    tokens_wh: Mapping[str, int] = field(default_factory=dict)
    """Energy tokens on the ledger at the end: minted, burned, lapsed, held [Wh]."""
    ledger: Mapping[str, Any] = field(default_factory=dict)
    """What a replay needs beside the transactions: chain id, contract addresses, parties."""
    contracts: Mapping[str, str] = field(default_factory=dict)
    """Hash of the bytecode of each contract."""
    data: Mapping[str, str] = field(default_factory=dict)
    """Hash of each data file that went in."""
    python: str = field(default_factory=platform.python_version)
    packages: Mapping[str, str] = field(default_factory=lambda: package_versions())
    results_version: int = RESULTS_VERSION

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def package_versions() -> dict[str, str]:
    """Versions of `PACKAGES` as installed; packages that are not installed are left out."""
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def load_manifest(folder: Path) -> Manifest:
    """The manifest of the run in `folder`.

    ResultsError, in one sentence, if it is missing, truncated, of another version, or names files
    that are not there in full length (the hashes are left to `verify`).
    """
    path = folder / MANIFEST
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultsError(f"{folder} is no run: it has no {MANIFEST}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"{path} cannot be read: {error}.") from None
    except json.JSONDecodeError:
        raise ResultsError(f"{path} is truncated or no JSON; run the scenario again.") from None
    version = raw.get("results_version") if isinstance(raw, dict) else None
    if version != RESULTS_VERSION:
        raise ResultsError(
            f"{folder} holds results of version {version}, this program reads version "
            f"{RESULTS_VERSION}; run the scenario again."
        )
    try:
        manifest = _parsed(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResultsError(f"{path} is damaged ({type(error).__name__}: {error}).") from None
    if manifest.run_id != folder.name and not folder.name.startswith(".stage-"):
        raise ResultsError(f"{folder} holds the run {manifest.run_id}; a run's folder has its id.")
    for name in TABLES:
        if name not in manifest.tables:
            raise ResultsError(f"{path} is damaged: it does not mention the table {name}.")
    for entry in manifest.tables.values():
        _check_length(folder / entry.file, entry.bytes)
    return manifest


def _check_length(path: Path, expected: int) -> None:
    try:
        found = path.stat().st_size
    except OSError:
        raise ResultsError(f"{path} is missing; run the scenario again with --force.") from None
    if found != expected:
        raise ResultsError(
            f"{path} has {found} bytes instead of {expected}; run the scenario again with --force."
        )


def _parsed(raw: Mapping[str, Any]) -> Manifest:
    fields = dict(raw)
    fields["indicators"] = {name: Indicator(**v) for name, v in raw["indicators"].items()}
    fields["payments"] = {name: PaymentMatrix(**v) for name, v in raw["payments"].items()}
    fields["tables"] = {name: TableFile(**v) for name, v in raw["tables"].items()}
    for name, entry in fields["tables"].items():
        if entry.file != f"{name}.parquet":
            raise ValueError(f"the file of {name} must be {name}.parquet")
    return Manifest(**fields)
