"""A process of its own that is asked one question: pickled, on its standard input."""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import IO


def started(
    program: str, question: object, out: IO[bytes] | int, **variables: str
) -> "subprocess.Popen[bytes]":
    """Start the Python ``program``, with this process' path and a session of its own.

    Args:
        program: of fixed words; it reads ``question`` from its standard input.
        question: what can be pickled.
        out: where its standard output goes.
        **variables: of its environment, beside those of this process.
    """
    path = os.pathsep.join(filter(None, sys.path))
    with tempfile.TemporaryFile() as asked:
        asked.write(pickle.dumps(question))
        asked.seek(0)
        return subprocess.Popen(  # noqa: S603 - this interpreter, fixed words
            [sys.executable, "-P", "-c", program],
            stdin=asked,
            stdout=out,
            env=os.environ | {"PYTHONPATH": path} | variables,
            start_new_session=True,
        )


def kill(session: int) -> None:
    """End a process that leads a session, and all that it left behind there."""
    with suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)
