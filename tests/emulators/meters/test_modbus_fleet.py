"""A fleet of Modbus servers comes, serves and goes, and leaves nothing behind."""

import socket
import sys
import threading

import numpy as np
import pytest
from pyModbusTCP.client import ModbusClient

from emulators.meters.fleet import Endpoint
from emulators.meters.gateway import Gateway
from emulators.meters.modbus import ModbusFleet
from emulators.meters.sunspec import BASE_ADDRESS
from twin.errors import MeterReadError, PortError


def show(fleet: ModbusFleet, imported: list[int]) -> None:
    zeros = np.zeros(len(imported))
    fleet.write(np.array(imported), zeros.astype(np.int64), zeros)


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has one loopback address")
def test_each_meter_has_an_address_of_its_own() -> None:
    with ModbusFleet(["H1", "H2", "H3"], own_addresses=True) as fleet:
        assert [where.host for where in fleet.endpoints] == ["127.0.1.1", "127.0.1.2", "127.0.1.3"]


def test_where_there_is_one_address_each_meter_has_its_own_port() -> None:
    with ModbusFleet(["H1", "H2", "H3"], own_addresses=False) as fleet:
        assert {where.host for where in fleet.endpoints} == {"127.0.0.1"}
        assert len({where.port for where in fleet.endpoints}) == 3
        show(fleet, [1, 2, 3])
        assert fleet.read()[0].tolist() == [1, 2, 3]


def test_two_fleets_at_once_do_not_collide() -> None:
    with ModbusFleet(["A1", "A2"]) as first, ModbusFleet(["B1", "B2"]) as second:
        show(first, [1, 2])
        show(second, [3, 4])
        assert first.read()[0].tolist() == [1, 2]
        assert second.read()[0].tolist() == [3, 4]
        assert set(first.endpoints).isdisjoint(second.endpoints)


def test_a_port_that_is_taken_is_stepped_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulators.meters.modbus._own_address", lambda row: "127.0.1.1")
    with ModbusFleet(["H1", "H2"]) as fleet:
        assert len({where.port for where in fleet.endpoints}) == 2
        show(fleet, [5, 6])
        assert fleet.read()[0].tolist() == [5, 6]


def test_closing_leaves_no_thread_and_no_listener() -> None:
    before = threading.active_count()
    fleet = ModbusFleet(["H1", "H2"])
    endpoints = fleet.endpoints
    with socket.create_connection(endpoints[0][:2]) as idle:
        fleet.close()
        assert idle.recv(1) == b""
    fleet.close()
    assert threading.active_count() == before
    for host, port, _ in endpoints:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, port), timeout=1)


def test_a_thousand_meters_are_read_through_twenty_connections() -> None:
    serials = [f"H{number:04d}" for number in range(1000)]
    with ModbusFleet(serials) as fleet:
        imported = np.arange(1000, dtype=np.int64)
        fleet.write(imported, 2 * imported, np.zeros(1000))
        read_import, read_export = fleet.read()
    assert np.array_equal(read_import, imported)
    assert np.array_equal(read_export, 2 * imported)


def test_no_more_sockets_than_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("emulators.meters.server.MeterServer.start", refuse)
    before = threading.active_count()
    with pytest.raises(PortError, match=r"meter 1 of 2: Too many open files.*transport: memory"):
        ModbusFleet(["H1", "H2"])
    assert threading.active_count() == before


def test_a_meter_that_does_not_answer_is_named() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    gateway = Gateway(["H07"], [Endpoint("127.0.0.1", port, 1)])
    with pytest.raises(MeterReadError, match=rf"meter H07 at 127\.0\.0\.1:{port} .*connect"):
        gateway.read(BASE_ADDRESS, 2)


def test_a_silent_meter_is_named_after_the_timeout() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        gateway = Gateway(["H07"], [Endpoint("127.0.0.1", port, 1)], timeout_s=0.05)
        with pytest.raises(MeterReadError, match="timeout"):
            gateway.read(BASE_ADDRESS, 2)


def test_registers_that_a_meter_has_not_are_named() -> None:
    with ModbusFleet(["H07"]) as fleet:
        gateway = Gateway(["H07"], fleet.endpoints)
        with pytest.raises(MeterReadError, match=r"registers 0 to 1: illegal data address"):
            gateway.read(0, 2)


def test_a_failed_read_is_tried_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModbusFleet(["H1"]) as fleet:
        show(fleet, [8])
        original = ModbusClient._open
        failures = iter([True])

        def fail_once(client: ModbusClient) -> None:
            if next(failures, False):
                raise ModbusClient._NetworkError(2, "unplugged")
            original(client)

        monkeypatch.setattr(ModbusClient, "_open", fail_once)
        assert fleet.read()[0].tolist() == [8]
