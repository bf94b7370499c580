"""The register image is what SunSpec's own definitions say, and a SunSpec client understands it."""

import numpy as np
import pytest
from sunspec2.device import Model
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from emulators.meters.modbus import ModbusFleet
from emulators.meters.sunspec import meter_map

COUNTERS = np.array([2**32 + 995, 41], np.int64), np.array([7, 4_294_967_295], np.int64)
POWER_W = np.array([-29_004.0, 2_300.0])
VOLTAGE_V = np.array([231.4, 228.0])


def test_image_is_marker_common_model_meter_model_and_end() -> None:
    raw = meter_map().image.tobytes()
    common, meter = Model(1).len, Model(203).len
    assert raw[:4] == b"SunS"
    assert raw[4:8] == bytes([0, 1, 0, common - 2])
    assert raw[4 + 2 * common :][:4] == bytes([0, 203, 0, meter - 2])
    assert raw[4 + 2 * (common + meter) :] == b"\xff\xff\x00\x00"


def test_every_mandatory_point_of_the_meter_is_implemented() -> None:
    model = Model(203, data=meter_map().image.tobytes()[4 + 2 * Model(1).len :])
    # By the standard an accumulator at zero looks like one that is not implemented.
    missing = [
        name
        for name, point in model.points.items()
        if point.pdef.get("mandatory") == "M" and point.value is None
        if not name.startswith("TotWh")
    ]
    assert missing == []


def test_one_request_holds_both_energy_counters() -> None:
    assert meter_map().energy_words <= 125


def test_map_is_built_once() -> None:
    assert meter_map() is meter_map()


@pytest.fixture(scope="module")
def device() -> SunSpecModbusClientDeviceTCP:
    with ModbusFleet(["H01", "H02"]) as fleet:
        fleet.write(*COUNTERS, POWER_W, VOLTAGE_V)
        where = fleet.endpoints[0]
        device = SunSpecModbusClientDeviceTCP(where.unit, where.host, where.port, timeout=5)
        device.scan()
        device.close()
    return device


def test_client_finds_common_and_meter_model(device: SunSpecModbusClientDeviceTCP) -> None:
    assert [model.model_id for model in device.model_list] == [1, 203]
    assert not any(model.error_info for model in device.model_list)


def test_client_reads_who_the_meter_is(device: SunSpecModbusClientDeviceTCP) -> None:
    common = device.models[1][0]
    assert (common.Mn.value, common.SN.value) == ("Energy Twin", "H01")


def test_client_reads_the_counters_with_roll_over(device: SunSpecModbusClientDeviceTCP) -> None:
    meter = device.models[203][0]
    assert (meter.TotWhImp.cvalue, meter.TotWhExp.cvalue) == (995, 7)


def test_client_reads_power_and_voltage_by_scale_factor(
    device: SunSpecModbusClientDeviceTCP,
) -> None:
    meter = device.models[203][0]
    assert meter.W.cvalue == -29_000
    assert meter.PhV.cvalue == meter.PhVphB.cvalue == 231.4
    assert meter.PPV.cvalue == pytest.approx(231.4 * 3**0.5, abs=0.05)
    assert meter.AphA.cvalue == pytest.approx(29_004 / 3 / 231.4, abs=0.05)
    assert meter.Hz.cvalue == 50.0
