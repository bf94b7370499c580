"""EVM nodes behind one interface: `embedded` (py-evm) and `anvil`, with equal gas and hashes."""

from emulators.chain.nodes.base import EvmNode, Log, Receipt
from emulators.chain.nodes.select import open_node

__all__ = ["EvmNode", "Log", "Receipt", "open_node"]
