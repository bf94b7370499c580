"""The runs folder: a run is written in a stage of its own and appears whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from cosim.results.exchange import exchange_folders
from cosim.results.identity import RUN_ID, checked_run_id
from cosim.results.liveness import StageLock, owner_is_alive
from cosim.results.manifest import MANIFEST, TIMING, Manifest, TableFile, load_manifest
from twin.errors import ResultsError, UnknownRunError

STAGE_PREFIX: Final = ".stage-"


class Stage:
    """The folder in which one process writes one run; a context manager that drops what is left.

    Use: `with Stage(runs_dir, run_id) as stage:` write to `stage.folder`, then `stage.publish(…)`.
    """

    def __init__(self, runs_dir: Path, run_id: str) -> None:
        self.runs_dir = runs_dir
        self.run_id = checked_run_id(run_id)
        self.folder = runs_dir / f"{STAGE_PREFIX}{run_id}-{_host()}-{os.getpid()}"
        self._lock = StageLock(self.folder.with_name(self.folder.name + ".lock"))

    def __enter__(self) -> Stage:
        try:
            self.runs_dir.mkdir(parents=True, exist_ok=True)
            self._lock.take()
            # What stands here under our own process number was left by a process long dead.
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir()
        except OSError as error:
            self._lock.release()
            raise ResultsError(f"{self.runs_dir} cannot be written to: {error.strerror}.") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()

    def table_files(self, rows: Mapping[str, int]) -> dict[str, TableFile]:
        """Length and hash of each table's file, with its number of `rows`, for the manifest."""
        files: dict[str, TableFile] = {}
        for name, count in rows.items():
            path = self.folder / f"{name}.parquet"
            files[name] = TableFile(path.name, count, path.stat().st_size, sha256(path))
        return files

    def publish(
        self, manifest: Manifest, timing: Mapping[str, Any], *, force: bool = False
    ) -> Path:
        """Write the manifest, flush everything to disk and rename the stage to the run's folder.

        A whole run that is already there stays, unless `force`: then the two change places at once
        and the old one is removed. What is there and is no whole run is replaced.
        """
        _write_json(self.folder / TIMING, timing)
        (self.folder / MANIFEST).write_text(manifest.as_json(), encoding="utf-8")
        for path in self.folder.iterdir():
            _fsync(path)
        _fsync(self.folder)
        target = self.runs_dir / self.run_id
        if not target.exists():
            try:
                self.folder.rename(target)
            except OSError:
                if not target.exists():
                    raise
        if self.folder.exists() and (force or not is_whole(target)):
            exchange_folders(self.folder, target)
        _fsync(self.runs_dir)
        return target


@dataclass(frozen=True)
class Skipped:
    """A folder in the runs folder that is no run, and why."""

    folder: Path
    reason: str


@dataclass(frozen=True)
class Listing:
    """All whole runs of a folder by id, and what was left out."""

    runs: Mapping[str, Manifest]
    skipped: tuple[Skipped, ...]


def list_runs(runs_dir: Path) -> Listing:
    """Every whole run below `runs_dir`, in order of id; a missing folder holds none."""
    runs: dict[str, Manifest] = {}
    skipped: list[Skipped] = []
    for folder in _run_folders(runs_dir):
        try:
            if not RUN_ID.fullmatch(folder.name):
                raise ResultsError(f"{folder} is no run: a run's folder has its id as its name.")
            runs[folder.name] = load_manifest(folder)
        except ResultsError as error:
            skipped.append(Skipped(folder, str(error)))
    return Listing(runs, tuple(skipped))


def run_folder(runs_dir: Path, run_id: str) -> Path:
    """The folder of a run; UnknownRunError if there is none. `run_id` may be text from outside."""
    folder = runs_dir / checked_run_id(run_id)
    if not folder.is_dir():
        raise UnknownRunError(f"There is no run {run_id} in {runs_dir} (see `twin list`).")
    return folder


def is_whole(folder: Path) -> bool:
    """Whether `folder` holds a run with all of its files."""
    try:
        load_manifest(folder)
    except ResultsError:
        return False
    return True


def clean_stages(runs_dir: Path) -> list[Path]:
    """Remove stages whose process on this host has died; returns their folders."""
    removed: list[Path] = []
    if not runs_dir.is_dir():
        return removed
    for folder in sorted(runs_dir.glob(f"{STAGE_PREFIX}*")):
        if folder.suffix == ".lock":
            if not folder.with_suffix("").exists() and not _alive(folder.with_suffix("")):
                folder.unlink(missing_ok=True)
        elif not _alive(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.with_name(folder.name + ".lock").unlink(missing_ok=True)
            removed.append(folder)
    return removed


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _alive(stage: Path) -> bool:
    """Whether a stage may still be written to; one of another host always may."""
    _, _, rest = stage.name.removeprefix(STAGE_PREFIX).partition("-")
    host, _, pid = rest.removesuffix(".old").rpartition("-")
    if host != _host() or not pid.isdigit():
        return True
    return owner_is_alive(int(pid), stage.with_name(stage.name + ".lock"))


def _run_folders(runs_dir: Path) -> list[Path]:
    if not runs_dir.is_dir():
        return []
    return sorted(
        entry
        for entry in runs_dir.iterdir()
        if entry.is_dir() and not entry.name.startswith(".") and entry.name != "sweeps"
    )


def _host() -> str:
    return "".join(c if c.isalnum() or c == "." else "_" for c in socket.gethostname()) or "host"


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _fsync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows has no handle on a folder to flush.
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
