#!/bin/sh
# Find or install a Chromium for the tests of the dashboard.
set -eu
cd "$(dirname "$0")/.."
mkdir -p .cache

for browser in chromium chromium-browser google-chrome; do
    if command -v "$browser" >/dev/null 2>&1; then
        touch .cache/.browser
        exit 0
    fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Debian's Chromium"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "Installing playwright's own Chromium into its cache, since this is not root on Debian."
    echo "The checks of this project run as root on Debian, so that none of them can reach this path."
    .venv/bin/playwright install chromium
fi
touch .cache/.browser
