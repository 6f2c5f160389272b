"""Progress for the person who waits: bars on a terminal, plain lines elsewhere, both on stderr."""

import os
import time
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from harness import protocol
from harness.runs.child import Event


@dataclass(frozen=True, slots=True)
class _Phase:
    """A bar: what it stands for, when it began, and how many units were done by then."""

    task: TaskID
    name: str
    begun: float
    before: int

    def rate(self, done: int) -> str:
        """Units per second since the bar began."""
        seconds = time.monotonic() - self.begun
        return f"{(done - self.before) / seconds:,.0f}" if done > self.before and seconds else ""


class Display:
    """Shows the events of a grid; a context manager."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}% {task.fields[rate]:>8} units/s", markup=False),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal or "NO_COLOR" in os.environ,
        )
        self._tasks: dict[str, _Phase] = {}

    def __enter__(self) -> "Display":
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if event.progress:
            self.show(event.cell.name, event.progress)
        if event.done:
            self._end(event)

    def show(self, name: str, progress: protocol.Progress) -> None:
        """Show where the work called ``name`` stands."""
        if progress.line:
            self.line(f"{name}: {progress.note}")
        else:
            self._advance(name, progress)

    def line(self, text: str) -> None:
        """Print a line that stays; the text is data, never markup."""
        self._console.print(Text("".join(c for c in text if c >= " " or c == "\n")), soft_wrap=True)

    def _advance(self, name: str, progress: protocol.Progress) -> None:
        phase = self._tasks.get(name)
        if phase is None or phase.name != progress.phase:
            if phase is not None:
                self._bars.remove_task(phase.task)
            task = self._bars.add_task(f"{name} {progress.phase}", rate="", note="")
            phase = self._tasks[name] = _Phase(
                task, progress.phase, time.monotonic(), progress.done
            )
        self._bars.update(
            phase.task,
            completed=progress.done,
            total=progress.total,
            rate=phase.rate(progress.done),
            note=progress.note,
        )

    def _end(self, event: Event) -> None:
        if event.cell.name in self._tasks:
            self._bars.remove_task(self._tasks.pop(event.cell.name).task)
        if event.error:
            self.line(f"{event.cell.name}: failed, see the end")
        else:
            self.line(f"{event.cell.name}: {'done before' if event.reused else 'done'}")
