"""Sentences and answers in the page's format, compact so that thousands fit in one file.

A sentence is ``[id, units, gold, spans, levels, answers]``. ``units`` is a string where every unit
is one code point, else a list. ``spans`` are the distinct spans of gold and all runs, flat as
start, length and label; the first ``gold`` of them are the gold. ``levels`` has a digit per span
and bucket. An answer is 0 if all is right, ``-k`` if it equals that of run ``k - 1``, else
``[found, kinds of gold, kinds of found]``: indices into the spans, and a letter for each kind.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TypeAlias

from harness.analysis.answers import FinishedRun
from harness.analysis.buckets import NO_FACTS, Bucket, Place, known_alike
from harness.analysis.taxonomy import KINDS, Case
from harness.core import Span
from harness.report.wording import AS_WRITTEN, Wording
from harness.results.record import Prediction

Encoded: TypeAlias = list[object]
_LETTERS = {kind: chr(ord("a") + index) for index, kind in enumerate(KINDS)}


def buckets_of(runs: Sequence[FinishedRun]) -> tuple[Bucket, ...]:
    """The buckets that the page can filter by: those that are the same for all runs.

    The type has a filter of its own, and repair is a class of errors; the distance to an edge is
    the same where all runs cut sentences into the same windows, and what is known of train where
    all learned from the same part of it.
    """
    own = {"type", "repair"} if _cut_alike(runs) else {"type", "repair", "edge"}
    alike = known_alike([run.facts for run in runs])
    return tuple(bucket for bucket in alike if bucket.name not in own)


def _cut_alike(runs: Sequence[FinishedRun]) -> bool:
    borders = [[prediction.borders for prediction in run.predictions] for run in runs]
    return all(one == borders[0] for one in borders)


def encode_all(
    runs: Sequence[FinishedRun], labels: Sequence[str], wording: Wording = AS_WRITTEN
) -> list[Encoded]:
    """The sentences of runs on the same data, in the order of the file."""
    buckets = buckets_of(runs)
    numbers = {label: index for index, label in enumerate(labels)}
    return [
        [prediction.id, _units(prediction, wording),
         *_encoded(runs[0], row, [run.cases[row] for run in runs], buckets, numbers)]
        for row, prediction in enumerate(runs[0].predictions)
    ]  # fmt: skip


def _encoded(
    run: FinishedRun,
    row: int,
    judged: Sequence[tuple[Case, ...]],
    buckets: Sequence[Bucket],
    numbers: Mapping[str, int],
) -> Encoded:
    prediction, gold = run.predictions[row], run.gold[row]
    found = sorted({span for case in chain(*judged) for span in case.found} - set(gold))
    index = {span: position for position, span in enumerate((*gold, *found))}
    flat = [[span.start, len(span), numbers[span.label]] for span in index]
    places = [Place(span, prediction, run.facts or NO_FACTS) for span in index]
    levels = "".join(str(b.levels.index(b.level(place))) for place in places for b in buckets)
    return [len(gold), list(chain(*flat)), levels, _answers(judged, index)]


def _units(prediction: Prediction, wording: Wording) -> str | list[str]:
    units = wording.units(prediction)
    if not prediction.joiner and all(len(unit) == 1 for unit in units):
        return "".join(units)
    return list(units)


def _answers(judged: Sequence[tuple[Case, ...]], index: Mapping[Span, int]) -> list[object]:
    answers: list[object] = []
    seen: dict[tuple[Case, ...], int] = {}
    for number, key in enumerate(judged):
        if all(case.kind == "exact" for case in key):
            answers.append(0)
        elif key in seen:
            answers.append(-1 - seen[key])
        else:
            seen[key] = number
            answers.append(_answer(key, index))
    return answers


def _answer(run_cases: Sequence[Case], index: Mapping[Span, int]) -> list[object]:
    gold = sorted((index[span], _LETTERS[case.kind]) for case in run_cases for span in case.gold)
    found = sorted((index[span], _LETTERS[case.kind]) for case in run_cases for span in case.found)
    return [
        [position for position, _ in found],
        "".join(letter for _, letter in gold),
        "".join(letter for _, letter in found),
    ]
