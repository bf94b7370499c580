"""The ledger that holds the contracts, and what it costs."""

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.base import Section


class Ledger(Section):
    """Platform, consensus, contract style and cost."""

    consensus: Literal["instant", "poa", "pos"] = "poa"
    """`instant` includes at once; `poa` (proof of authority) every 5 s, final on inclusion; `pos`
    (Ethereum's Gasper) in slots of 12 s, final by its checkpoints."""
    contracts: Literal["batch", "per_trade"] = "batch"
    """Contract style: `batch` makes two transactions per slot; `per_trade` about five per contract,
    the paper's steps one by one."""
    hardfork: Literal["cancun"] = "cancun"
    """EVM rules. Cancun on both nodes: Prague's calldata floor raises the gas of data-heavy
    calls."""
    block_gas_limit: Annotated[int, Field(ge=1_000_000, le=10**9, strict=True)] = 60_000_000
    """Gas that a block holds. Assumption: Ethereum's main network in 2026."""
    fee_neur_per_gas: Annotated[int, Field(ge=0, le=10**9, strict=True)] | None = None
    """Fee in n€ per gas; none takes the consensus' entry in `emulators/ledger/catalogue.yaml`."""
    gas_payer: Literal["participants", "dso", "lpd"] = "participants"
    """Who bears the fees: participants by the energy they traded, or an operator. [choice]"""
