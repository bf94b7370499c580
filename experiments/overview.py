"""The result of a run in 80 columns and one screen, in the order of the dashboard's Overview."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from cosim.results.manifest import Manifest
from dashboards.quantity import MINUS, NONE, THIN
from dashboards.quantity import text as reading
from experiments.accounts import RoleAccount

WIDTH: Final = 80
_KEPT, _COMPENSATED, _LAPSED, _MISSED = "#009E73", "#E69F00", "#7F7F7F", "#D55E00"
_QUIET: Final = "dim"
_ENDS: Final = (
    ("kept", "contracts_kept", _KEPT),
    ("compensated", "contracts_compensated", _COMPENSATED),
    ("missed the gate", "contracts_missed_the_gate", _MISSED),
    ("lapsed", "contracts_lapsed", _LAPSED),
    ("held", "contracts_held", ""),
)
_ALWAYS: Final = ("contracts_kept", "contracts_compensated", "contracts_missed_the_gate")
_TIERS: Final = (
    ("behind one meter", "energy_tier_0_wh"),
    ("in microgrids", "energy_tier_1_wh"),
    ("between them", "energy_tier_2_wh"),
    ("from the LPD", "energy_tier_3_import_wh"),
)
_OTHERS: Final = (
    ("DSO", "gain_dso_neur"),
    ("LPD", "gain_lpd_neur"),
    ("state", "gain_state_neur"),
    ("upstream", "gain_upstream_neur"),
    ("ledger", "gain_ledger_neur"),
)


def overview(manifest: Manifest, accounts: Sequence[RoleAccount]) -> list[Text]:
    """The lines of the result, none wider than `WIDTH`."""
    return [
        *_heading(manifest, accounts),
        Text(),
        *_energy(manifest),
        Text(),
        *_roles(accounts),
        *_others(manifest),
        Text(),
        *_agreements(manifest),
        *_ledger(manifest),
        *_links_and_grid(manifest),
    ]


def _value(manifest: Manifest, name: str) -> float | None:
    found = manifest.indicators.get(name)
    return None if found is None else found.value


def _figure(manifest: Manifest, name: str) -> str:
    """An indicator with the unit that fits; an en dash where the run has none of that name."""
    found = manifest.indicators.get(name)
    return NONE if found is None else reading(found.value, found.unit)


def _heading(manifest: Manifest, accounts: Sequence[RoleAccount]) -> list[Text]:
    scenario = manifest.scenario
    horizon = scenario["horizon"]
    days = "1 day" if horizon["days"] == 1 else f"{horizon['days']} days"
    return [
        Text.assemble(
            (str(scenario["name"]), "bold"), f" · seed {manifest.seed} · run {manifest.run_id}"
        ),
        Text(
            f"{sum(a.members for a in accounts)} participants of "
            f"{scenario['neighbourhood']['grid']}, {days} from {horizon['start']} in slots of "
            f"{horizon['slot_s'] // 60} min",
            _QUIET,
        ),
    ]


def _energy(manifest: Manifest) -> list[Text]:
    drawn = [
        f"{label} {_figure(manifest, name)}" for label, name in _TIERS if _value(manifest, name)
    ]
    return [
        Text.assemble(
            f"{'Self-sufficiency':18}",
            (_figure(manifest, "self_sufficiency"), "bold"),
            f" (status quo {_figure(manifest, 'self_sufficiency_status_quo')})",
        ),
        *_wrapped(
            "Energy",
            [
                f"load {_figure(manifest, 'load_wh')}",
                f"generation {_figure(manifest, 'generation_wh')}",
            ],
            18,
        ),
        *_wrapped("Drawn", drawn, 18),
    ]


def _roles(accounts: Sequence[RoleAccount]) -> list[Text]:
    everybody = RoleAccount(
        role="all",
        members=sum(a.members for a in accounts),
        bought_wh=sum(a.bought_wh for a in accounts),
        sold_wh=sum(a.sold_wh for a in accounts),
        status_quo_neur=sum(a.status_quo_neur for a in accounts),
        market_neur=sum(a.market_neur for a in accounts),
    )
    columns = (
        f"{'bought kWh':>12}{'sold kWh':>11}{'status quo €':>14}{'market €':>10}{'saved €':>9}"
    )
    return [Text(f"{'':15}{columns}", _QUIET), *map(_role, (*accounts, everybody))]


def _role(account: RoleAccount) -> Text:
    before, saved = account.status_quo_neur, account.saved_neur
    return Text.assemble(
        f"{account.role:11}{account.members:>4}{_fixed(account.bought_wh / 1e3, 1):>12}"
        f"{_fixed(account.sold_wh / 1e3, 1):>11}{_fixed(before / 1e9, 2):>14}"
        f"{_fixed(account.market_neur / 1e9, 2):>10}",
        (f"{_signed(saved):>9}", _KEPT if saved >= 0 else _MISSED),
        f"{_share(saved, before):>9}",
    )


def _others(manifest: Manifest) -> list[Text]:
    gains = [(label, _value(manifest, name)) for label, name in _OTHERS]
    known = [f"{label} {_signed(gain)}" for label, gain in gains if gain is not None]
    return _wrapped("others gain €", known, 14) if known else []


def _agreements(manifest: Manifest) -> list[Text]:
    ends = [
        Text(f"{_figure(manifest, name)} {label}", colour if _value(manifest, name) else "")
        for label, name, colour in _ENDS
        if name in _ALWAYS or _value(manifest, name)
    ]
    ends[0] = Text.assemble(f"{_figure(manifest, 'contracts')}: ", ends[0])
    costs = [
        f"deviations {_figure(manifest, 'imbalance_wh')}",
        f"compensation {_figure(manifest, 'compensation_neur')}",
    ]
    return [*_wrapped("Agreements", ends, 12), *_wrapped("", costs, 12)]


def _ledger(manifest: Manifest) -> list[Text]:
    work = [
        f"{manifest.scenario['ledger']['consensus']}: "
        f"{_figure(manifest, 'transactions')} transactions",
        f"{_figure(manifest, 'gas_per_contract')} and "
        f"{_figure(manifest, 'fee_per_contract_neur')} per agreement",
    ]
    times = [
        f"included after {_figure(manifest, 'time_to_inclusion_median_ms')}",
        f"final after {_figure(manifest, 'time_to_finality_median_ms')} "
        f"(95 %: {_figure(manifest, 'time_to_finality_p95_ms')})",
    ]
    return [*_wrapped("Ledger", work, 12), *_wrapped("", times, 12)]


def _links_and_grid(manifest: Manifest) -> list[Text]:
    links = [
        f"{_figure(manifest, 'delivery_ratio')} of frames delivered",
        f"readings {_figure(manifest, 'age_of_information_mean_s')} old on average",
    ]
    grid = [
        f"{_figure(manifest, 'voltage_min_pu')} to {_figure(manifest, 'voltage_max_pu')}",
        f"lines loaded up to {_figure(manifest, 'line_loading_max')}",
        f"losses {_figure(manifest, 'losses_wh')}",
    ]
    return [*_wrapped("Links", links, 12), *_wrapped("Grid", grid, 12)]


def _wrapped(label: str, parts: Sequence[str | Text], indent: int) -> list[Text]:
    """A label and parts apart by commas, in as many lines as they need."""
    lines = [Text(f"{label:{indent}}")]
    for i, part in enumerate(parts):
        words = Text.assemble(part, "," if i < len(parts) - 1 else "")
        if len(lines[-1]) > indent:
            if len(lines[-1]) + 1 + len(words) > WIDTH:
                lines.append(Text(" " * indent))
            else:
                lines[-1].append(" ")
        lines[-1].append_text(words)
    return lines


def _share(saved_neur: int, before_neur: int) -> str:
    """Savings relative to what was paid before; none where next to nothing was."""
    if abs(saved_neur) >= 10 * abs(before_neur):
        return NONE
    return f"{_fixed(100 * saved_neur / abs(before_neur), 1)}{THIN}%"


def _signed(neur: float) -> str:
    """Money [n€] in € with its sign."""
    return _fixed(neur / 1e9, 2, sign=True)


def _fixed(value: float, decimals: int, *, sign: bool = False) -> str:
    """With so many decimals, as columns of figures want it."""
    rounded = round(value, decimals) + 0.0  # no minus before a zero
    text = f"{rounded:{'+' if sign and rounded else ''},.{decimals}f}"
    return text.replace(",", THIN).replace("-", MINUS)
