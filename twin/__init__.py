"""The energy system as pure functions and dataclasses on arrays; no I/O but its own data."""

MODEL_VERSION = 2
"""Forced up by the golden-hash test whenever the results of a run change; part of every run_id."""
