"""What a technology does to a frame, and which catalogue entry says so."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import ceil
from typing import Annotated, Self

import yaml
from pydantic import Field, model_validator

from emulators.links.gilbert_elliott import GilbertElliott
from emulators.links.lora import airtime_s, silence_s
from emulators.quantity import CatalogueEntry, Quantity
from twin.errors import ScenarioError
from twin.scenario.base import Share
from twin.scenario.field import Links

Milliseconds = Annotated[int, Field(ge=0, strict=True)]
Bytes = Annotated[int, Field(ge=0, strict=True)]


class LinkProfile(CatalogueEntry):
    """The numbers of one technology, the same in both directions."""

    bit_rate_bps: Annotated[int, Field(gt=0)] | None = None
    """Rate of the medium [bit/s]; none where LoRa's formula or nothing gives the airtime."""
    spreading_factor: Annotated[int, Field(ge=7, le=12)] | None = None
    """LoRa's spreading factor [-]; none where the medium is not LoRa."""
    overhead_bytes: Bytes
    """What the lower layers add to a payload [B]."""
    ack_bytes: Bytes
    """Payload of an acknowledgement [B]."""
    max_payload_bytes: Bytes
    """Largest payload in one frame [B]."""
    latency_min_ms: Annotated[int, Field(ge=1, strict=True)]
    """Least one-way latency on top of the airtime [ms]."""
    latency_max_ms: Milliseconds
    """Largest one-way latency [ms]; in between all are equally likely."""
    ack_delay_ms: Milliseconds
    """From the arrival of a frame to the start of its acknowledgement [ms]."""
    duty_cycle: Annotated[float, Field(gt=0, le=1)]
    """Largest share of time on air [-]; 1 does not limit."""
    loss: Share
    """Share of the time in which frames are lost [-], per direction."""
    mean_burst_frames: Annotated[float, Field(ge=1)]
    """Mean number of frames lost in a row where they are sent every `retry_s` [-]: an outage lasts
    that many times `retry_s` on average."""
    attempts: Annotated[int, Field(ge=1, strict=True)]
    """How often a frame is sent before the sender gives up [-]."""
    retry_s: Annotated[int, Field(ge=1, strict=True)]
    """From the end of the first attempt until it counts as failed [s]."""
    backoff: Annotated[float, Field(ge=1, le=10)]
    """By how much that time grows from attempt to attempt [-]."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.bit_rate_bps is not None and self.spreading_factor is not None:
            raise ValueError("bit_rate_bps and spreading_factor exclude each other")
        if self.latency_max_ms < self.latency_min_ms:
            raise ValueError("latency_max_ms must not be below latency_min_ms")
        return self

    def airtime_us(self, payload_bytes: int) -> int:
        """Time that a frame with this payload takes of the medium [µs], rounded up."""
        frame_bytes = payload_bytes + self.overhead_bytes
        if self.spreading_factor is not None:
            return ceil(round(airtime_s(frame_bytes, self.spreading_factor) * 1e6, 3))
        if self.bit_rate_bps is not None:
            return -(-frame_bytes * 8_000_000 // self.bit_rate_bps)
        return 0

    def silence_ms(self, airtime_us: int) -> int:
        """How long the sender then keeps silent [ms], rounded up."""
        return ceil(round(silence_s(airtime_us / 1e6, self.duty_cycle) * 1e3, 6))


class Entry(CatalogueEntry):
    """One technology of the catalogue."""

    title: str
    summary: str
    parameters: dict[str, Quantity]

    @property
    def profile(self) -> LinkProfile:
        """The values alone, checked."""
        values = {name: quantity.value for name, quantity in self.parameters.items()}
        return LinkProfile.model_validate(values)


@cache
def load_catalogue() -> Mapping[str, Entry]:
    """Every technology by name; each entry is checked when it is read."""
    text = files("emulators.links").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    catalogue = {name: Entry.model_validate(entry) for name, entry in yaml.safe_load(text).items()}
    for entry in catalogue.values():
        _ = entry.profile
    return catalogue


def link_profile(links: Links) -> LinkProfile:
    """The catalogue's profile with what the scenario says differently.

    Raises ScenarioError where loss and burst length contradict each other.
    """
    catalogue = load_catalogue()
    if links.technology not in catalogue:
        raise ScenarioError(
            f"links.technology: {links.technology!r} is not in the catalogue; "
            f"choose from {', '.join(catalogue)}"
        )
    said = links.model_dump(exclude={"technology"}, exclude_none=True)
    profile = LinkProfile.model_validate(catalogue[links.technology].profile.model_dump() | said)
    GilbertElliott(profile.loss, profile.mean_burst_frames)
    return profile
