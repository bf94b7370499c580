"""Pictures of the dashboard's pages for the documentation: `make screenshots`.

Without a folder of runs it takes `runs`, and first makes what the pictures show where that is
missing: the demo and the sweep `compare`. Every page is taken at 1280×800 and 1920×1080.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import threading
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT: Final = Path(__file__).parents[1]
SIZES: Final = ((1280, 800), (1920, 1080))
SHOTS: Final = (
    ("overview", "/?run={run}"),
    ("settlement", "/settlement?run={run}"),
    ("compare", "/compare?sweep=compare"),
)
_SYSTEM_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


def launch_arguments() -> dict[str, Any]:
    """How to start the system's Chromium, or playwright's own where there is none."""
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    system = next((path for name in _SYSTEM_BROWSERS if (path := which(name))), None)
    return {"args": arguments} | ({"executable_path": system} if system else {})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--runs", type=Path, help="folder of runs; taken as it is")
    options.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    chosen = options.parse_args()
    runs = chosen.runs or ROOT / "runs"
    if chosen.runs is None:
        for command in (["run", "demo"], ["sweep", "compare"]):
            twin = Path(sys.executable).with_name("twin")
            subprocess.run([str(twin), *command, "--out", str(runs)], check=True)
    serve_and_take(runs, chosen.out)


def serve_and_take(runs: Path, out: Path) -> None:
    """Take all pictures of a dashboard over `runs` into `out`."""
    import waitress
    from playwright.sync_api import sync_playwright

    from dashboards.app import create_app

    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = waitress.create_server(
        create_app(runs).server, host="127.0.0.1", port=0, threads=4, ident=None
    )
    threading.Thread(target=server.run, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_arguments())
        for file in take(browser, f"http://127.0.0.1:{server.effective_port}", _demo(runs), out):
            print(file)
        browser.close()
    server.close()


def take(browser: Browser, address: str, run_id: str, out: Path) -> list[Path]:
    """Pictures of every page of the dashboard at `address`, of the run `run_id`."""
    out.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    page = browser.new_page()
    for name, path in SHOTS:
        page.goto(address + path.format(run=run_id))
        page.wait_for_selector(".js-plotly-plot .main-svg")
        page.wait_for_load_state("networkidle")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(700)
            suffix = "" if (width, height) == SIZES[0] else f"-{width}x{height}"
            taken.append(out / f"{name}{suffix}.png")
            page.screenshot(path=taken[-1])
    page.close()
    return taken


def _demo(runs: Path) -> str:
    """The run of the demo as shipped with seed 1 if it is there, else the newest."""
    from cosim.results.identity import run_id
    from cosim.scenario_file import load_scenario
    from dashboards.queries.runs import RunsFolder

    shipped = run_id(load_scenario(ROOT / "experiments" / "scenarios" / "demo.yaml"), 1)
    found = RunsFolder(runs).manifests()
    if not found:
        raise SystemExit(f"There is no run in {runs}; make one with: twin demo")
    return shipped if shipped in found else next(iter(found))


if __name__ == "__main__":
    main()
