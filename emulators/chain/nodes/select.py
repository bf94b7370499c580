"""Choosing a node."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Final

from emulators.chain.nodes.base import BLOCK_GAS_LIMIT, EvmNode
from emulators.chain.nodes.install import find_anvil
from emulators.chain.transactions import CHAIN_ID
from twin.errors import NodeError

KINDS: Final = ("auto", "embedded", "anvil")


def is_endpoint(kind: str) -> bool:
    """Whether a choice of node is a URL or the path of a local socket."""
    return "://" in kind or "/" in kind or kind.endswith(".ipc")


def open_node(
    kind: str,
    genesis_time: int,
    funded: Sequence[str],
    block_gas_limit: int = BLOCK_GAS_LIMIT,
    chain_id: int = CHAIN_ID,
) -> EvmNode:
    """Start a node: `auto` takes anvil where it is installed, else the embedded one.

    A URL or an IPC path takes the node that is there.
    Parameters: `genesis_time` [s, UTC], before any block; `funded` addresses that can pay gas.
    Raises NodeError where it does not start.
    """
    if is_endpoint(kind):
        from emulators.chain.nodes.endpoint import EndpointNode

        return EndpointNode(kind, genesis_time, funded, block_gas_limit, chain_id)
    if kind not in KINDS:
        raise NodeError(f"no node is called {kind}: take {', '.join(KINDS)}, a URL or an IPC path")
    has_local_sockets = hasattr(socket, "AF_UNIX")  # Python has none on Windows
    anvil = find_anvil() if kind != "embedded" and has_local_sockets else None
    if anvil is not None:
        from emulators.chain.nodes.anvil import AnvilNode

        return AnvilNode(anvil, genesis_time, funded, block_gas_limit, chain_id)
    if kind == "anvil":
        raise NodeError(
            "anvil is not installed, or this Python has no local sockets; run `make anvil`, name "
            "its binary in TWIN_ANVIL, or use the embedded node (--node embedded)"
        )
    from emulators.chain.nodes.embedded import EmbeddedNode

    return EmbeddedNode(genesis_time, funded, block_gas_limit, chain_id)
