"""One trial in a process of its own: trained on train, scored on dev, and test is never read.

After each look at dev the process tells the score and waits to hear whether to go on.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from harness.core import Output
from harness.data.share import with_share
from harness.data.task import load_without_test
from harness.errors import HarnessError, Stopped
from harness.protocol import DevScore
from harness.results import store
from harness.runs import failures, run
from harness.runs.child import Line, own_group
from harness.runs.contract import checked
from harness.runs.handout import DevScorer, learning_handout
from harness.runs.plan import GridCell


@dataclass(frozen=True, slots=True)
class Told:
    """What a trial has to say: its F1 on dev so far, ``final`` at its end, or why it failed."""

    f1: float = 0.0
    final: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class AskingScorer(DevScorer):
    """A scorer that tells each score, and ends the trial when it is told to."""

    pipe: Connection = field(kw_only=True, compare=False)

    def __call__(self, outputs: Sequence[Output]) -> DevScore:
        """The score that selects.

        Raises:
            Stopped: when the trial is to end.
        """
        score = DevScorer.__call__(self, outputs)
        self.pipe.send(Told(score.f1 or 0.0))
        if not self.pipe.recv():
            raise Stopped
        return score


def work(cell: GridCell, gpu: str | None, pipe: Connection) -> None:
    """The body of the process: train ``cell``, and tell what came of it."""
    # It may be told to end, or have nobody who hears it.
    with own_group(cell, gpu, pipe) as line, suppress(Stopped, OSError, EOFError):
        pipe.send(_outcome(cell, line, pipe))


def _outcome(cell: GridCell, line: Line, pipe: Connection) -> Told:
    try:
        return Told(_trained(cell, line, pipe), final=True)
    except Exception as error:  # noqa: BLE001 - a trial may fail in any way; the others go on
        message = str(error) if isinstance(error, HarnessError) else ""
        return Told(error=message or failures.failure_of(error, cell.folder).message)


def _trained(cell: GridCell, line: Line, pipe: Connection) -> float:
    """The best F1 on dev that the backend of ``cell`` reached."""
    settings = cell.settings
    whole = load_without_test(cell.task, cell.data, settings.limit)
    task = with_share(whole, settings.train_share, settings.train_draw)
    given = learning_handout(task, settings.windows)
    plain = given.score_dev
    scorer = AskingScorer(
        plain.examples, plain.windows, plain.tags, plain.labels, nested=plain.nested, pipe=pipe
    )
    store.make_folder(cell.folder)
    made = run.make(cell, task.tags, lambda _: _heard(line), scorer, None, task.descriptions)
    backend = checked(cell.plugin.name, made)
    backend.fit(given.train, given.dev)
    if not scorer.given:  # a backend that trains without looking at dev is asked once
        scorer(backend.predict([example.sentence for example in given.dev]))
    return max(score.f1 or 0.0 for score in scorer.given)


def _heard(line: Line) -> None:
    """Go on, unless the process is to end: its progress is not shown."""
    if line.stopped:
        raise Stopped
