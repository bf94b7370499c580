"""Meters and the links between them and the operator."""

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.base import Section, Share


class Meters(Section):
    """The smart meters, owned by the DSO and sealed."""

    authentication: Literal["mac"] = "mac"
    """How a frame is authenticated end to end: a truncated HMAC-SHA256, which fits a LoRa frame."""


class Links(Section):
    """The transmission layer between meter and head-end (up) and back (down)."""

    technology: Literal["ideal", "lora", "gprs", "plc"] = "gprs"
    """A profile of `emulators/links/catalogue.yaml`; `ideal` neither delays nor loses."""
    loss: Share | None = None
    """Share of time in which frames are lost [-]; none takes the profile's own, with its source."""
    mean_burst_frames: Annotated[float, Field(ge=1, le=1000)] | None = None
    """Mean number of frames lost in a row (Gilbert–Elliott, 1/r) [-]; none takes the profile's."""
    attempts: Annotated[int, Field(ge=1, le=50, strict=True)] | None = None
    """How often a frame is sent before the meter gives up [-]; none takes the profile's own."""
    retry_s: Annotated[int, Field(ge=1, le=3600, strict=True)] | None = None
    """How long the sender waits for an acknowledgement [s]; none takes the profile's own."""


class Execution(Section):
    """How a run is carried out; nothing here changes a result, so it is no part of the run's id."""

    transport: Literal["modbus", "memory"] = "modbus"
    """`modbus` reads each meter over Modbus TCP; `memory` encodes and decodes the same registers
    without sockets, for large fleets."""
    node: Annotated[
        str, Field(pattern=r"^(auto|embedded|anvil|(https?|wss?)://.+|.*/.*|.+\.ipc)$")
    ] = "auto"
    """The EVM: `embedded` (py-evm) needs nothing but pip; `anvil` is faster; `auto` takes anvil
    where it is installed; a URL or an IPC path takes a node that is there, with `evm_*` time
    control."""
