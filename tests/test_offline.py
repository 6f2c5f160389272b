"""The tests themselves: no process of theirs reaches beyond this machine."""

import os
import socket
import subprocess
import sys

import pytest
from offline import no_network
from program import OFFLINE, TREE

ASK = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"


@pytest.fixture
def reached(tmp_path, monkeypatch):
    monkeypatch.setenv(no_network.VARIABLE, str(tmp_path / "reached"))
    return tmp_path / "reached"


def test_a_test_that_connects_elsewhere_is_refused_and_known(reached):
    with pytest.raises(ConnectionRefusedError, match="tests have no network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(ConnectionRefusedError):
        socket.getaddrinfo("huggingface.co", 443)
    assert reached.read_text().split() == ["192.0.2.1", "huggingface.co"]


def test_a_process_of_a_test_is_refused_too(reached):
    assert os.environ["PYTHONPATH"].split(os.pathsep)[0] == str(OFFLINE)
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=TREE, capture_output=True, text=True, check=False
    )
    assert "tests have no network" in done.stderr
    assert reached.read_text() == "192.0.2.1\n"


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
