"""Run Slither over the contracts: `python -m proofs.slither_check`.

Every finding must be explained in `EXPLAINED`, by detector and, where a detector finds different
things, by the function that it finds them in; one that is not ends the run with status 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from emulators.chain import build
from proofs import tools

ANYWHERE: Final = ""
EXPLAINED: Final[dict[tuple[str, str], str]] = {
    ("assembly", ANYWHERE): "the loops over a batch are most of what it costs; what a block relies "
    "on stands above each, and the differential tests, forge and Halmos hold them to plain code",
    ("timestamp", ANYWHERE): "deadlines are block times by design; who proposes blocks can move "
    "them by seconds, where slots have minutes and corrections a day",
    ("naming-convention", ANYWHERE): "immutables are written like constants; a trailing underscore "
    "keeps a parameter apart from a function or variable of that name",
    ("calls-loop", ANYWHERE): "a list of deposits or of lapsed offers, one call of our own coin or "
    "tokens for each; where one is refused all are, and who carries them can leave it out",
    ("incorrect-shift", "_deviate"): "shl(quality, 1) is 1 << quality on purpose: a set of allowed "
    "values as a mask",
    ("divide-before-multiply", "create"): "a record's bytes over 32, both constants, is exact",
    ("reentrancy-no-eth", "depositPermitted"): "only the coin is called, which was fixed with the "
    "market; a coin with hooks is tried in the adversary tests",
    ("reentrancy-no-eth", "lapse"): "only the energy tokens are called, which call nobody; each "
    "offer is marked before its own call",
    ("reentrancy-events", "depositPermitted"): "as above: the coin",
    ("reentrancy-events", "lapse"): "as above: the energy tokens",
    ("uninitialized-local", ANYWHERE): "Solidity sets locals to zero, which is meant",
    ("unused-return", "isSigned"): "the third value of ECDSA.tryRecover only details its second",
    ("unused-return", "_sellerShort"): "of a deviation's two sides, the seller's is asked for",
    ("unused-return", "_buyerShort"): "of a deviation's two sides, the buyer's is asked for",
    ("missing-zero-check", "market"): "tokens of no market could never be minted; the tests of the "
    "deployment compare the addresses",
}
"""Detector and function → why it is as it is."""


def findings() -> list[dict[str, Any]]:
    """What Slither finds in our contracts; raises ChainError where it cannot be installed."""
    slither, solc, modules = tools.python_tool("slither"), tools.solc(), tools.libraries()
    sources = build.sources(modules)
    outputs = ["abi", "metadata", "devdoc", "userdoc", "evm"]
    settings = {**build.SETTINGS, "outputSelection": {"*": {"*": outputs, "": ["ast"]}}}
    job = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in sources.items()},
        "settings": settings,
    }
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        (stage / "contracts").symlink_to(build.HERE / "contracts")
        (stage / "@openzeppelin").symlink_to((modules / "@openzeppelin").resolve())
        (stage / "in.json").write_text(json.dumps(job))
        command = [str(slither), "in.json", "--compile-force-framework", "solc-json"]
        command += ["--solc", str(solc), "--filter-paths", "openzeppelin", "--json", "out.json"]
        done = subprocess.run(command, cwd=stage, capture_output=True, text=True)
        if not (stage / "out.json").is_file():
            raise RuntimeError(f"Slither did not finish: {done.stderr}")
        report = json.loads((stage / "out.json").read_text())
    found: list[dict[str, Any]] = report["results"].get("detectors", [])
    return found


def place(finding: dict[str, Any]) -> str:
    """The function, or else whatever it is, that a finding is about."""
    return str(finding["elements"][0]["name"]) if finding["elements"] else ANYWHERE


def explained_by(finding: dict[str, Any]) -> tuple[str, str] | None:
    """The key of a finding's explanation; none where nobody gave one."""
    keys = ((finding["check"], place(finding)), (finding["check"], ANYWHERE))
    return next((key for key in keys if key in EXPLAINED), None)


def main() -> None:
    found = findings()
    unexplained = [finding for finding in found if explained_by(finding) is None]
    for finding in found:
        key = explained_by(finding)
        said = EXPLAINED[key] if key else "NOT EXPLAINED: " + finding["description"].strip()
        print(f"{finding['impact']:>13} {finding['check']} in {place(finding)}: {said}")
    print(f"{len(found)} findings, {len(unexplained)} of them not explained")
    sys.exit(1 if unexplained else 0)


if __name__ == "__main__":
    main()
