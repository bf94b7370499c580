"""The runs and sweeps of a folder, read again only where something changed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from cosim.results.identity import RUN_ID
from cosim.results.manifest import MANIFEST, Manifest, load_manifest
from cosim.results.relations import settings_of
from cosim.results.views import RunReader, run_table
from twin.errors import ResultsError

SWEEPS: Final = "sweeps"


@dataclass(frozen=True)
class Arm:
    """One run of a comparison: what was set differently, by which seed, and whether it is there."""

    settings: Mapping[str, str]
    seed: int
    run_id: str
    manifest: Manifest | None


@dataclass(frozen=True)
class Comparison:
    """Runs to be compared, and the settings in which they differ."""

    name: str
    axes: tuple[str, ...]
    arms: tuple[Arm, ...]

    @property
    def finished(self) -> tuple[Arm, ...]:
        return tuple(arm for arm in self.arms if arm.manifest is not None)


@dataclass
class RunsFolder:
    """A folder of runs, followed as runs finish; nothing is locked and nothing written."""

    path: Path
    _reader: RunReader = field(init=False)
    _seen: dict[str, tuple[int, Manifest | str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._reader = RunReader(self.path)

    def manifests(self) -> dict[str, Manifest]:
        """All whole runs, newest first."""
        self._look()
        newest = sorted(self._seen.items(), key=lambda item: (-item[1][0], item[0]))
        return {run: seen for run, (_, seen) in newest if isinstance(seen, Manifest)}

    def skipped(self) -> dict[str, str]:
        """Folders that are no whole run, and why."""
        self._look()
        return {run: seen for run, (_, seen) in self._seen.items() if isinstance(seen, str)}

    def manifest(self, run_id: str) -> Manifest | None:
        """One run, if it is whole; only its own manifest is looked at."""
        if not RUN_ID.fullmatch(run_id):
            return None
        self._look_at(self.path / run_id)
        seen = self._seen.get(run_id)
        return seen[1] if seen is not None and isinstance(seen[1], Manifest) else None

    def table(self, run_id: str, table: str, columns: Sequence[str]) -> pa.Table:
        """Columns of one table of one run."""
        return run_table(self.path, run_id, table, columns)

    def query(self, run_id: str, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The answer to `sql` over one run's tables; what comes from outside is bound to `?`."""
        return self._reader.query(run_id, sql, parameters)

    def close(self) -> None:
        """Let go of what answering questions has opened."""
        self._reader.close()

    def sweeps(self) -> dict[str, Comparison]:
        """Every sweep that can be read, by name, newest first."""
        folder = self.path / SWEEPS
        if not folder.is_dir():
            return {}
        files = sorted(folder.glob("*.json"), key=lambda f: (-f.stat().st_mtime_ns, f.name))
        found = (self._sweep(file) for file in files)
        return {sweep.name: sweep for sweep in found if sweep is not None}

    def all_runs(self) -> Comparison:
        """All whole runs as one comparison, by the settings in which they differ."""
        settings = {
            run: settings_of(manifest.scenario) for run, manifest in self.manifests().items()
        }
        keys = sorted({key for values in settings.values() for key in values})
        axes = tuple(
            key
            for key in keys
            if key not in ("name", "description")
            and not key.startswith("execution.")
            and len({values.get(key) for values in settings.values()}) > 1
        )
        arms = tuple(
            Arm(
                {axis: settings[run].get(axis, "") for axis in axes},
                manifest.seed,
                run,
                manifest,
            )
            for run, manifest in self.manifests().items()
        )
        return Comparison("", axes, arms)

    def _sweep(self, file: Path) -> Comparison | None:
        try:
            raw = json.loads(file.read_text(encoding="utf-8"))
            arms = tuple(
                Arm(
                    {key: _as_setting(value) for key, value in arm["values"].items()},
                    int(seed),
                    str(run_id),
                    self.manifest(str(run_id)),
                )
                for arm in raw["arms"]
                for seed, run_id in arm["runs"].items()
            )
            axes = tuple(key for key, values in raw["grid"].items() if len(values) > 1)
            return Comparison(str(raw["name"]), axes, arms)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return (
                None  # A sweep that is being written, or no sweep: the runs are seen all the same.
            )

    def _look(self) -> None:
        if not self.path.is_dir():
            self._seen.clear()
            return
        present = {entry.name: entry for entry in self.path.iterdir()}
        runs = {name: entry for name, entry in present.items() if RUN_ID.fullmatch(name)}
        for gone in set(self._seen) - set(runs):
            del self._seen[gone]
        for entry in runs.values():
            self._look_at(entry)

    def _look_at(self, folder: Path) -> None:
        try:
            changed = (folder / MANIFEST).stat().st_mtime_ns
        except OSError:
            changed = 0
        if folder.name in self._seen and self._seen[folder.name][0] == changed:
            return
        if changed == 0 and not folder.is_dir():
            self._seen.pop(folder.name, None)
            return
        try:
            self._seen[folder.name] = (changed, load_manifest(folder))
        except ResultsError as error:
            self._seen[folder.name] = (changed, str(error))


def _as_setting(value: Any) -> str:
    """A value of a sweep's grid as `settings_of` spells it."""
    return "" if value is None else str(value)
