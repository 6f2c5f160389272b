"""A real Chromium in a process of its own: it opens a page, carries out steps, and says all it saw.

It comes from PyPI (PyQt6-WebEngine, the extra ``browser``) and draws without a screen.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

WITHOUT_SCREEN = {
    "QT_QPA_PLATFORM": "offscreen",
    "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox --disable-gpu --disable-background-networking",
}
# Steps that tell whether a page is wider than its window.
WIDER = "out.wide = doc.documentElement.scrollWidth > doc.documentElement.clientWidth;"
PROGRAM = Path(__file__).with_name("browser_process.py")


@dataclass(frozen=True)
class Seen:
    """What steps on a page gave, what its console said, and every address it asked for."""

    value: dict
    console: list
    requests: list


class NoBrowserError(Exception):
    """Why no browser starts here."""


class Browser:
    """The process, from outside."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, env=os.environ | WITHOUT_SCREEN,
        )  # fmt: skip
        if self.process.stdout.readline().strip() != "ready":
            said = self.process.stderr.read().strip().splitlines()
            self.close()
            raise NoBrowserError(said[-1] if said else "the process of the browser ended")

    def visit(self, address, steps="", width=1400, height=900, picture=None):
        """Open ``address`` in a window of ``width``, carry out ``steps``, and tell what was seen.

        ``picture`` is where to save the window as it looks in the end.
        """
        asked = {"address": address, "steps": steps, "width": width, "height": height,
                 "picture": picture and str(picture)}  # fmt: skip
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, self.process.stderr.read()
        seen = Seen(**json.loads(answer))
        assert "error" not in seen.value, seen.value["error"]
        return seen

    def close(self):
        """End the process, which ends when nothing more is asked."""
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
