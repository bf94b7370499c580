"""`twin dashboard` over a folder of runs."""

import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_it_says_where_it_is_answers_and_ends_when_told(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    twin = (sys.executable, "-P", "-c", "from experiments.cli import main; main()")
    server = subprocess.Popen(
        [*twin, "dashboard", "--runs", str(tmp_path), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert f"http://127.0.0.1:{port}" in server.stdout.readline()
    deadline = time.monotonic() + 10
    status = 0
    while status != 200 and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                status = answer.status
        except OSError:
            time.sleep(0.05)
    server.send_signal(signal.SIGTERM)
    _, said = server.communicate(timeout=20)
    assert status == 200
    assert "Traceback" not in said
