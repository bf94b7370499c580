"""One scenario and seed give the same bytes, however the run is carried out."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import pytest

from cosim.results.manifest import Manifest
from cosim.results.schema import TABLES
from cosim.run import run_scenario


def hashes(manifest: Manifest) -> Mapping[str, str]:
    assert set(manifest.tables) == set(TABLES)
    return {name: entry.sha256 for name, entry in manifest.tables.items()}


def results(manifest: Manifest) -> dict[str, Any]:
    """The whole manifest but for how the run was carried out."""
    content = asdict(manifest)
    content["scenario"].pop("execution")
    return content


@pytest.mark.usefixtures("anvil")
@pytest.mark.parametrize("style", ["batch", "per_trade"])
def test_embedded_and_anvil(run_of: Callable[..., Any], style: str) -> None:
    # Lossy links and a slow ledger, so that there are late settlements and refused commits too.
    choices = {
        "ledger.contracts": style,
        "links.loss": 0.4,
        "links.attempts": 2,
        "ledger.consensus": "pos",
        "market.clearing_s": 24,
        "horizon.slot_s": 900,
        "market.lead_s": 900,
    }
    embedded = run_of({**choices, "execution.node": "embedded"}).manifest
    anvil = run_of({**choices, "execution.node": "anvil"}).manifest
    assert hashes(embedded) == hashes(anvil)
    assert results(embedded) == results(anvil)
    assert embedded.indicators["transactions_failed"].value
    assert embedded.indicators["readings_substituted"].value


@pytest.mark.parametrize("style", ["batch", "per_trade"])
def test_embedded_and_a_node_that_runs_already(
    run_of: Callable[..., Any], anvil: None, style: str
) -> None:
    from emulators.chain.nodes.anvil import AnvilNode
    from emulators.chain.nodes.install import find_anvil

    binary = find_anvil()
    assert binary is not None
    embedded = run_of({"ledger.contracts": style, "execution.node": "embedded"}).manifest
    with AnvilNode(binary, 1_465_000_000, []) as running:
        choices = {"ledger.contracts": style, "execution.node": str(running.ipc)}
        elsewhere = run_of(choices).manifest
    assert hashes(embedded) == hashes(elsewhere)
    assert results(embedded) == results(elsewhere)


def test_modbus_and_memory(make_demo: Callable[..., Any]) -> None:
    _, modbus = make_demo()
    _, memory = make_demo(["execution.transport=memory"])
    assert modbus.scenario["execution"]["transport"] == "modbus"
    assert hashes(modbus) == hashes(memory)
    assert results(modbus) == results(memory)


def test_twice_the_same(make_scenario: Callable[..., Any], tmp_path: Any) -> None:
    scenario = make_scenario({"links.loss": 0.3, "market.bidding": "linear"})
    once, again = (run_scenario(scenario, 7, tmp_path / name).manifest for name in ("a", "b"))
    assert once == again


def test_another_seed_gives_another_run(run_of: Callable[..., Any]) -> None:
    one, other = run_of(seed=1).manifest, run_of(seed=2).manifest
    assert one.run_id != other.run_id
    assert one.tables["agreement"].sha256 != other.tables["agreement"].sha256


@pytest.mark.parametrize(
    "choice", [{"ledger.consensus": "pos"}, {"links.technology": "plc"}, {"microgrids.size": 3}]
)
def test_arms_with_one_seed_share_weather_and_load(
    run_of: Callable[..., Any], choice: dict[str, Any]
) -> None:
    devices = """
        select slot, meter, load_mwh, generation_mwh, status_quo_net_wh from meter
        order by slot, meter
    """
    assert run_of().rows(devices) == run_of(choice).rows(devices)


@pytest.mark.parametrize("choice", [{"ledger.consensus": "pos"}, {"microgrids.size": 3}])
def test_arms_with_one_seed_share_what_the_links_do(
    run_of: Callable[..., Any], choice: dict[str, Any]
) -> None:
    frames = """
        select direction, meter, sequence, sent_at_ms, received_at_ms, outcome from frame
        order by direction, meter, sequence
    """
    assert run_of().rows(frames) == run_of(choice).rows(frames)
