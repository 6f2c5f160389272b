"""A run behind HTTP in a process of its own, as ``serve`` starts it."""

import os
import re
import subprocess
import sys
from pathlib import Path

TREE = Path(__file__).parents[1]


def started(run, *options):
    """The server in a process, and the address that it says."""
    path = os.pathsep.join(filter(None, (str(TREE), os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "serve", str(run), "--port", "0", *options],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": path},
    )  # fmt: skip
    said = process.stderr.readline()
    found = re.search(r"http://\S+", said)
    assert found, said + process.stderr.read()
    return process, found[0]
