"""What a command notes of its runs, wherever they are done: what was there, stored, and failed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.errors import GridError, HarnessError, LockedError
from harness.results import provenance
from harness.runs import launch
from harness.runs.child import Event
from harness.runs.plan import GridCell


@dataclass(slots=True)
class Logbook:
    """``stored`` has the SHA-256 of the ``metrics.json`` that is to be in each folder.

    Empty stands for none. ``failed`` has how each run ended that failed.
    """

    stored: dict[Path, str] = field(default_factory=dict)
    failed: list[Event] = field(default_factory=list)

    def opened(self, cells: Sequence[GridCell]) -> list[GridCell]:
        """``cells`` with what is in their folders before anything starts.

        One that was looked at before stays as it is.
        """
        looked = [replace(c, found=c.found or provenance.found_in(c.folder)) for c in cells]
        self.stored |= {c.folder.resolve(): c.found.complete for c in looked if c.found}
        return looked

    def note(self, cell: GridCell, event: Event) -> None:
        """Take note of what the run of ``cell`` says that it has stored, or that it failed."""
        if event.stored:
            self.stored[cell.folder.resolve()] = event.stored
        if event.error:
            self.failed.append(replace(event, cell=cell))

    def close(self, cells: Sequence[GridCell]) -> None:
        """Look at what is stored, and raise what failed, when all ``cells`` have ended.

        Raises:
            GridError: when some failed; for a single cell, its own error. All failing alike have
                the exit code that they share.
        """
        if not launch.follows():  # else the first process of the launch writes what is there
            self.failed += self._foreign(cells)
        if self.failed:
            raise self.error(len(cells))

    def error(self, cells: int) -> HarnessError:
        """What to raise where some of so many ``cells`` failed."""
        names = "".join(f"\n  {event.cell.name}: {event.error}" for event in self.failed)
        told = f"{len(self.failed)} of {cells} cells failed:{names}"
        error = GridError(told) if cells > 1 else HarnessError(self.failed[0].error)
        codes = {event.exit_code for event in self.failed}
        if len(self.failed) == cells and len(codes) == 1:
            error.exit_code = codes.pop()  # one cause for all of them is the cause of the command
        return error

    def _foreign(self, cells: Sequence[GridCell]) -> list[Event]:
        """Runs of which another process has written or removed the result."""
        failed = {event.cell.folder for event in self.failed}
        told = LockedError.exit_code
        return [
            Event(cell, done=True, error=f"{cell.folder} {provenance.FOREIGN}", exit_code=told)
            for cell in cells
            if cell.folder not in failed
            and provenance.complete(cell.folder) != self.stored[cell.folder.resolve()]
        ]
