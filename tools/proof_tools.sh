#!/bin/sh
# Install what the proofs of the contracts are made with, all pinned: forge (npm), Halmos, Slither.
set -eu
cd "$(dirname "$0")/.."
PYTHONPATH=. .venv/bin/python -m proofs.tools
