"""The meters of a running run are meters: a foreign SunSpec client scans and reads one."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from cosim.assembly import assemble
from cosim.parts import Parts
from cosim.world import simulate
from emulators.meters.frame import COUNTER_MODULUS
from emulators.meters.sunspec import METER_MODEL

METER = 4
LOOK_AT_STEPS = (10, 20)


def scan(parts: Parts) -> dict[str, Any]:
    """What a client finds at the meter, and what the plant's counters say, at one instant."""
    endpoint = parts.metering.fleet.endpoints[METER]
    client = SunSpecModbusClientDeviceTCP(
        slave_id=endpoint.unit, ipaddr=endpoint.host, ipport=endpoint.port
    )
    client.scan()
    try:
        model = client.models[METER_MODEL][0]
        return {
            "serial": client.common[0].SN.value,
            "import": model.TotWhImp.cvalue,
            "export": model.TotWhExp.cvalue,
            "plant": (int(parts.plant.import_mwh[METER]), int(parts.plant.export_mwh[METER])),
        }
    finally:
        client.disconnect()


@pytest.fixture(scope="module")
def seen(
    make_scenario: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    scenario = make_scenario({"execution.transport": "modbus"})
    found: list[dict[str, Any]] = []
    with ExitStack() as started:
        parts = assemble(scenario, 1, tmp_path_factory.mktemp("live"), started)

        def look(done: int, steps: int, phase: str) -> None:
            if done in LOOK_AT_STEPS:
                found.append(scan(parts) | {"id": parts.neighbourhood.meter_ids[METER]})

        simulate(parts.layers, parts.clock, look)
    return found


def test_it_finds_the_meter_by_its_name(seen: list[dict[str, Any]]) -> None:
    assert [look["serial"] for look in seen] == [look["id"] for look in seen]
    assert len(seen) == len(LOOK_AT_STEPS)


@pytest.mark.parametrize(("direction", "row"), [("import", 0), ("export", 1)])
def test_it_reads_the_counters_of_the_plant(
    seen: list[dict[str, Any]], direction: str, row: int
) -> None:
    for look in seen:
        assert look[direction] == look["plant"][row] // 1000 % COUNTER_MODULUS


def test_the_counters_move_with_the_run(seen: list[dict[str, Any]]) -> None:
    before, after = seen
    assert (before["import"], before["export"]) != (after["import"], after["export"])
