"""Tables of the wire: transactions, blocks, and the frames between meters and operator."""

from typing import Final

from cosim.results.column import Column, Provenance, Table

_SIM, _EXE, _ASM = Provenance.SIMULATED, Provenance.EXECUTED, Provenance.ASSUMED

TRANSACTION: Final = Table(
    "transaction",
    "Every transaction of the run in order of execution, deployment and funding included: with the "
    "raw bytes and the EVM times, a replay needs nothing else",
    ("position",),
    (
        Column("position", "int32", "-", _EXE, "order of execution, from 0"),
        Column("kind", "category", "-", _EXE, "what it does: deploy, fund, commit, settle …"),
        Column("slot", "int32", "-", _ASM, "delivery slot that it concerns", nullable=True),
        Column("tx_hash", "string", "-", _EXE, "transaction hash, 0x and 64 hex digits"),
        Column("raw", "binary", "-", _EXE, "the signed transaction as sent"),
        Column("sender", "category", "-", _EXE, "which party sent it"),
        Column("submitted_at_ms", "int64", "ms", _SIM, "when it was handed to the ledger"),
        Column("included_at_ms", "int64", "ms", _SIM, "when its block existed", nullable=True),
        Column("final_at_ms", "int64", "ms", _SIM, "when its block was final", nullable=True),
        Column("block_height", "int64", "-", _SIM, "height of its block", nullable=True),
        Column("block_time_s", "int64", "s", _SIM, "the block's own time", nullable=True),
        Column(
            "evm_time_s", "int64", "s", _EXE, "timestamp of the EVM block, Unix time", nullable=True
        ),
        Column("status", "int8", "-", _EXE, "1 succeeded, 0 reverted", nullable=True),
        Column("gas_limit", "int64", "gas", _ASM, "gas allowed"),
        Column("gas_used", "int64", "gas", _EXE, "gas used", nullable=True),
        Column("fee_neur", "int64", "n€", _ASM, "gas used × the ledger's fee", nullable=True),
        Column("error", "category", "-", _EXE, "the contract's named error, if reverted", True),
    ),
)

BLOCK: Final = Table(
    "block",
    "Blocks of the simulated consensus, empty ones included",
    ("block_time_s",),
    (
        Column("height", "int64", "-", _SIM, "height of the ledger (not the EVM's block number)"),
        Column("block_time_s", "int64", "s", _SIM, "the block's own time"),
        Column("proposer", "category", "-", _SIM, "which node proposed it", nullable=True),
        Column("transactions", "int32", "-", _SIM, "transactions that it holds"),
        Column("gas_used", "int64", "gas", _EXE, "gas of its transactions"),
        Column("final_at_ms", "int64", "ms", _SIM, "when it was final", nullable=True),
        Column("missed", "bool", "-", _SIM, "its proposer failed and the slot stayed empty"),
    ),
)

FRAME: Final = Table(
    "frame",
    "Every frame between a meter and the operator",
    ("direction", "meter", "sequence"),
    (
        Column(
            "direction", "category", "-", _ASM, "up to the head-end or down", domain="direction"
        ),
        Column("meter", "category", "-", _ASM, "meter id", domain="meter"),
        Column("sequence", "int64", "-", _EXE, "its sequence number, per meter and direction"),
        Column("slot", "int32", "-", _ASM, "slot that it reports or steers", nullable=True),
        Column("sent_at_ms", "int64", "ms", _SIM, "first sent"),
        Column("received_at_ms", "int64", "ms", _SIM, "first received", nullable=True),
        Column("attempts", "int32", "-", _SIM, "how often it was sent"),
        Column("duplicates", "int32", "-", _SIM, "how often it arrived again"),
        Column("airtime_us", "int64", "µs", _SIM, "time on the medium, all attempts"),
        Column("bytes", "int32", "B", _EXE, "payload length"),
        Column("outcome", "category", "-", _SIM, "delivered, lost, refused …"),
    ),
)
