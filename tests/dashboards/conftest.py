"""Real runs of a small street, made once, and a browser on the dashboard over them."""

import importlib.util
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import waitress

from cosim.run import run_scenario
from cosim.scenario_file import scenario_of
from dashboards.app import create_app
from dashboards.queries.runs import RunsFolder

STREET = {
    "name": "six-houses",
    "description": "<script>window.broken = true</script> & six houses",
    "neighbourhood.participants": 6,
    "neighbourhood.pv.share": 0.7,
    "horizon.slot_s": 3600,
    "horizon.warm_up_days": 1,
    "market.lead_s": 3600,
    "market.correction_window_s": 7200,
    "microgrids.size": 3,
    "links.technology": "lora",
    "execution.transport": "memory",
}


@pytest.fixture(scope="session")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs, poa with two seeds and pos with one, and the sweep that they are of."""
    folder = tmp_path_factory.mktemp("runs")
    # Not in this thread, where playwright's event loop may be running already: mosaik has its own.
    with ThreadPoolExecutor(1) as thread:
        arms = thread.submit(_made, folder).result()
    arms.append({"values": {"ledger.consensus": "instant"}, "runs": {"1": "0" * 16}})
    index = {
        "name": "street",
        "grid": {"ledger.consensus": ["poa", "pos", "instant"]},
        "arms": arms,
    }
    (folder / "sweeps").mkdir()
    (folder / "sweeps" / "street.json").write_text(json.dumps(index))
    return folder


def _made(folder: Path) -> list[dict[str, Any]]:
    arms: list[dict[str, Any]] = []
    for consensus, seeds in (("poa", (1, 2)), ("pos", (1,))):
        scenario = scenario_of({}, {**STREET, "ledger.consensus": consensus}, "six houses")
        ids = {str(seed): run_scenario(scenario, seed, folder).run_id for seed in seeds}
        arms.append({"values": {"ledger.consensus": consensus}, "runs": ids})
    return arms


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: from the first on, this thread has playwright's event loop."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def runs(runs_dir: Path) -> RunsFolder:
    return RunsFolder(runs_dir)


@pytest.fixture(scope="session")
def poa_run(runs: RunsFolder) -> str:
    """The run of the street on proof of authority with seed 1."""
    return next(arm.run_id for arm in runs.sweeps()["street"].arms)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The dashboard over `folder` as users get it; gives its address."""
    server = waitress.create_server(
        create_app(folder).server, host="127.0.0.1", port=0, threads=4, ident=None
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(timeout=10)


@pytest.fixture(scope="session")
def dashboard(runs_dir: Path) -> Iterator[str]:
    """Address of the dashboard over the real runs."""
    with serving(runs_dir) as address:
        yield address


@pytest.fixture(scope="session")
def empty_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the dashboard over a folder without runs."""
    with serving(tmp_path_factory.mktemp("nothing")) as address:
        yield address


@pytest.fixture(scope="session")
def base_url() -> None:
    """None: addresses are given whole. The plugin's own fixture warns under this pytest."""


@pytest.fixture(scope="session")
def screenshots() -> ModuleType:
    """The tool that takes the pictures of the documentation; tools are no package."""
    path = Path(__file__).parents[2] / "tools" / "screenshots.py"
    spec = importlib.util.spec_from_file_location("screenshots", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], screenshots: ModuleType
) -> dict[str, Any]:
    """The system's Chromium where there is one, without a sandbox, as root may have it."""
    return {**browser_type_launch_args, **screenshots.launch_arguments()}
