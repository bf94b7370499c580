"""Whether the process that owns a stage still lives, also when its number has been given again."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

from twin.errors import ResultsError

if sys.platform != "win32":
    import fcntl


class StageLock:
    """A lock file beside a stage; the system lets go of it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def take(self) -> None:
        """ResultsError if this very process is already writing the same run."""
        file = self._path.open("wb")
        if not _lock(file):
            file.close()
            raise ResultsError(f"{self._path.stem} is being written already.")
        self._file = file

    def release(self) -> None:
        if self._file is None:
            return
        self._path.unlink(missing_ok=True)
        self._file.close()
        self._file = None


def owner_is_alive(pid: int, lock: Path) -> bool:
    """Whether process `pid` of this host lives and, where there is a `lock`, still holds it."""
    if sys.platform == "win32" or not _pid_exists(pid):
        return _pid_exists(pid)
    try:
        with lock.open("rb") as file:
            return not _lock(file)
    except FileNotFoundError:
        return True
    except OSError:
        return True


def _lock(file: IO[bytes]) -> bool:
    """Whether the lock could be taken; where there are no such locks it always can."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _pid_exists(pid: int) -> bool:
    if sys.platform == "win32":
        return _windows_pid_exists(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _windows_pid_exists(pid: int) -> bool:
    """Signal 0 would end a process on Windows, so its process list is asked instead."""
    import subprocess

    listed = subprocess.run(
        ["tasklist", "/FI", f"PID eq {pid}", "/NH"], capture_output=True, text=True, check=False
    )
    return str(pid) in listed.stdout
