"""What the transition scores of CRFs learned: how far steps that may be taken are above the others.

A score is a natural logarithm of a weight, so a difference of 4.6 makes a step a hundred times as
probable. Near 0 the matrix learned nothing that the scheme of the tags says already.
"""

from collections.abc import Sequence
from statistics import mean

from harness.comparability.systems import System
from harness.results.run_record import Run
from harness.tags import may_follow, may_follow_in_bioes, tag_set

TITLE = "legal over illegal"  # mean score of legal steps less that of illegal ones


def gap(system: System) -> float | None:
    """The difference of the mean scores, the mean over seeds; None if a run has no such scores."""
    found = [_gap(result.run, result.metrics.labels) for result in system.results]
    known = [one for one in found if one is not None]
    return mean(known) if len(known) == len(found) else None


def _gap(run: Run, labels: Sequence[str]) -> float | None:
    if not run.transitions:
        return None
    tags = run.transition_tags or tag_set(labels)
    follows = may_follow_in_bioes if any(tag[0] in "ES" for tag in tags) else may_follow
    sides: dict[bool, list[float]] = {True: [], False: []}
    for before, row in zip(tags, run.transitions, strict=True):
        for tag, score in zip(tags, row, strict=True):
            sides[follows(before, tag)].append(score)
    return mean(sides[True]) - mean(sides[False]) if all(sides.values()) else None
