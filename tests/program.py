"""The program as a user starts it, and its commands within this process, which is quicker."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

from harness import cli
from harness.errors import HarnessError

ROOT = Path(__file__).parent.parent

TREE = Path(__file__).parents[1]  # the program under test, wherever another one is installed
OFFLINE = Path(__file__).parent / "offline"  # on its path, Python starts without a network


def harness(*arguments, folder, code=0, paths=(), timeout=None):
    """Run the program, in ``timeout`` seconds; its exit code must be ``code``.

    Gives stdout and stderr.
    """
    path = os.pathsep.join(map(str, (OFFLINE, *paths, TREE, os.environ.get("PYTHONPATH", ""))))
    environment = os.environ | {"PYTHONPATH": path}
    command = [sys.executable, "-m", "harness", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False,
        timeout=timeout,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def called(*arguments, folder, code=0):
    """Run a command that starts no process, in this one; its exit code must be ``code``.

    ``code`` may also be several of which it is one.
    """
    out, messages = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(messages),
    ):
        found = _called([*map(str, arguments)], messages)
    allowed = [code] if isinstance(code, int) else code
    assert found in allowed, out.getvalue() + messages.getvalue()
    return out.getvalue(), messages.getvalue()


def _called(arguments, messages):
    try:
        return cli.run(arguments, standalone_mode=False) or 0
    except HarnessError as error:
        messages.write(f"error: {error}")
        return error.exit_code
