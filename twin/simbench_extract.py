"""The files of the SimBench extract, read whole and sound or not at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from twin.errors import GridDataError, ProfileError
from twin.units import IntArray

FORMAT: Final = 1
QUARTER_HOURS: Final = 35_136
"""Steps of 15 minutes in 2016, from 1 January 00:00 in UTC+1 without summer time."""


@dataclass(frozen=True)
class Extract:
    """A folder with the extract, and what its index says of every file (bytes, SHA-256)."""

    folder: Traversable
    files: dict[str, Any]

    @classmethod
    def open(cls, folder: Traversable) -> Extract:
        """The extract in `folder`; GridDataError where its index is missing or damaged."""
        try:
            index = json.loads((folder / "index.json").read_bytes())
            whole = index["format"] == FORMAT and index["quarter_hours"] == QUARTER_HOURS
            whole = whole and all(entry["sha256"] for entry in index["files"].values())
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            whole = False
        if not whole:
            raise GridDataError(
                f"{folder / 'index.json'} is missing or damaged; expected is the index of the "
                f"SimBench extract, format {FORMAT} with {QUARTER_HOURS} quarter hours: install "
                f"the package again"
            )
        return cls(folder, index["files"])

    def grid(self, name: str) -> dict[str, Any]:
        """Topology and equipment of a grid; GridDataError where its file is damaged."""
        document: dict[str, Any] = json.loads(self._checked(f"{name}.json", GridDataError))
        return document

    def profile_descriptions(self) -> dict[str, dict[str, float]]:
        """Yearly sum and reactive ratio of every profile; ProfileError where damaged."""
        descriptions: dict[str, dict[str, float]] = json.loads(
            self._checked("profiles.json", ProfileError)
        )
        return descriptions

    def profiles(self, names: list[str], sums: IntArray) -> NDArray[np.int32]:
        """The named profiles, (names, QUARTER_HOURS) [10⁻⁶ of nominal power], read-only.

        Raises ProfileError where the file is damaged or a profile's sum is not the expected one.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = "profiles.parquet"
        content = self._checked(file, ProfileError)
        try:
            table = pq.ParquetFile(pa.BufferReader(content)).read(columns=names, use_threads=False)
            # `to_numpy` would import pandas wherever that is installed, for two CPU-seconds.
            ppm = np.stack([np.from_dlpack(table.column(name).combine_chunks()) for name in names])
        except (pa.ArrowException, OSError, KeyError, BufferError) as unreadable:
            raise ProfileError(
                f"{self.folder / file} cannot be read; expected is Parquet with the columns "
                f"{', '.join(names)}"
            ) from unreadable
        if ppm.shape[1] != QUARTER_HOURS or ppm.min() < 0 or (ppm.sum(axis=1) != sums).any():
            raise ProfileError(
                f"{self.folder / file} is truncated or has gaps; expected are {QUARTER_HOURS} "
                f"quarter hours of not negative parts per million with the sums of profiles.json"
            )
        ppm = ppm.astype(np.int32, copy=False)
        ppm.flags.writeable = False
        return ppm

    def _checked(self, file: str, error: type[GridDataError] | type[ProfileError]) -> bytes:
        """The bytes of `file`, which must be what the index says."""
        expected = self.files.get(file, {})
        try:
            content = (self.folder / file).read_bytes()
        except OSError as missing:
            raise error(
                f"{self.folder / file} cannot be read; expected are {expected.get('bytes')} bytes "
                f"of the SimBench extract: install the package again"
            ) from missing
        if hashlib.sha256(content).hexdigest() != expected.get("sha256"):
            raise error(
                f"{self.folder / file} is damaged: it holds {len(content)} bytes where "
                f"{expected.get('bytes')} with SHA-256 {expected.get('sha256')} are expected: "
                f"install the package again"
            )
        return content
