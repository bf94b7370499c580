"""What the twin knew: forecasts, estimates, links."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.indicators.indicator import (
    COUNT,
    SHARE,
    Indicator,
    Indicators,
    Provenance,
    mean,
    percentile,
    share,
)
from twin.units import BoolArray, IntArray


@dataclass(frozen=True)
class KnowledgeRecord:
    """What was believed and what was true, (slots, n) each [Wh]."""

    forecast_wh: IntArray
    persistence_wh: IntArray
    """What the newest arrived reading would have predicted at the same instant."""
    estimate_wh: IntArray
    """The twin's view of each slot one slot after its end."""
    net_wh: IntArray
    """Positions from the true registers."""
    age_s: IntArray
    """(samples, n) age of information per meter, sampled once a slot."""
    substituted: BoolArray
    """(slots, n) true where a substitute was settled on."""


@dataclass(frozen=True)
class LinkRecord:
    """Frames on the uplink."""

    frames: int
    """Distinct frames that meters sent (not counting attempts)."""
    attempts: int
    delivered: int
    """Distinct frames that the head-end accepted."""
    latency_ms: IntArray
    """(delivered,) from the reading to its arrival."""


def knowledge_indicators(record: KnowledgeRecord) -> Indicators:
    """Forecast and estimation errors and age of information."""
    error = record.forecast_wh - record.net_wh
    mae = mean(np.abs(error))
    reference = mean(np.abs(record.persistence_wh - record.net_wh))
    return {
        "forecast_mae_wh": _simulated(mae, "Wh", "Mean absolute error per participant and slot"),
        "forecast_bias_wh": _simulated(
            mean(error), "Wh", "Mean of forecast − truth per participant and slot"
        ),
        "forecast_mae_to_persistence": _simulated(
            None if mae is None or not reference else mae / reference,
            SHARE,
            "Forecast's mean absolute error / that of the newest arrived reading",
        ),
        "estimation_mae_wh": _simulated(
            mean(np.abs(record.estimate_wh - record.net_wh)),
            "Wh",
            "Mean absolute error of the twin's view of a slot, one slot after its end",
        ),
        "age_of_information_mean_s": _simulated(
            mean(record.age_s), "s", "Mean time since the newest arrived reading was taken"
        ),
        "age_of_information_p95_s": _simulated(
            percentile(record.age_s.ravel(), 95), "s", "95th percentile of the same"
        ),
        "readings_substituted": _simulated(
            int(record.substituted.sum()), COUNT, "Positions settled on a substitute"
        ),
    }


def link_indicators(record: LinkRecord) -> Indicators:
    """Delivery and latency of frames."""
    return {
        "delivery_ratio": _simulated(
            share(record.delivered, record.frames), SHARE, "Frames accepted / frames sent"
        ),
        "attempts_per_frame": _simulated(
            share(record.attempts, record.frames), SHARE, "Transmissions / frames sent"
        ),
        "latency_p50_ms": _simulated(
            percentile(record.latency_ms, 50), "ms", "Median time from reading to arrival"
        ),
        "latency_p95_ms": _simulated(
            percentile(record.latency_ms, 95), "ms", "95th percentile of the same"
        ),
    }


def _simulated(value: int | float | None, unit: str, meaning: str) -> Indicator:
    """An indicator of the model."""
    return Indicator(value, unit, Provenance.SIMULATED, meaning)
