"""What a run claims of itself can be recomputed: from its files, and on a fresh EVM."""

from collections.abc import Callable
from typing import Any

import pytest

from cosim.replay import verify_run

CASES: dict[str, dict[str, Any]] = {
    "all goes well": {},
    "readings are lost": {"links.loss": 0.5, "links.attempts": 2},
    "commits are refused": {
        "ledger.consensus": "pos",
        "horizon.slot_s": 900,
        "market.lead_s": 900,
        "market.clearing_s": 24,
    },
    "contracts one by one": {"ledger.contracts": "per_trade"},
    "contracts one by one, readings are lost": {
        "ledger.contracts": "per_trade",
        "links.loss": 0.5,
        "links.attempts": 2,
    },
    "contracts one by one, commits are refused": {
        "ledger.contracts": "per_trade",
        "ledger.consensus": "pos",
        "horizon.slot_s": 900,
        "market.lead_s": 900,
        "market.clearing_s": 24,
    },
    "nobody trades": {"neighbourhood.pv.share": 0.0},
}


@pytest.mark.parametrize("choices", CASES.values(), ids=CASES.keys())
def test_every_check_holds(run_of: Callable[..., Any], choices: dict[str, Any]) -> None:
    run = run_of(choices)
    checks = verify_run(run.folder.parent, run.manifest.run_id)
    assert [check for check in checks if not check.passed] == []
    assert len(checks) > 10


@pytest.mark.usefixtures("anvil")
def test_a_run_on_one_node_is_verified_on_the_other(run_of: Callable[..., Any]) -> None:
    run = run_of({"execution.node": "anvil"})
    checks = verify_run(run.folder.parent, run.manifest.run_id, "embedded")
    assert all(check.passed for check in checks)
    assert any("embedded" in check.detail for check in checks)
