"""What the commands print for people: calm, 80 columns, colour only where it carries meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from cosim.results.manifest import Manifest, load_manifest
from cosim.results.verify_check import Check
from dashboards.quantity import text
from experiments.accounts import accounts_by_role
from experiments.overview import overview

GOOD: Final = "#009E73"
BAD: Final = "#D55E00"
QUIET: Final = "dim"


def print_run(runs_dir: Path, run_id: str) -> None:
    """The result of a run on one screen, and how to open its dashboard."""
    manifest = load_manifest(runs_dir / run_id)
    console = _console()
    for line in overview(manifest, accounts_by_role(runs_dir, run_id)):
        console.print(line)
    console.print()
    console.print(Text(f"twin dashboard --runs {runs_dir}", "bold"))


def print_runs(runs: Mapping[str, Manifest]) -> None:
    """One line per run."""
    console = _console()
    console.print(
        Text(f"{'run':18}{'scenario':24}{'seed':>4}  {'ledger':9}{'size':>6}{'saved':>10}", QUIET)
    )
    for run_id, manifest in runs.items():
        scenario, saved = manifest.scenario, manifest.indicators.get("savings_share")
        console.print(
            f"{run_id:18}{scenario['name']:24.23}{manifest.seed:>4}  "
            f"{scenario['ledger']['consensus']:9}{scenario['microgrids']['size']:>6}"
            f"{text(saved.value if saved else None, '1'):>10}"
        )


def print_checks(run_id: str, checks: Sequence[Check]) -> None:
    """One line per check, and the verdict."""
    console = _console()
    for check in checks:
        mark = Text("ok  ", GOOD) if check.passed else Text("FAIL", BAD)
        console.print(Text.assemble("  ", mark, f"  {check.name}: {check.detail}"))
    failed = sum(not check.passed for check in checks)
    verdict = f"{failed} of {len(checks)} checks failed" if failed else "all checks hold"
    console.print(Text(f"{run_id}: {verdict}", "bold"))


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)
