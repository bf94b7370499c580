"""Tables of the market: orders, and the agreements that came of them."""

from typing import Final

from cosim.results.column import Column, Provenance, Table

_SIM, _EXE, _ASM = Provenance.SIMULATED, Provenance.EXECUTED, Provenance.ASSUMED

ORDER: Final = Table(
    "order",
    "Signed offers and requests (steps A and B) and how much of each was matched (step C)",
    ("slot", "participant", "side"),
    (
        Column("slot", "int32", "-", _ASM, "delivery slot it is for"),
        Column("participant", "category", "-", _ASM, "who ordered", domain="participant"),
        Column("side", "category", "-", _EXE, "offer (sell) or request (buy)", domain="side"),
        Column("origin", "category", "-", _EXE, "origin of the energy offered", True, "origin"),
        Column("quantity_wh", "int64", "Wh", _EXE, "quantity offered or requested"),
        Column("limit_ueur_per_kwh", "int64", "µ€/kWh", _EXE, "limit of the price range"),
        Column("wish_ueur_per_kwh", "int64", "µ€/kWh", _EXE, "price the range starts from"),
        Column("cleared_wh", "int64", "Wh", _EXE, "quantity matched, all tiers"),
        Column("submitted_at_s", "int64", "s", _SIM, "when it was sent"),
        Column("signature", "binary", "-", _EXE, "its party's EIP-712 signature", nullable=True),
    ),
)


def _outcome(name: str, unit: str, meaning: str) -> Column:
    return Column(name, "int64", unit, _EXE, f"{meaning} (none: never settled)", nullable=True)


AGREEMENT: Final = Table(
    "agreement",
    "Each matched contract from step C to its final money",
    ("slot", "agreement"),
    (
        Column("slot", "int32", "-", _ASM, "delivery slot"),
        Column("agreement", "int32", "-", _EXE, "rank by (tier, seller, buyer) within the slot"),
        Column("batch", "int32", "-", _EXE, "which settlement of the slot it was in", True),
        Column("tier", "int8", "-", _EXE, "0 same building, 1 same microgrid, 2 between them"),
        Column("microgrid", "int32", "-", _ASM, "microgrid of the seller, −1 outside all"),
        Column("seller", "category", "-", _EXE, "who sells", domain="participant"),
        Column("buyer", "category", "-", _EXE, "who buys", domain="participant"),
        Column("origin", "category", "-", _EXE, "origin of the energy", domain="origin"),
        Column("quantity_wh", "int64", "Wh", _EXE, "committed quantity q"),
        Column("price_ueur_per_kwh", "int64", "µ€/kWh", _EXE, "energy price p"),
        Column("fee_ueur_per_kwh", "int64", "µ€/kWh", _EXE, "road-pricing rate f of the path"),
        Column("seller_collateral_neur", "int64", "n€", _EXE, "what the seller puts up"),
        Column("buyer_collateral_neur", "int64", "n€", _EXE, "what the buyer puts up"),
        Column(
            "stability_short_ueur_per_kwh",
            "int64",
            "µ€/kWh",
            _EXE,
            "π_short, signed for the slot: per kWh that a seller does not deliver",
        ),
        Column(
            "stability_long_ueur_per_kwh",
            "int64",
            "µ€/kWh",
            _EXE,
            "π_long, signed for the slot: per kWh that a buyer does not absorb",
        ),
        Column("commit_tx", "string", "-", _EXE, "hash of the commit transaction", True),
        Column("settle_tx", "string", "-", _EXE, "hash of the settling transaction", True),
        Column(
            "commit_deadline_s",
            "int64",
            "s",
            _EXE,
            "latest block time that the commit allows",
            True,
        ),
        Column("committed_at_s", "int64", "s", _SIM, "time of the block with the commit", True),
        Column("committed_final_at_ms", "int64", "ms", _SIM, "when the commit was final", True),
        Column("settled_at_s", "int64", "s", _SIM, "time of the block with the settlement", True),
        Column("settled_final_at_ms", "int64", "ms", _SIM, "when the money was final", True),
        Column(
            "final_in_time", "bool", "-", _SIM, "the commit was final when the slot began", True
        ),
        _outcome("seller_short_wh", "Wh", "x, the seller's deviation on this agreement"),
        _outcome("buyer_short_wh", "Wh", "y, the buyer's deviation on this agreement"),
        _outcome("void_wh", "Wh", "min(x, y), neither delivered nor absorbed"),
        _outcome("seller_paid_neur", "n€", "paid to the seller for energy"),
        _outcome("seller_returned_neur", "n€", "collateral returned to the seller"),
        _outcome("buyer_escrow_neur", "n€", "what the buyer had put in, collateral included"),
        _outcome("buyer_returned_neur", "n€", "returned to the buyer from its escrow"),
        _outcome("stabiliser_paid_neur", "n€", "paid to the stabiliser"),
        _outcome("dso_paid_neur", "n€", "road pricing paid to the DSO"),
        _outcome("seller_compensation_neur", "n€", "collateral the seller lost"),
        _outcome("buyer_compensation_neur", "n€", "collateral the buyer lost"),
        Column(
            "seller_quality",
            "category",
            "-",
            _EXE,
            "quality of the seller's reading",
            True,
            "quality",
        ),
        Column(
            "buyer_quality",
            "category",
            "-",
            _EXE,
            "quality of the buyer's reading",
            True,
            "quality",
        ),
        Column("status", "category", "-", _EXE, "how it ended", domain="agreement_status"),
    ),
)
