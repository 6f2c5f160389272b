"""Whether training ended or was cut: what development F1 still did over the last epochs.

It still rose where the last five scores stand in rising order but for one pair at the most, or, of
four, all of them: of scores in random order, 1 in 24 looks so (Mann, "Nonparametric tests against
trend", 1945, with S of at least 8 and 6). By how much is the median of the slopes between all pairs
of them (Sen, "Estimates of the regression coefficient based on Kendall's tau", 1968), which one
lucky epoch does not move.
"""

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean, median

from harness.numbers import percent
from harness.results.run_record import Run, TrainingCourse

LAST = 5  # scores looked at
NEEDED = {5: 8, 4: 6}  # S by scores; of three, even all in rising order are no evidence (1 in 6)
LEVEL, UNTOLD, NEVER = "level", "too few epochs to tell", "never above 0"
UNMARKED = frozenset({LEVEL, UNTOLD})


def _distance(end: str) -> int:
    """How far an end is from level, the furthest first."""
    return (UNTOLD, LEVEL).index(end) + 1 if end in UNMARKED else 0


def rise(training: TrainingCourse) -> float | None:
    """By how much development F1 rose per epoch at the end, 0 where it did not; None if untold.

    A fraction, where 0.01 is one F1.
    """
    looks = [score for score in training.dev_f1 if score is not None]
    scores = looks[-LAST:]
    if len(scores) not in NEEDED:
        return None
    pairs = list(combinations(enumerate(scores), 2))
    signs = sum((later > earlier) - (later < earlier) for (_, earlier), (_, later) in pairs)
    if signs < NEEDED[len(scores)]:
        return 0.0
    slope = median((later - earlier) / (j - i) for (i, earlier), (j, later) in pairs)
    return slope * len(looks) / training.epochs


def _found_nothing(training: TrainingCourse) -> bool:
    """Whether no look at dev found an entity: nothing was learned yet, or nothing ever will be."""
    looks = [score for score in training.dev_f1 if score is not None]
    return bool(looks) and not any(looks)


def at_the_end(runs: Sequence[Run]) -> str | None:
    """What development F1 did at the end of most runs of a row; None if none was trained so.

    Of an ensemble, what it did at the end of the member that is furthest from level.
    """
    members = [
        at_the_end([one.run for one in each])
        for each in zip(*(run.members for run in runs), strict=True)
    ]
    if ends := sorted(filter(None, members), key=_distance):
        return ends[0]
    courses = [run.training for run in runs if run.training and run.training.dev_f1]
    rises = [rise(course) for course in courses]
    if not rises:
        return None
    if 2 * sum(map(_found_nothing, courses)) > len(courses):
        return NEVER
    known = [one for one in rises if one is not None]
    if 2 * len(known) <= len(rises):
        return UNTOLD
    rose = [one for one in known if one > 0]
    if 2 * len(rose) <= len(known):
        return LEVEL
    return f"still rose by {percent(fmean(rose))} per epoch"
