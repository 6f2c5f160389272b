"""From answers to stored records: every score is computed here, the selecting one included."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.core import Decoded, Example, Span
from harness.data.task import PlacedExample
from harness.errors import DataError, did_you_mean
from harness.generation.fates import PREDICTED, Fates
from harness.numbers import printed
from harness.protocol import DevScore
from harness.results.record import Free, Metrics, Prediction, SetCounts, TypeCounts
from harness.results.stored import AnswerFile
from harness.scoring import cross_check
from harness.scoring.counting import CountMatrix, count, count_flat
from harness.scoring.flat import FlatSet, Triple, flatten, flatten_stored
from harness.scoring.nested import NestedCounts, count_nested
from harness.scoring.score import of_policies, scores, type_counts, unit_accuracy
from harness.tags import POLICIES, Policy, outermost

HEADLINE = POLICIES[0]
QUARTERS = 4
DIGITS = 6  # of a stored confidence


def prediction(
    placed: PlacedExample, decoded: Decoded | None, borders: tuple[int, ...], *, seen: bool
) -> Prediction:
    """The record of one sentence; a sentence without units has no answer."""
    example = placed.example
    decoded = decoded or Decoded((), entities=() if example.nested else None)
    return Prediction(
        id=example.sentence.id,
        units=example.sentence.units,
        joiner=example.sentence.joiner,
        gold=triples(example.spans),
        tags=decoded.tags,
        raw=decoded.raw,
        raw_tags=decoded.raw_tags,
        repairs=dict(decoded.repairs),
        borders=borders,
        document=placed.document,
        test_set=placed.test_set,
        seen=seen,
        fates=decoded.fates,
        confidence=None if decoded.confidence is None else rounded(decoded.confidence),
        entities=None if decoded.entities is None else triples(decoded.entities),
    )


def triples(spans: Sequence[Span]) -> tuple[Triple, ...]:
    """``spans`` as they are stored."""
    return tuple((span.start, span.end, span.label) for span in spans)


def rounded(confidence: Sequence[float]) -> tuple[float, ...]:
    """Probabilities as they are stored: digits further on differ with the order of fp32 sums."""
    return tuple(round(float(value), DIGITS) for value in confidence)


def with_bits(
    predictions: Sequence[Prediction], bits: Mapping[str, float]
) -> tuple[Prediction, ...]:
    """``predictions`` with the bits that gold costs, by the id of the sentence."""
    return tuple(
        one.model_copy(update={"gold_bits": round(bits[one.id], DIGITS)}) if one.id in bits else one
        for one in predictions
    )


def tags_of(example: Example, decoded: Decoded | None) -> tuple[str, ...]:
    """The tags of one sentence; a sentence without units has none."""
    return decoded.tags if decoded else ("O",) * len(example.sentence)


def dev_score(
    examples: Sequence[Example], answers: Sequence[Decoded | None], labels: Sequence[str]
) -> DevScore:
    """The score that selects the best epoch."""
    gold = [example.spans for example in examples]
    tags = [tags_of(*pair) for pair in zip(examples, answers, strict=True)]
    found = scores(count(gold, tags, HEADLINE, labels), HEADLINE)
    return DevScore(found.micro.f1, unit_accuracy(gold, tags) or 0.0)


def malformed_share(answers: Sequence[Decoded | None]) -> float | None:
    """How many of the answers that a model wrote had to be repaired; None if it wrote none."""
    written = [answer for answer in answers if answer is not None and answer.raw is not None]
    return sum(bool(one.repairs) for one in written) / len(written) if written else None


def dev_score_nested(
    examples: Sequence[Example], answers: Sequence[Decoded | None], labels: Sequence[str]
) -> DevScore:
    """As ``dev_score``, of nested gold; units are right as those of the outermost entities are."""
    gold = [example.spans for example in examples]
    found = [answer.entities or () if answer else () for answer in answers]
    every = scores(count_nested(gold, found, labels).every, HEADLINE)
    tags = [tags_of(*pair) for pair in zip(examples, answers, strict=True)]
    return DevScore(every.micro.f1, unit_accuracy([*map(outermost, gold)], tags) or 0.0)


@dataclass(frozen=True, slots=True)
class EvaluationSetup:
    """What is fixed for all runs of a task; ``policy`` is the one its gold was read under.

    ``nested`` says that entities may overlap, in gold and in answers.
    """

    labels: tuple[str, ...]
    policy: Policy
    split: str
    nested: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The metrics that stored answers give, and the counts behind them by policy."""

    metrics: Metrics
    matrices: Mapping[Policy, CountMatrix]


def metrics(setup: EvaluationSetup, answers: AnswerFile, free: AnswerFile | None) -> Metrics:
    """The metrics of a run, held against seqeval.

    Raises:
        HarnessError: when seqeval counts otherwise.
    """
    counted = count_again(setup, answers, free)
    gold = [prediction.gold_spans() for prediction in answers.predictions]
    if setup.nested:
        found = [prediction.found_spans() for prediction in answers.predictions]
        cross_check.check_nested(gold, found, counted.matrices[HEADLINE])
    else:
        tags = [prediction.tags for prediction in answers.predictions]
        cross_check.check(gold, tags, counted.matrices)
    return counted.metrics


def count_again(setup: EvaluationSetup, answers: AnswerFile, free: AnswerFile | None) -> Counted:
    """What the answers give, with no second scorer beside ours: what a table can afford.

    Raises:
        DataError: for answers with entities to a flat task, or without them to a nested one.
    """
    _require_kind(setup, answers.predictions)
    flat = _flat(setup, answers.predictions)
    nested = _nested(setup, answers.predictions)
    matrices = of_policies(flat) if nested is None else dict.fromkeys(POLICIES, nested.every)
    quarters = flat.wrong_by_part(QUARTERS)
    found = Metrics(
        split=setup.split,
        policy=setup.policy,
        labels=setup.labels,
        sentences=len(answers.predictions),
        units=sum(units for _, units in quarters),
        correct_units=sum(units - wrong for wrong, units in quarters),
        invalid_transitions=flat.misplaced(),
        types={policy: type_counts(matrix) for policy, matrix in matrices.items()},
        quarters=quarters,
        fates=_fates(answers.predictions),
        unseen=_unseen(setup, answers.predictions, matrices[HEADLINE]),
        sets=_sets(setup, answers.predictions),
        free=None if free is None else _free(setup, free),
        nested=None if nested is None else type_counts(nested.nested),
        predictions_sha256=answers.sha256,
    )
    return Counted(found, matrices)


def _require_kind(setup: EvaluationSetup, predictions: Sequence[Prediction]) -> None:
    for one in predictions:
        if (one.entities is not None) != setup.nested:
            kind, has = ("nested", "no list") if setup.nested else ("flat", "a list")
            msg = f"sentence {one.id}: the task is {kind}, and the answer has {has} of entities"
            raise DataError(msg)


def _flat(setup: EvaluationSetup, predictions: Sequence[Prediction]) -> FlatSet:
    """Gold and tags of all sentences; of nested gold, the outermost entities."""
    tags = [one.tags for one in predictions]
    if not setup.nested:
        return flatten_stored([one.gold for one in predictions], tags, setup.labels)
    return flatten([outermost(one.gold_spans()) for one in predictions], tags, setup.labels)


def _nested(setup: EvaluationSetup, predictions: Sequence[Prediction]) -> NestedCounts | None:
    """The counts of nested gold; None in a flat task."""
    if not setup.nested:
        return None
    gold = [one.gold_spans() for one in predictions]
    return count_nested(gold, [one.found_spans() for one in predictions], setup.labels)


def _headline(setup: EvaluationSetup, predictions: Sequence[Prediction]) -> TypeCounts:
    """The counts that rank."""
    return _types(_flat(setup, predictions), _nested(setup, predictions))


def _types(flat: FlatSet, nested: NestedCounts | None) -> TypeCounts:
    return type_counts(nested.every if nested else count_flat(flat, HEADLINE))


def _unseen(
    setup: EvaluationSetup, predictions: Sequence[Prediction], every: CountMatrix
) -> TypeCounts | None:
    """The headline counts of the sentences that are not in train; None if nobody looked."""
    seen = [bool(one.seen) for one in predictions if one.seen is not None]
    return type_counts(every.without(seen, setup.labels)) if len(seen) == len(predictions) else None


def _sets(setup: EvaluationSetup, predictions: Sequence[Prediction]) -> dict[str, SetCounts] | None:
    """The headline counts of each set of a test of several; None for a test of one."""
    of_set: dict[str, list[Prediction]] = {}
    for one in predictions:
        if one.test_set is not None:
            of_set.setdefault(one.test_set, []).append(one)
    return {
        name: SetCounts(
            sentences=len(found),
            types=_headline(setup, found),
        )
        for name, found in of_set.items()
    } or None


def _free(setup: EvaluationSetup, answers: AnswerFile) -> Free:
    """What free generation scores before and after repair."""
    predictions = answers.predictions
    flat = _flat(setup, predictions)
    repairs = Counter[str]()
    for one in predictions:
        repairs.update(one.repairs)
    return Free(
        raw=_headline(setup, [*map(_unrepaired, predictions)]),
        repaired=_types(flat, _nested(setup, predictions)),
        repairs=dict(sorted(repairs.items())),
        malformed_sentences=sum(bool(one.repairs) for one in predictions),
        fates=_fates(predictions),
        quarters=flat.wrong_by_part(QUARTERS),
        predictions_sha256=answers.sha256,
    )


def _unrepaired(one: Prediction) -> Prediction:
    """What was written as it stands: where it had to be repaired, nothing."""
    tags = one.raw_tags or one.tags
    update: dict[str, object] = {"tags": tags}
    if one.entities is not None and tags != one.tags:
        update["entities"] = ()
    return one.model_copy(update=update)


def _fates(predictions: Sequence[Prediction]) -> Fates | None:
    """What became of all units; None if nobody looked."""
    letters = []
    for one in predictions:
        if one.fates is None:
            return None
        letters.append(one.fates or PREDICTED * len(one.tags))
    return Fates.of(letters)


def unknown_labels(metrics: Metrics) -> str:
    """What to tell of entities of types that the task does not have; empty if there are none."""
    found = {
        label: fp
        for label, (_, fp, _) in sorted(metrics.types[POLICIES[0]].items())
        if label not in metrics.labels and fp
    }
    if not found:
        return ""
    named = printed(
        ", ".join(
            f"{label} ({count}){did_you_mean(label, metrics.labels)}"
            for label, count in found.items()
        )
    )
    return f"answers hold types that the task does not have, each of them wrong: {named}"
