"""Whether an exported model is the model: the same tags or, of one made coarser, the same worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.core import Decoded, Output, Sentence, Tags
from harness.errors import BackendError
from harness.results.record import Metrics, Prediction
from harness.scoring.counting import count
from harness.scoring.score import percent
from harness.statistics.equivalence import Equivalence, equivalence
from harness.tags import POLICIES, decode

# Sums in another order differ in their last digits, and where two tags are as good as equal the
# other one wins. Among fewer than a thousand sentences that may happen to none.
TOLERATED = 1e-3
MARGIN = 0.005


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many of the sentences that were asked have other spans, and which one is the first."""

    sentences: int
    different: int
    first: str = ""

    @property
    def holds(self) -> bool:
        """Whether the two answer alike."""
        return self.different <= TOLERATED * self.sentences

    @property
    def words(self) -> str:
        """What to tell people."""
        if not self.different:
            return f"the same entities in all {self.sentences:,} test sentences"
        return f"the same entities in all but {self.different} of {self.sentences:,} test sentences"


def agreement(
    sentences: Sequence[Sentence],
    ours: Mapping[str, Decoded],
    theirs: Sequence[Output] | Mapping[str, Decoded],
) -> Agreement:
    """How ``theirs`` compare with ``ours``, sentence by sentence."""
    if isinstance(theirs, Mapping):
        answers = [theirs[one.id].tags for one in sentences]
    else:
        answers = [one.tags if isinstance(one, Tags) else () for one in theirs]
    pairs = zip(sentences, answers, strict=True)
    other = [one.text for one, tags in pairs if decode(tags) != decode(ours[one.id].tags)]
    return Agreement(len(sentences), len(other), other[0] if other else "")


def require_alike(found: Agreement) -> None:
    """Refuse an export that answers otherwise, or that nothing could be asked of.

    Raises:
        BackendError: with the first sentence in which it does.
    """
    if not found.sentences:
        msg = "the test set holds no sentence that it could be checked on; nothing was exported"
        raise BackendError(msg)
    if not found.holds:
        msg = (
            f"the exported model has other entities in {found.different} of {found.sentences} test "
            f"sentences, first in {found.first[:40]!r}; nothing was exported"
        )
        raise BackendError(msg)


def worth(
    stored: Sequence[Prediction], found: Sequence[Prediction], metrics: Metrics
) -> Equivalence:
    """The test of the answers that were ``found`` against those that were ``stored``."""
    gold = [one.gold_spans() for one in stored]
    first, second = (
        count(gold, [one.tags for one in answers], POLICIES[0], metrics.labels).by_sentence
        for answers in (found, stored)
    )
    return equivalence(first[np.newaxis], second[np.newaxis], MARGIN)


def in_words(found: Equivalence) -> str:
    """What the test says, for people."""
    return (
        f"F1 {_signed(found.difference)} against the model it was made from, 90 % "
        f"interval {_signed(found.low)} to {_signed(found.high)}"
    )


def _signed(fraction: float) -> str:
    return f"{'-' if fraction < 0 else '+'}{percent(abs(fraction))}"


def require_worth(found: Equivalence) -> None:
    """Refuse an export whose F1 may be further off than the margin.

    Raises:
        BackendError: with the interval.
    """
    if not found.holds:
        msg = (
            f"{in_words(found)}: it is not shown to be within {percent(found.margin)} F1; nothing "
            "was exported. A larger test set narrows the interval; --to onnx changes no tag"
        )
        raise BackendError(msg)
