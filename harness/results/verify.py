"""Which results may be believed: those whose stored answers give every score that they state.

This is the one definition of *sound*, for `leaderboard`, `merge`, `verify`, `reproduce` and all of
the analysis. ``metrics.json`` is only a claim; what a table prints is counted again here, from the
answers, and a run that claims anything else is set apart with the reason.
"""

import hashlib
import marshal
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from harness.data.splits import TEST, TRAIN, set_of
from harness.errors import DataError, HarnessError
from harness.results import confidence, evaluate, reader, store
from harness.results.reader import Rejected, Result, Results, place_of, placeless
from harness.results.record import Metrics, Prediction, documents_of
from harness.results.run_record import Run
from harness.results.store import COMPLETE, FREE, PREDICTIONS, RUN
from harness.scoring.counting import CountMatrix
from harness.scoring.flat import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Recount:
    """What the stored answers of a run give; the answers themselves are not kept.

    ``counts`` are by sentence and type under the headline policy, in the order of the sentences'
    ids, as are ``documents``, empty where a sentence names none. ``questions`` is a digest of what
    was asked (ids, units and gold), ``replies`` one of the tags that were answered. ``characters``
    count the text with what joins its units; ``seen`` counts sentences that are marked as being in
    train, too.
    ``calibration_error`` is as the run scales confidences; ``gold_bits`` is what gold costs.
    """

    metrics: Metrics
    counts: CountMatrix
    documents: tuple[str, ...]
    questions: str
    replies: str
    characters: int
    seen: int | None = None
    calibration_error: float | None = None
    gold_bits: float | None = None

    @property
    def by_sentence(self) -> Ints:
        """Counts over all types: (sentences, 3), tp, fp and fn."""
        return self.counts.by_sentence

    def of_type(self, label: str) -> Ints:
        """Counts of one type: (sentences, 3)."""
        if label not in self.counts.labels:
            return np.zeros((len(self.counts.values), 3), np.int64)
        return self.counts.values[:, self.counts.labels.index(label)]


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A run whose answers give what it claims: what tables are made of."""

    result: Result
    recount: Recount

    @property
    def folder(self) -> Path:
        """Where it stands."""
        return self.result.folder

    @property
    def run(self) -> Run:
        """Its record."""
        return self.result.run

    @property
    def metrics(self) -> Metrics:
        """What its answers give."""
        return self.recount.metrics

    @property
    def documents(self) -> tuple[str, ...]:
        """The document of each sentence; empty where one names none."""
        return self.recount.documents


Judged: TypeAlias = Sound | tuple[str, ...]  # a sound run, or what is wrong with it


@dataclass(frozen=True, slots=True)
class Checked:
    """Runs that are sound, and everything else with its reason."""

    runs: tuple[Sound, ...]
    rejected: tuple[Rejected, ...] = ()


def check(found: Results) -> Checked:
    """The sound runs of ``found``; the others are listed with the reason, beside what was listed.

    Where two sound runs have one configuration and give different scores, none of them is used:
    which one counts is not for the order of their paths to say.
    """
    return _settled([(result, _judged(result)) for result in found.runs], found.rejected)


def _settled(judged: Sequence[tuple[Result, Judged]], rejected: Sequence[Rejected]) -> Checked:
    """What was judged, of which no two sound runs contradict each other."""
    sound = [run for _, run in judged if isinstance(run, Sound)]
    unsound = [_rejected(result, run) for result, run in judged if isinstance(run, tuple)]
    same: dict[tuple[str, int], list[Sound]] = {}
    for run in sound:
        same.setdefault(_key(run), []).append(run)
    at_odds = [_contradicts(run, same) for run in sound if len(same[_key(run)]) > 1]
    alone = tuple(run for run in sound if len(same[_key(run)]) == 1)
    return Checked(alone, (*rejected, *unsound, *at_odds))


def _key(run: Sound) -> tuple[str, int]:
    return run.run.digest, run.run.seed


def _contradicts(run: Sound, same: Mapping[tuple[str, int], Sequence[Sound]]) -> Rejected:
    others = [place_of(o.folder, run.folder) for o in same[_key(run)] if o is not run]
    reason = (
        f"a DIFFERENT result of the same configuration is in {', '.join(others)}; "
        "none of them is used: move away the one that is wrong"
    )
    return Rejected.of(run.folder, "contradictory", reason, run.run)


def require_sound(result: Result) -> Sound:
    """``result`` with its recount.

    Raises:
        DataError: with every problem of a result that is not sound.
    """
    judged = _judged(result)
    if isinstance(judged, Sound):
        return judged
    raise DataError("\n".join(judged))


def problems(result: Result) -> tuple[str, ...]:
    """Why ``result`` is not sound, or seqeval reads it otherwise; empty if all is well."""
    return _problems(result, _judged(result))


def _problems(result: Result, judged: Judged) -> tuple[str, ...]:
    if not isinstance(judged, Sound):
        return judged
    try:
        evaluate.metrics(_gold(result), result.answers(), result.free_answers())
        return damage(result)
    except HarnessError as error:
        return (f"{result.folder}: {error}",)


def damage(result: Result) -> tuple[str, ...]:
    """Every file of ``result`` that is not as it was stored, its model and its history too.

    Raises:
        DataError: for a file that cannot be read.
    """
    return tuple(f"{result.folder}: {one}" for one in result.changed_files())


def unusable(folder: Path) -> str:
    """Why the finished run in ``folder`` cannot be believed; empty if it can, or is unfinished."""
    if not store.is_complete(folder):
        return ""
    found = reader.read_folder(folder)
    if isinstance(found, Rejected):
        return found.reason
    judged = _judged(found)
    wrong = judged if isinstance(judged, tuple) else damage(found)
    return placeless(wrong[0].removeprefix(f"{folder}: "), folder) if wrong else ""


def _judged(result: Result) -> Judged:
    """The run with its recount, or what is wrong with it."""
    try:
        recount = _recount(result)
    except DataError as error:
        return (str(error),)
    found = (
        *_misstated(result, recount.metrics),
        *_misrecorded(result.run, recount),
        *result.changed_files((PREDICTIONS, FREE)),
    )
    wrong = tuple(f"{result.folder}: {problem}" for problem in found)
    return wrong or Sound(result, recount)


def _rejected(result: Result, problems: Sequence[str]) -> Rejected:
    first = problems[0].removeprefix(f"{result.folder}: ")
    more = f" (and {len(problems) - 1} more, which `verify` lists)" if len(problems) > 1 else ""
    reason = f"{placeless(first, result.folder)}{more}"
    return Rejected.of(result.folder, "unsound", reason, result.run)


def _recount(result: Result) -> Recount:
    """The stored answers, counted again.

    Raises:
        DataError: for answers that cannot be read.
    """
    answers = result.answers()
    try:
        counted = evaluate.count_again(_gold(result), answers, result.free_answers())
    except DataError as error:
        msg = f"{result.folder}: {error}"
        raise DataError(msg) from error
    order = sorted(range(len(answers.predictions)), key=lambda i: answers.predictions[i].id)
    ordered = [answers.predictions[index] for index in order]
    matrix = counted.matrices[evaluate.HEADLINE]
    return Recount(
        counted.metrics,
        CountMatrix(matrix.labels, matrix.values[order]),
        documents_of(ordered),
        _digest((one.id, one.units, one.gold) for one in ordered),
        _digest(one.tags if one.entities is None else one.entities for one in ordered),
        sum(map(_characters, ordered)),
        None if any(one.seen is None for one in ordered) else sum(bool(o.seen) for o in ordered),
        confidence.error(result.run, ordered),
        confidence.bits(ordered),
    )


def _gold(result: Result) -> evaluate.EvaluationSetup:
    claimed, nested = result.metrics, result.run.data.nested
    return evaluate.EvaluationSetup(claimed.labels, claimed.policy, claimed.split, nested)


def _digest(parts: Iterable[tuple[Any, ...]]) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(marshal.dumps(part, 0))  # in version 0 equal values have equal bytes
    return total.hexdigest()


def _characters(prediction: Prediction) -> int:
    return len(prediction.joiner.join(prediction.units))


def _misstated(result: Result, again: Metrics) -> Iterator[str]:
    """What ``metrics.json`` claims and the answers do not give."""
    claimed, given = result.metrics.model_dump(), again.model_dump()
    for key in claimed | given:
        said, found = claimed.get(key), given.get(key)
        if said != found:
            yield f"{key}: {COMPLETE} says {_short(said)}, its answers give {_short(found)}"


def _misrecorded(run: Run, recount: Recount) -> Iterator[str]:
    """What ``run.json`` says of the data and the answers do not bear out."""
    again = recount.metrics
    support = {label: counts.support for label, counts in again.counts().items()}
    pairs: dict[str, tuple[object, object]] = {
        "gold": (dict(+Counter(run.data.support)), dict(+Counter(support))),
        "split": (run.data.split, again.split),
        "policy of the gold": (run.data.policy, again.policy),
        "sentences in train": (_in_train(run), recount.seen),
        "sentences": (run.data.sentences.get(again.split, again.sentences), again.sentences),
        "sentences of test sets": (_of_sets(run), _sizes(again)),
    }
    for name, (said, found) in pairs.items():
        if said != found and None not in (said, found):
            yield f"{name}: {RUN} says {_short(said)}, {PREDICTIONS} holds {_short(found)}"


def _of_sets(run: Run) -> dict[str, int]:
    """The sentences of each set of a test of several, as the record has them."""
    sizes = run.data.sentences.items()
    return {name: size for part, size in sizes if (name := set_of(part)) is not None}


def _sizes(again: Metrics) -> dict[str, int]:
    return {name: found.sentences for name, found in (again.sets or {}).items()}


def _in_train(run: Run) -> int | None:
    """How many test sentences are in train, exactly or nearly; None if nobody looked.

    An ensemble has no fewer than any of its members.
    """
    told = [_own_in_train(one) for one in (run, *(member.run for member in run.members))]
    return None if told[0] is None else max(filter(None, told), default=0)


def _own_in_train(run: Run) -> int | None:
    pairs = (one for one in run.data.overlap or () if (one.part, one.whole) == (TEST, TRAIN))
    return next((one.exact + one.near for one in pairs), None)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


@dataclass(frozen=True, slots=True)
class Verification:
    """How many results were read, every problem they have, and how many carry no hashes."""

    results: int
    problems: tuple[str, ...]
    unhashed: int = 0


def report(folders: Sequence[Path]) -> Verification:
    """Every problem of the results in and below ``folders``; what one lacks keeps no other back.

    Raises:
        ConfigError: for a folder that does not exist.
        DataError: if there is nothing to verify.
    """
    found = reader.read(folders)
    broken = [one for one in found.rejected if one.is_broken]
    if not found.runs and not broken:
        reasons = "".join(f"\n  {one.folder}: {one.kind}, {one.reason}" for one in found.rejected)
        msg = f"nothing to verify: no finished run in {', '.join(map(str, folders))}{reasons}"
        raise DataError(msg)
    judged = [(result, _judged(result)) for result in found.runs]
    told = [problem for pair in judged for problem in _problems(*pair)]
    odds = [one for one in _settled(judged, ()).rejected if one.kind == "contradictory"]
    listed = (f"{one.folder}: {one.reason}" for one in (*broken, *odds))
    unhashed = sum(result.files is None for result in found.runs)
    return Verification(len(found.runs) + len(broken), (*told, *listed), unhashed)
