#!/bin/sh
# Make .venv and install this package into it from the pinned constraints, with uv where it is
# present, else with venv and pip: tools/install.sh [EXTRA]
set -eu
cd "$(dirname "$0")/.."
extra=${1:-}

# The first Python of 3.11 or newer that runs (a name on the PATH may be a shim that does not).
python=${PYTHON:-}
for candidate in python3.11 python3.12 python3.13 python3; do
    [ -z "$python" ] || break
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
    fi
done

if command -v uv >/dev/null 2>&1; then
    [ -x .venv/bin/python ] || uv venv --quiet --python "${python:-3.12}" .venv
    echo "Installing into .venv with uv"
    uv pip install --quiet --python .venv/bin/python \
        --constraints constraints.txt --build-constraints constraints.txt \
        --editable ".${extra:+[$extra]}"
else
    if [ -z "$python" ]; then
        echo "Python 3.11 or newer is needed and none was found; install one, or uv, which brings it" >&2
        exit 1
    fi
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        if ! "$python" -m venv .venv; then
            rm -rf .venv
            echo "$python cannot make virtual environments: install python3-venv, or uv" >&2
            exit 1
        fi
    fi
    echo "Installing into .venv with pip, which takes a minute or two (uv takes seconds)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --constraint constraints.txt --editable ".${extra:+[$extra]}"
fi
touch ".venv/.installed-${extra:-run}"
