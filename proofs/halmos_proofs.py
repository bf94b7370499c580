"""Run Halmos on `proofs/halmos`: `python -m proofs.halmos_proofs`, options as Halmos takes them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from proofs import tools
from proofs.forge_campaign import ROOT, environment

SOLVER_TIMEOUT_MS = 120_000


def run(options: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """All proofs, or those that `options` choose; raises ChainError where tools are missing."""
    halmos, forge = tools.python_tool("halmos"), tools.forge()
    settings = environment("halmos")
    settings["PATH"] = os.pathsep.join((str(forge.parent), settings.get("PATH", "")))
    out = settings["FOUNDRY_OUT"]
    command = [str(halmos), "--root", str(ROOT), "--forge-build-out", out]
    command += ["--solver-timeout-assertion", str(SOLVER_TIMEOUT_MS), *options]
    return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True)


def main() -> None:
    done = run(sys.argv[1:])
    print(done.stdout + done.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
