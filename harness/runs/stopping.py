"""Signals that ask a command to end, for work that keeps a last checkpoint where it is left.

A run is left in the same way (``harness.runs.child``); this is for work in the command itself.
"""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from harness.errors import Interrupted, Stopped
from harness.protocol import Progress
from harness.runs.child import ENDING


class Stopping:
    """While it is entered, a signal ends the work at its next report, and a second one at once.

    A signal that is ignored stays so: that is what ``nohup`` asks for.

    Raises:
        Interrupted: at its end, where a signal has stopped the work.
    """

    def __init__(self) -> None:
        self.number = 0
        self._before = {number: signal.getsignal(number) for number in ENDING}

    def __enter__(self) -> Self:
        for number, before in self._before.items():
            if before is not signal.SIG_IGN:
                signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        if isinstance(error, Stopped):
            raise Interrupted(self.number) from None

    def after(self, listen: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """``listen``, and then the end of the work where a signal has asked for it."""

        def report(progress: Progress) -> None:
            listen(progress)
            if self.number:
                raise Stopped

        return report

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.number:
            raise Interrupted(number)
        self.number = number
