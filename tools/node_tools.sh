#!/bin/sh
# Install what the tests of the contracts use of npm: anvil, solc and OpenZeppelin, all pinned.
# Where there is no npm, those tests are skipped and say so.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .cache

if ! command -v npm >/dev/null 2>&1 && [ ! -x .venv/bin/npm ]; then
    echo "npm is not installed: tests on anvil, and those that compile the contracts, are skipped"
    exit 0
fi
.venv/bin/python -c 'from emulators.chain.nodes.install import main; main()'
.venv/bin/python -c '
from pathlib import Path
from emulators.chain.build import install
print(install(Path(".cache") / "contracts"))
'
touch .cache/.node-tools
