"""Run forge's invariant campaigns on the committed artefacts: `python -m proofs.forge_campaign`.

Options are forge's own, e.g. `--fuzz-seed 7`. RUNS campaigns of DEPTH random actions each, every
invariant checked after every action.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from proofs import tools

ROOT: Final = Path(__file__).parent
RUNS, DEPTH = 500, 200


def environment(profile: str = "default") -> dict[str, str]:
    """What forge reads besides `foundry.toml`: where output goes and where libraries are."""
    folder, modules = tools.folder(), tools.libraries().resolve()
    contracts = ROOT.parent / "emulators" / "chain" / "contracts"
    mappings = (f"@openzeppelin/={modules / '@openzeppelin'}/", f"contracts/={contracts}/")
    return {
        **os.environ,
        "FOUNDRY_PROFILE": profile,
        "FOUNDRY_OUT": str(folder / "out" / profile),
        "FOUNDRY_CACHE_PATH": str(folder / "cache" / profile),
        "FOUNDRY_REMAPPINGS": "\n".join(mappings),
        "FOUNDRY_SOLC": str(tools.solc()),
        "FOUNDRY_INVARIANT_FAILURE_PERSIST_DIR": str(folder / "failures"),
        "FOUNDRY_FUZZ_FAILURE_PERSIST_DIR": str(folder / "failures"),
    }


def run(runs: int, depth: int, options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """A campaign; raises ChainError where its tools cannot be installed."""
    command = [str(tools.forge()), "test", "--offline", *options]
    settings = {
        **environment(),
        "FOUNDRY_INVARIANT_RUNS": str(runs),
        "FOUNDRY_INVARIANT_DEPTH": str(depth),
    }
    return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True)


def fuzz(options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """The arithmetic on random numbers, where Halmos does not end; raises ChainError as `run`."""
    command = [str(tools.forge()), "test", "--offline", "--match-test", "testFuzz", *options]
    return subprocess.run(
        command, cwd=ROOT, env=environment("halmos"), capture_output=True, text=True
    )


def main() -> None:
    done = run(RUNS, DEPTH, sys.argv[1:])
    print(done.stdout + done.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
