"""What the transition scores of CRFs learned: how far steps that may be taken are above the others.

A score is a natural logarithm of a weight, so a difference of 4.6 makes a step a hundred times as
probable. Near 0 the matrix learned nothing that the scheme of the tags says already.
"""

from collections.abc import Sequence
from statistics import mean

from harness.comparability.systems import System
from harness.results.run_record import Run
from harness.tags import tag_set

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
    ends = any(tag[:1] in "ES" for tag in tags)
    sides: dict[bool, list[float]] = {True: [], False: []}
    for before, row in zip(tags, run.transitions, strict=True):
        for tag, score in zip(tags, row, strict=True):
            sides[follows(before, tag, ends=ends)].append(score)
    return mean(sides[True]) - mean(sides[False]) if all(sides.values()) else None


def follows(before: str, tag: str, *, ends: bool) -> bool:
    """Whether ``tag`` may follow ``before``; ``ends``: tags tell where entities end (BIOES)."""
    is_open = before[0] in "BI"
    goes_on = tag[0] in ("IE" if ends else "I")
    if goes_on:
        return is_open and before[2:] == tag[2:]
    return not (ends and is_open)
