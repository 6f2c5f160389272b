"""A run on a node of a cluster: what it is on any machine, once the node is seen to be alike.

It is a child process of the worker, with its lock, its checkpoints and its end. What a lost worker
began holds its folder until it notices that nobody waits for it; the next one waits for that, and
goes on from the checkpoint, or finds the result and leaves it.
"""

import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import ConfigError, HarnessError
from harness.results import locking
from harness.runs import grid, processes
from harness.runs.child import GRACE, Event
from harness.runs.code import code_of
from harness.runs.hardware import versions
from harness.runs.plan import GridCell
from harness.sequences import MEMORY_VARIABLE

# What decides which data and weights are found, and how much memory sentences may take.
PASSED_ON = ("NER_HARNESS_DATA", "HF_HUB_OFFLINE", MEMORY_VARIABLE)


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a node must have in common with the command, and what a run may take there.

    ``folder`` is the working directory, ``software`` the versions of the libraries, ``variables``
    those of the environment; ``time_limit`` is in seconds.
    """

    folder: Path
    software: dict[str, str]
    variables: dict[str, str]
    time_limit: float

    def enter(self, cell: GridCell) -> None:
        """Go there.

        Raises:
            ConfigError: for a node without the folder, or with other code or libraries.
        """
        here = socket.gethostname()
        if not self.folder.is_dir():
            msg = f"node {here} has no {self.folder}: work in a folder that all nodes share"
            raise ConfigError(msg)
        os.chdir(self.folder)
        os.environ.update(self.variables)
        if other := self._other(cell):
            msg = f"node {here} has {', '.join(other)}: install the same on all nodes"
            raise ConfigError(msg)

    def _other(self, cell: GridCell) -> list[str]:
        """What this node has otherwise, in words."""
        found, planned = versions(cell.plugin.distribution), self.software
        other = [
            f"{name} {found.get(name, 'none')} instead of {planned.get(name, 'none')}"
            for name in sorted({*found, *planned})
            if found.get(name) != planned.get(name)
        ]
        if code_of(cell.plugin) != cell.code:
            other.append("another code of the harness or the backend")
        return other


def place_for(cell: GridCell, time_limit: float) -> Workplace:
    """The place that this process is, for ``cell``."""
    variables = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return Workplace(Path.cwd(), versions(cell.plugin.distribution), variables, time_limit)


def run_here(cell: GridCell, place: Workplace) -> Event:
    """Run ``cell`` on this node, and give how it ended."""
    try:
        place.enter(cell)
        processes.prepare([cell.plugin.module], cell.settings.threads)
    except HarnessError as error:
        return Event(cell, done=True, error=str(error), exit_code=error.exit_code)
    heard: list[Event] = []
    with suppress(HarnessError):  # the event says it too
        grid.Grid([_awaited(cell)], 1, heard.append, place.time_limit).run()
    return heard[-1]


def _awaited(cell: GridCell) -> GridCell:
    """``cell`` once nobody holds its folder, as long as a lost worker's run may take to end.

    What it left in that time is the command's own, whatever the command found when it began.
    """
    until, waited = time.monotonic() + 2 * GRACE, False
    while locking.is_held(cell.folder) and time.monotonic() < until:
        waited = True
        time.sleep(1)
    return replace(cell, found=None) if waited else cell
