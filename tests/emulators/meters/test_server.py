"""Whatever a client sends, it gets a Modbus exception or a closed connection; no other suffers."""

import socket
import struct
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyModbusTCP.client import ModbusClient
from pyModbusTCP.constants import EXP_DATA_ADDRESS, EXP_DATA_VALUE, EXP_ILLEGAL_FUNCTION
from pyModbusTCP.server import ModbusServer

from emulators.meters.fleet import Endpoint
from emulators.meters.modbus import ModbusFleet
from emulators.meters.registers import MeterRegisters
from emulators.meters.server import MeterServer
from emulators.meters.serving import ServingThread
from emulators.meters.sunspec import BASE_ADDRESS, meter_map

WORDS = len(meter_map().image)


@pytest.fixture(scope="module")
def fleet() -> Iterator[ModbusFleet]:
    with ModbusFleet(["H1", "H2"]) as fleet:
        fleet.write(np.array([11, 12]), np.array([1, 2]), np.zeros(2))
        yield fleet


@pytest.fixture
def client(fleet: ModbusFleet) -> Iterator[ModbusClient]:
    where = fleet.endpoints[0]
    client = ModbusClient(where.host, where.port, timeout=5)
    yield client
    client.close()


def connect(where: Endpoint) -> socket.socket:
    return socket.create_connection((where.host, where.port), timeout=5)


def request(address: int, count: int, transaction: int = 1) -> bytes:
    return struct.pack(">HHHBBHH", transaction, 0, 6, 1, 3, address, count)


def receive(connection: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        chunk = connection.recv(length - len(received))
        assert chunk, "closed"
        received += chunk
    return received


def alive(fleet: ModbusFleet) -> bool:
    return fleet.read()[0].tolist() == [11, 12]


@pytest.mark.parametrize(
    ("address", "count"),
    [(0, 1), (BASE_ADDRESS - 1, 2), (BASE_ADDRESS + WORDS, 1), (BASE_ADDRESS + WORDS - 1, 2)],
)
def test_unknown_address_is_an_exception(client: ModbusClient, address: int, count: int) -> None:
    assert client.read_holding_registers(address, count) is None
    assert client.last_except == EXP_DATA_ADDRESS


def test_last_register_can_be_read(client: ModbusClient) -> None:
    assert client.read_holding_registers(BASE_ADDRESS + WORDS - 2, 2) == [0xFFFF, 0]


def test_nobody_writes_a_sealed_meter(client: ModbusClient, fleet: ModbusFleet) -> None:
    counter = BASE_ADDRESS + meter_map().offset["TotWhImp"]
    assert not client.write_single_register(counter, 0)
    assert client.last_except == EXP_ILLEGAL_FUNCTION
    assert not client.write_multiple_registers(counter, [0, 0])
    assert client.last_except == EXP_ILLEGAL_FUNCTION
    assert alive(fleet)


def test_unknown_function_is_an_exception(client: ModbusClient) -> None:
    assert client.custom_request(b"\x63\x00\x00") is None
    assert client.last_except == EXP_ILLEGAL_FUNCTION


def test_too_many_registers_are_an_exception(client: ModbusClient) -> None:
    assert client.custom_request(struct.pack(">BHH", 3, BASE_ADDRESS, 126)) is None
    assert client.last_except == EXP_DATA_VALUE


def test_a_request_may_come_in_pieces(fleet: ModbusFleet) -> None:
    with connect(fleet.endpoints[0]) as connection:
        for byte in request(BASE_ADDRESS, 2):
            connection.sendall(bytes([byte]))
        assert receive(connection, 13)[-4:] == b"SunS"


def test_several_requests_may_come_at_once(fleet: ModbusFleet) -> None:
    with connect(fleet.endpoints[0]) as connection:
        connection.sendall(request(BASE_ADDRESS, 2, 7) + request(BASE_ADDRESS, 2, 8))
        answer = receive(connection, 26)
    assert (answer[:2], answer[13:15]) == (b"\0\x07", b"\0\x08")


def test_half_a_request_disturbs_nobody(fleet: ModbusFleet) -> None:
    with connect(fleet.endpoints[0]) as connection:
        connection.sendall(request(BASE_ADDRESS, 2)[:9])
        assert alive(fleet)


def test_random_bytes_close_the_connection(fleet: ModbusFleet) -> None:
    noise = np.random.default_rng(1).bytes(10_000)
    with connect(fleet.endpoints[0]) as connection:
        try:
            connection.sendall(noise)
            while connection.recv(4096):
                pass
        except ConnectionError:
            pass
    assert alive(fleet)


def test_two_hundred_clients_at_once(fleet: ModbusFleet) -> None:
    clients = [connect(fleet.endpoints[0]) for _ in range(200)]
    try:
        for connection in clients:
            connection.sendall(request(BASE_ADDRESS, 2))
        assert {receive(connection, 13)[-4:] for connection in clients} == {b"SunS"}
        assert alive(fleet)
    finally:
        for connection in clients:
            connection.close()


def test_one_client_too_many_takes_the_place_of_the_oldest(
    fleet: ModbusFleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulators.meters.serving.MAX_CONNECTIONS", 3)
    clients = [connect(fleet.endpoints[0]) for _ in range(4)]
    try:
        assert clients[0].recv(1) == b""
        for connection in clients[1:]:
            connection.sendall(request(BASE_ADDRESS, 2))
            assert receive(connection, 13)[-4:] == b"SunS"
    finally:
        for connection in clients:
            connection.close()


def test_a_client_that_does_not_listen_is_dropped(fleet: ModbusFleet) -> None:
    with connect(fleet.endpoints[0]) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(0.05)
        burst = request(BASE_ADDRESS, 125) * 1000
        with pytest.raises(OSError, match=r"reset|Broken pipe|aborted"):  # noqa: PT012
            for _ in range(10_000):
                try:
                    connection.sendall(burst)
                except TimeoutError:
                    continue
    assert alive(fleet)


@pytest.fixture(scope="module")
def server() -> Iterator[MeterServer]:
    thread = ServingThread("unused")
    yield MeterServer("127.0.0.1", 0, MeterRegisters(["H1"]), 0, thread)
    thread.stop()


@settings(max_examples=300, deadline=None)
@given(body=st.binary(min_size=1, max_size=260), unit=st.integers(0, 255))
def test_any_request_gets_a_response_or_an_error_of_the_protocol(
    server: MeterServer, body: bytes, unit: int
) -> None:
    received = bytearray(struct.pack(">HHHB", 1, 0, len(body) + 1, unit) + body)
    try:
        response = server.answer(ModbusServer.SessionData(), received)
    except ModbusServer.Error:
        return
    assert response[7] & 0x7F == body[0] & 0x7F
    assert not received
