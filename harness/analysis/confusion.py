"""Confusion matrices, by entity and by unit; rows are gold, columns are found.

By entity, pairs are the cases with one gold and one found entity; an entity of any other case,
split and merged included, is missed or spurious. ``O`` is the last row (nothing was there) and the
last column (nothing was found). By unit, tags are compared as they stand, ``O`` included.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.analysis.taxonomy import Case
from harness.results.record import Prediction
from harness.tags import OUTSIDE, encode, split, tag_set


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts: ``rows[i][j]`` is how often gold ``names[i]`` was found as ``names[j]``."""

    names: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]

    @property
    def shares(self) -> tuple[tuple[float | None, ...], ...]:
        """Each row as fractions of its sum; None in a row without any."""
        return tuple(
            tuple(value / total if total else None for value in row)
            for row in self.rows
            for total in (sum(row),)
        )


def by_type(cases: Iterable[Case], labels: Sequence[str]) -> Confusion:
    """Entities by type; the corner of ``O`` and ``O`` is empty."""
    pairs = []
    for case in cases:
        if len(case.gold) == len(case.found) == 1:
            pairs.append((case.gold[0].label, case.found[0].label))
        else:
            pairs += [(span.label, OUTSIDE) for span in case.gold]
            pairs += [(OUTSIDE, span.label) for span in case.found]
    return _confusion((*labels, OUTSIDE), pairs)


def by_tag(predictions: Iterable[Prediction], labels: Sequence[str]) -> Confusion:
    """Units by tag, ``O`` first; ``labels`` holds every label of the tags."""
    pairs: list[tuple[str, str]] = []
    for prediction in predictions:
        gold = encode(prediction.gold_spans(), len(prediction.units))
        pairs += zip(gold, prediction.tags, strict=True)
    known = dict.fromkeys((*labels, *(split(tag)[1] for tag in {tag for _, tag in pairs})))
    return _confusion(tag_set(label for label in known if label), pairs)


def _confusion(names: Sequence[str], pairs: Iterable[tuple[str, str]]) -> Confusion:
    index = {name: position for position, name in enumerate(names)}
    rows = [[0] * len(names) for _ in names]
    for gold, found in pairs:
        rows[index[gold]][index[found]] += 1
    return Confusion(tuple(names), tuple(map(tuple, rows)))
