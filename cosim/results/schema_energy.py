"""Tables of what physically happened: meters, grid, and each participant's account of the run."""

from typing import Final

from cosim.results.column import Column, Provenance, Table

_SIM, _EXE, _ASM = Provenance.SIMULATED, Provenance.EXECUTED, Provenance.ASSUMED

METER: Final = Table(
    "meter",
    "What each meter's household did in each slot, and what the operator came to know of it",
    ("slot", "meter"),
    (
        Column("slot", "int32", "-", _ASM, "delivery slot, from 0"),
        Column("meter", "category", "-", _ASM, "participant or building id", domain="meter"),
        Column(
            "kind",
            "category",
            "-",
            _ASM,
            "a participant's meter or the building meter above several",
            domain="meter_kind",
        ),
        Column("true_import_wh", "int64", "Wh", _EXE, "growth of the import register in the slot"),
        Column("true_export_wh", "int64", "Wh", _EXE, "growth of the export register in the slot"),
        Column("load_mwh", "int64", "mWh", _SIM, "consumption behind the meter"),
        Column("generation_mwh", "int64", "mWh", _SIM, "generation behind the meter"),
        Column("battery_mwh", "int64", "mWh", _SIM, "into the battery (out of it if negative)"),
        Column("soc_mwh", "int64", "mWh", _SIM, "energy in the battery at the end of the slot"),
        Column(
            "status_quo_net_wh",
            "int64",
            "Wh",
            _SIM,
            "import − export of the same household had there been no market",
            nullable=True,
        ),
        Column(
            "forecast_net_wh",
            "int64",
            "Wh",
            _EXE,
            "import − export that was forecast before gate closure",
            nullable=True,
        ),
        Column(
            "persistence_net_wh",
            "int64",
            "Wh",
            _EXE,
            "import − export that the newest reading would have said at the same instant",
            nullable=True,
        ),
        Column(
            "estimate_net_wh",
            "int64",
            "Wh",
            _EXE,
            "the twin's view of import − export one slot after the slot's end",
            nullable=True,
        ),
        Column(
            "committed_net_wh",
            "int64",
            "Wh",
            _EXE,
            "purchases − sales that the slot's committed agreements add up to",
            nullable=True,
        ),
        Column(
            "target_net_wh",
            "int64",
            "Wh",
            _EXE,
            "import − export that the battery tracked (none: self-consumption)",
            nullable=True,
        ),
        Column("setpoint_received", "bool", "-", _SIM, "a set-point arrived over the downlink"),
        Column(
            "import_wh",
            "int64",
            "Wh",
            _EXE,
            "import as settled (none: never known)",
            nullable=True,
        ),
        Column(
            "export_wh",
            "int64",
            "Wh",
            _EXE,
            "export as settled (none: never known)",
            nullable=True,
        ),
        Column(
            "settled_net_wh",
            "int64",
            "Wh",
            _EXE,
            "position that contracts were settled on: import − export, but for adverse substitutes",
            nullable=True,
        ),
        Column(
            "quality",
            "category",
            "-",
            _EXE,
            "how the settled reading came about",
            domain="quality",
        ),
        Column(
            "received_at_ms",
            "int64",
            "ms",
            _SIM,
            "when the reading of the slot's end reached the head-end (none: never)",
            nullable=True,
        ),
        Column(
            "age_of_information_s",
            "float64",
            "s",
            _SIM,
            "age of the newest reading known one slot after the slot's end",
            nullable=True,
        ),
    ),
)

GRID: Final = Table(
    "grid",
    "Power flow of each slot: voltages, loadings, and the feeder's balance",
    ("slot", "kind", "element"),
    (
        Column("slot", "int32", "-", _ASM, "delivery slot, from 0"),
        Column("kind", "category", "-", _ASM, "which columns are filled", domain="element_kind"),
        Column(
            "element", "category", "-", _ASM, "bus, line, transformer, feeder", domain="element"
        ),
        Column("voltage_pu", "float64", "p.u.", _SIM, "voltage of a bus", nullable=True),
        Column(
            "loading_percent",
            "float64",
            "%",
            _SIM,
            "loading of a line (of its rated current) or transformer (of its rated power)",
            nullable=True,
        ),
        Column("losses_mwh", "int64", "mWh", _SIM, "losses of the whole feeder", nullable=True),
        Column(
            "import_mwh",
            "int64",
            "mWh",
            _SIM,
            "energy from the upstream grid (to it if negative)",
            nullable=True,
        ),
    ),
)


def _energy(name: str, meaning: str, provenance: Provenance = _EXE) -> Column:
    return Column(name, "int64", "Wh", provenance, meaning)


def _money(name: str, meaning: str, provenance: Provenance = _EXE) -> Column:
    return Column(name, "int64", "n€", provenance, meaning)


PARTICIPANT: Final = Table(
    "participant",
    "Who took part, with what equipment, and each one's account of the whole run",
    ("participant",),
    (
        Column("participant", "category", "-", _ASM, "participant id", domain="participant"),
        Column("role", "category", "-", _ASM, "role by the yearly balance", domain="role"),
        Column("bus", "int32", "-", _ASM, "index of its bus on the feeder"),
        Column(
            "building",
            "category",
            "-",
            _ASM,
            "building whose meter stands above its own (none: it has none)",
            nullable=True,
            domain="building",
        ),
        Column("microgrid", "int32", "-", _ASM, "microgrid number, −1 outside all"),
        Column("annual_load_wh", "int64", "Wh", _ASM, "yearly consumption"),
        Column("pv_kwp", "float64", "kWp", _ASM, "installed PV power"),
        Column("battery_wh", "int64", "Wh", _ASM, "usable battery capacity"),
        _energy("load_wh", "consumption in the run", _SIM),
        _energy("generation_wh", "generation in the run", _SIM),
        _energy("status_quo_import_wh", "import without a market", _SIM),
        _energy("status_quo_export_wh", "export without a market", _SIM),
        _money("status_quo_energy_neur", "status quo: paid to the LPD for energy", _SIM),
        _money("status_quo_network_neur", "status quo: network charge, to the DSO", _SIM),
        _money("status_quo_taxes_neur", "status quo: taxes and levies", _SIM),
        _money("status_quo_feed_in_neur", "status quo: received for feed-in", _SIM),
        _money("status_quo_total_neur", "status quo: what it pays (receives if negative)", _SIM),
        _energy("market_import_wh", "import as settled, with the market"),
        _energy("market_export_wh", "export as settled, with the market"),
        _energy("bought_tier_0_wh", "bought behind the same building meter, delivered"),
        _energy("bought_tier_1_wh", "bought inside its microgrid, delivered"),
        _energy("bought_tier_2_wh", "bought from other microgrids, delivered"),
        _energy("bought_lpd_wh", "tier 3: from the LPD at the status-quo tariff"),
        _energy("sold_tier_0_wh", "sold behind the same building meter, delivered"),
        _energy("sold_tier_1_wh", "sold inside its microgrid, delivered"),
        _energy("sold_tier_2_wh", "sold to other microgrids, delivered"),
        _energy("sold_lpd_wh", "tier 3: to the LPD at the feed-in tariff"),
        _money("market_p2p_bought_neur", "paid for energy under agreements"),
        _money("market_p2p_sold_neur", "received for energy under agreements"),
        _money("market_road_fee_neur", "paid for the paths to the DSO"),
        _money("market_compensation_neur", "collateral lost to the stabiliser"),
        _money("market_energy_neur", "tier 3: paid to the LPD for energy"),
        _money("market_network_neur", "tier 3: network charge, to the DSO"),
        _money("market_taxes_neur", "taxes and levies on purchases of all tiers"),
        _money("market_feed_in_neur", "tier 3: received for feed-in"),
        _money("market_gas_neur", "its share of the ledger's fees"),
        _money("market_total_neur", "what it pays with the market (receives if negative)"),
        _money("deposit_neur", "what it deposited in the market contract at the start"),
        _money("balance_neur", "what it holds on the ledger at the end, escrow included"),
    ),
)
