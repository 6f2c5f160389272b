"""The test set of a finished run, asked again: of its own model, or of one that was made from it.

Questions and gold are those of the stored answers, so that no data set has to be at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.core import Decoded, Sentence
from harness.data.windows import Window, WindowPolicy
from harness.protocol import Backend
from harness.results import evaluate
from harness.results.reader import Result
from harness.results.record import Prediction
from harness.results.run_record import Run
from harness.runs.cost import Meter
from harness.runs.handout import DevScorer, Handout, shuffled
from harness.runs.run import timed_answers
from harness.tags import tag_set


@dataclass(frozen=True, slots=True)
class TestSet:
    """The stored answers of a run, and the windows in which they were asked for."""

    __test__ = False  # no class of tests, whatever pytest makes of its name

    run: Run
    predictions: tuple[Prediction, ...]
    windows: Sequence[Window]

    @classmethod
    def of(cls, result: Result) -> "TestSet":
        """That of ``result``."""
        predictions = result.answers().predictions
        sentences = [Sentence(p.id, p.units, p.joiner) for p in predictions]
        return cls(result.run, predictions, policy_of(result.run).cut_all(sentences))

    @property
    def sentences(self) -> list[Sentence]:
        """The sentences that are not empty."""
        return [Sentence(p.id, p.units, p.joiner) for p in self.predictions if p.units]

    def ask(self, backend: Backend, meter: Meter) -> dict[str, Decoded]:
        """The answers of ``backend``, timed as those of a run are, in the same order."""
        tags = tag_set(self.run.settings["labels"])
        nobody = DevScorer((), (), tags, ())
        given = Handout(tags, (), (), nobody, self.windows)
        order = shuffled(len(self.windows), f"{self.run.data.fingerprint} {self.run.seed}")
        return timed_answers(backend, given, order, meter, lambda progress: None)

    def with_answers(self, found: dict[str, Decoded]) -> list[Prediction]:
        """The stored records, their answers replaced by ``found``."""
        return [_replaced(one, found.get(one.id, Decoded(()))) for one in self.predictions]


def policy_of(run: Run) -> WindowPolicy:
    """How ``run`` cut long text."""
    return WindowPolicy.of(run.settings)


def _replaced(stored: Prediction, decoded: Decoded) -> Prediction:
    sure = decoded.confidence
    return stored.model_copy(
        update={
            "tags": decoded.tags,
            "confidence": None if sure is None else evaluate.rounded(sure),
            "raw": None, "raw_tags": None, "repairs": dict(decoded.repairs),
            "fates": decoded.fates, "gold_bits": None,
        }
    )  # fmt: skip


def as_characters(sentences: Sequence[Sentence], most: int) -> list[Sentence]:
    """What ``predict`` makes of the text of ``sentences`` where it joins units by nothing.

    Sentences of more than ``most`` characters are left out.
    """
    cut = [replace(one, units=tuple(one.text)) for one in sentences]
    return [one for one in cut if len(one) <= most]
