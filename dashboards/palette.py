"""The same colour for the same thing everywhere (Okabe–Ito, safe for the colour-blind)."""

from collections.abc import Mapping, Sequence
from typing import Final

ACCENT: Final = "#0072B2"
GREY: Final = "#7F7F7F"
ROLES: Final[Mapping[str, str]] = {
    "consumer": "#0072B2",
    "prosumer": "#009E73",
    "prosumer+": "#E69F00",
    "producer": "#D55E00",
}
PARTIES: Final[Mapping[str, str]] = {
    **ROLES,
    "dso": "#CC79A7",
    "lpd": "#56B4E9",
    "state": GREY,
    "upstream": GREY,
    "ledger": GREY,
}
OWN: Final = "#F0E442"
"""A household's own generation, used behind its own meter."""
TIERS: Final = ("#005C43", "#009E73", "#66C5AB", "#56B4E9")
"""Behind one meter, microgrid, between microgrids: dark to light; then the LPD."""
OUTCOMES: Final[Mapping[str, str]] = {
    "kept": "#009E73",
    "compensated": "#E69F00",
    "held": "#56B4E9",
    "lapsed": GREY,
    "missed_the_gate": "#D55E00",
    "unsigned": "#CC79A7",
}
CONSENSUS: Final[Mapping[str, str]] = {"pow": "#D55E00", "pos": "#0072B2", "poa": "#E69F00"}
CONSENSUS_OTHER: Final = "#CC79A7"
SERIES: Final[Sequence[str]] = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#D55E00",
    "#56B4E9",
    "#7F7F7F",
)


def series_colours(key: str, values: Sequence[str]) -> dict[str, str]:
    """A colour for each value of the setting `key`."""
    if key == "ledger.consensus":
        return {value: CONSENSUS.get(value, CONSENSUS_OTHER) for value in values}
    return {value: SERIES[i % len(SERIES)] for i, value in enumerate(values)}


def translucent(colour: str, opacity: float) -> str:
    """`#rrggbb` as an rgba colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
