"""Letting two folders change places, in one step where the system can."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def exchange_folders(fresh: Path, target: Path) -> None:
    """Put `fresh` in the place of `target` and remove what was there."""
    if not _swap(fresh, target):
        # Between these two renames `target` does not exist: a run is then absent, never half there.
        aside = fresh.with_name(fresh.name + ".old")
        target.rename(aside)
        fresh.rename(target)
        shutil.rmtree(aside, ignore_errors=True)
        return
    shutil.rmtree(fresh, ignore_errors=True)


def _swap(one: Path, other: Path) -> bool:
    """Linux's renameat2(RENAME_EXCHANGE); False where kernel or file system lacks it."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    done = renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return bool(done == 0)
