"""Slots of a run on the neighbourhood's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from cosim.results.manifest import Manifest


def slot_length_s(manifest: Manifest) -> int:
    """Length of a delivery slot of the run [s]."""
    return int(manifest.scenario["horizon"]["slot_s"])


def local_time(manifest: Manifest, slot: int) -> datetime:
    """When a slot begins, on the neighbourhood's clock."""
    start = datetime.fromisoformat(str(manifest.scenario["horizon"]["start"]))
    return start + timedelta(seconds=slot * slot_length_s(manifest))


def clock_text(manifest: Manifest, slot: int) -> str:
    """A slot's beginning as text: the time of day, with the day where the run has several."""
    days = int(manifest.scenario["horizon"].get("days", 1))
    return local_time(manifest, slot).strftime("%H:%M" if days == 1 else "%d %b %H:%M")
