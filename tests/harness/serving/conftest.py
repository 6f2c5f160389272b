"""A served run: trained once for the tests of a file, and ended as a server is to end."""

import signal

import pytest
from finished_runs import finished, task
from served_run import started


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("serving")


@pytest.fixture(scope="module")
def run(place):
    return finished(task(place / "data"), "crf", place / "results")


@pytest.fixture(scope="module")
def address(run):
    process, found = started(run)
    yield found
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "stopped\n")
