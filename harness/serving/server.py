"""Starts the application on a port of this machine, until it is asked to stop."""

import socket
import sys
from pathlib import Path

from harness.errors import ConfigError, Interrupted, ResourceError
from harness.runs.predict import Predictor

INSTALL = "pip install 'ner-harness[serve]'"
PATIENCE = 20  # seconds that requests have to end once the server is asked to stop


def serve(run: Path, host: str, port: int) -> None:
    """Serve the finished run at ``run`` until a signal asks to stop; what runs then is answered.

    Raises:
        ConfigError: without the packages of the extra, for a run that cannot be used, and for a
            host that has no address.
        ResourceError: for a port that is taken.
    """
    try:
        import uvicorn

        from harness.serving import app
    except ImportError as error:
        msg = f"serving needs {error.name}, not installed here: {INSTALL}"
        raise ConfigError(msg) from error
    predictor = Predictor.of(run)
    with _listening(host, port) as listening:
        config = uvicorn.Config(
            app.make(predictor), log_level="warning", access_log=False, server_header=False,
            timeout_graceful_shutdown=PATIENCE,
        )  # fmt: skip
        place = listening.getsockname()
        shown = f"[{place[0]}]" if ":" in place[0] else place[0]
        sys.stderr.write(f"{run} is served at http://{shown}:{place[1]} (Ctrl-C stops it)\n")
        sys.stderr.flush()
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except Interrupted:  # uvicorn raises the signal again once all requests have ended
            sys.stderr.write("stopped\n")


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host, port, family)
        return socket.create_server((host, port), family=family)
    except (socket.gaierror, UnicodeError) as error:
        msg = f"--host {host}: {error}; give an address of this machine"
        raise ConfigError(msg) from error
    except OSError as error:
        msg = f"cannot listen on {host}:{port}: {error}; choose another --port or --host"
        raise ResourceError(msg) from error
