"""The analysis of one run, small enough to store beside it as ``analysis.json``.

It is made of the stored answers alone, holds integers and fractions, no time and no path: the same
answers give the same bytes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from harness.analysis.answers import FinishedRun
from harness.analysis.bucket_table import Level, bucket_table
from harness.analysis.confidence import Confidence, confidence_of
from harness.analysis.confusion import Confusion, by_tag, by_type
from harness.analysis.partial import Credit, Fair, Scheme, fair, partial_credit
from harness.analysis.taxonomy import Case, Kind, Tally, counts, tally
from harness.core import Counts

ANALYSIS = "analysis.json"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one run got wrong, counted in every way that this package knows."""

    counts: Counts
    kinds: Mapping[Kind, Tally]
    kinds_by_type: Mapping[str, Mapping[Kind, Tally]]
    buckets: tuple[Level, ...]
    types: Confusion
    tags: Confusion
    credit: Mapping[Scheme, Credit]
    fair: Fair
    confidence: Confidence | None = None

    def to_dict(self) -> dict[str, Any]:
        """The analysis as JSON values, with the scores that are derived from its counts."""
        values = asdict(self)
        for name, credit in self.credit.items():
            values["credit"][name] |= _scores(credit)
        values["fair"] |= _scores(self.fair)
        for row, level in zip(values["buckets"], self.buckets, strict=True):
            row |= {"n": level.n, "f1": level.counts.f1, "recall": level.counts.recall,
                    "small": level.small}  # fmt: skip
        return values


def _scores(counted: Credit | Fair) -> dict[str, float | None]:
    return {"precision": counted.precision, "recall": counted.recall, "f1": counted.f1}


def analyse(answers: FinishedRun) -> Analysis:
    """The analysis of one run."""
    judged = tuple(chain.from_iterable(answers.cases))
    kinds = tally(judged)
    sentences = list(zip(answers.gold, answers.found, strict=True))
    return Analysis(
        counts=counts(kinds),
        kinds=kinds,
        kinds_by_type={label: tally(_of_type(judged, label)) for label in answers.labels},
        buckets=bucket_table(answers),
        types=by_type(judged, answers.labels),
        tags=by_tag(answers.predictions, answers.labels),
        credit=partial_credit(sentences),
        fair=fair(sentences),
        confidence=confidence_of(answers),
    )


def _of_type(judged: tuple[Case, ...], label: str) -> list[Case]:
    """The part of each case that is of one type: gold by gold's label, found by found's."""
    parts = [
        Case(
            case.kind,
            case.shape,
            tuple(span for span in case.gold if span.label == label),
            tuple(span for span in case.found if span.label == label),
        )
        for case in judged
    ]
    return [part for part in parts if part.gold or part.found]
