"""A node that somebody else started: used where it can be, refused in one sentence else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from emulators.chain.artefacts import artefact
from emulators.chain.keys import party_key
from emulators.chain.nodes import open_node
from emulators.chain.transactions import CHAIN_ID, Sender
from twin.errors import NodeError

START = 1_465_900_000
KEY = party_key(1, "issuer")
CHAIN = ("--chain-id", str(CHAIN_ID))
Separate = Callable[..., Any]


def coin(sender: Sender) -> bytes:
    data = artefact("Stablecoin").encode_deployment(KEY.address)
    return sender.send("deploy", None, data, 3_000_000).raw


def test_the_node_is_left_as_it_was_found(separate_anvil: Separate) -> None:
    with separate_anvil(START, *CHAIN) as at:
        for _ in range(2):
            with open_node(at["http"], START, [KEY.address], 30_000_000) as node:
                assert node.name == "endpoint"
                (receipt,) = node.mine(START + 1, [coin(Sender("issuer", KEY))])
                assert receipt.succeeded


def test_another_chain_is_refused(separate_anvil: Separate) -> None:
    with (
        separate_anvil(START) as at,
        pytest.raises(NodeError, match=rf"is chain 31337.*--chain-id {CHAIN_ID}"),
    ):
        open_node(at["ipc"], START, [KEY.address])


def test_a_node_past_the_first_block_is_refused(separate_anvil: Separate) -> None:
    with (
        separate_anvil(START + 1, *CHAIN) as at,
        pytest.raises(NodeError, match=rf"begins at {START} s.*--timestamp {START}"),
    ):
        open_node(at["http"], START, [KEY.address])


def test_smaller_blocks_are_refused(separate_anvil: Separate) -> None:
    with (
        separate_anvil(START, *CHAIN) as at,
        pytest.raises(NodeError, match=r"holds 30000000 gas.*--gas-limit 60000000"),
    ):
        open_node(at["http"], START, [KEY.address])


def test_a_node_in_use_is_refused(separate_anvil: Separate) -> None:
    with (
        separate_anvil(START, *CHAIN) as at,
        open_node(at["http"], START, [KEY.address], 30_000_000) as first,
    ):
        first.mine(START + 1, [coin(Sender("issuer", KEY))])
        with pytest.raises(NodeError, match="earlier run's transactions"):
            open_node(at["ipc"], START + 10, [KEY.address], 30_000_000)


@pytest.fixture
def ordinary_node() -> Iterator[str]:
    """Answers like a node of a public network: it knows its chain, and nobody commands it."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            import json

            call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            known = {
                "eth_chainId": hex(CHAIN_ID),
                "eth_getBlockByNumber": {"timestamp": hex(START), "gasLimit": hex(60_000_000)},
            }
            answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
            if call["method"] in known:
                answer["result"] = known[call["method"]]
            else:
                answer["error"] = {"code": -32601, "message": "the method does not exist"}
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_node_without_control_of_time_is_refused(ordinary_node: str) -> None:
    with pytest.raises(NodeError, match="does not let its time and blocks be controlled"):
        open_node(ordinary_node, START, [KEY.address])


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:9", "ws://127.0.0.1:9"])
def test_a_url_where_nobody_answers_is_named(endpoint: str) -> None:
    with pytest.raises(NodeError, match="answer"):
        open_node(endpoint, START, [])


def test_a_path_where_nobody_answers_is_named(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"no node answers at .*missing\.ipc"):
        open_node(str(tmp_path / "missing.ipc"), START, [])


def test_a_scheme_that_is_none_is_refused() -> None:
    with pytest.raises(NodeError, match="no endpoint of a node"):
        open_node("ftp://127.0.0.1", START, [])


def test_a_kind_that_is_none_is_refused() -> None:
    with pytest.raises(NodeError, match="auto, embedded, anvil, a URL or an IPC path"):
        open_node("geth", START, [])
