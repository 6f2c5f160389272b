"""What generators wrote unconstrained: systems of their own, and what had to be repaired in them.

Free answers share model and seed with the constrained ones, so they say nothing about a gold that
may be wrong, and no vote is theirs in the suspects.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.analysis.answers import FinishedRun, load
from harness.results import evaluate
from harness.results.record import Prediction
from harness.results.verify import Sound

VARIANT = "free"


@dataclass(frozen=True, slots=True)
class RepairKind:
    """A kind of repair: its sentences, how often it was made, and the shortest answer with it."""

    kind: str
    sentences: int
    times: int
    example: Prediction


def load_with_free(result: Sound) -> tuple[FinishedRun, ...]:
    """The answers of a run and, where its backend generates text, what it wrote freely.

    Raises:
        DataError: for a file that is damaged.
    """
    scored, written = load(result), result.result.free_answers()
    if written is None:
        return (scored,)
    stated = result.metrics
    gold = evaluate.EvaluationSetup(stated.labels, stated.policy, stated.split)
    variant = " ".join(filter(None, (result.run.variant, VARIANT)))
    run = result.run.model_copy(update={"variant": variant})
    metrics = evaluate.count_again(gold, written, None).metrics
    return scored, replace(
        scored, run=run, metrics=metrics, predictions=written.predictions, history=()
    )


def repairs_by_kind(predictions: Sequence[Prediction]) -> tuple[RepairKind, ...]:
    """What was repaired, in most sentences first."""
    times: Counter[str] = Counter()
    found: dict[str, list[Prediction]] = {}
    for prediction in predictions:
        times.update(prediction.repairs)
        for kind in filter(prediction.repairs.get, prediction.repairs):
            found.setdefault(kind, []).append(prediction)
    told = [
        RepairKind(
            kind, len(repaired), times[kind], min(repaired, key=lambda one: len(one.raw or ""))
        )
        for kind, repaired in found.items()
    ]
    return tuple(sorted(told, key=lambda repair: (-repair.sentences, repair.kind)))
