"""The sentences under a table: what its figures claim, and what they do not."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.comparability.systems import System
from harness.leaderboard.measures import (
    CONFIDENCE,
    MARK,
    MEMORY,
    has_title_of_another,
    shares_pages,
    title_of_set,
)
from harness.leaderboard.ranking import MARGIN
from harness.numbers import mebibytes, percent, printed, rounded
from harness.results.record import Metrics, SetCounts, TypeCounts
from harness.results.verify import Sound

if TYPE_CHECKING:
    from harness.statistics import Comparison, Interval, MinimumDifference

ONE_SEED = (
    "Not ranked: with one seed nothing can be claimed about training variance. Ranks need two "
    "seeds of each row, the levels stated here three: --seed 13 42 87."
)


def captions(
    claims: "Comparison", systems: Sequence[System], *, documents: bool
) -> tuple[str, ...]:
    """What stands under the table of ``systems``."""
    drawn = "document" if documents else "sentence"
    lines = [_intervals(claims, systems, drawn)]
    lines += [] if claims.covers_training else [ONE_SEED]
    if claims.minimum and claims.covers_training:
        smallest = nothing_is_found(claims, drawn) or _smallest(claims.minimum)
        lines += [smallest, _groups(claims), _near(claims, systems, drawn)]
    return (*lines, *fallen(claims, systems))


def nothing_is_found(claims: "Comparison", drawn: str) -> str:
    """Why no difference can be claimed, where that is so; ``drawn`` is a document or a sentence."""
    if not claims.finds_nothing:
        return ""
    from harness.statistics.permutation import least
    from harness.statistics.significance import ALPHA

    pairs, s = len(claims.pairs), "" if claims.units == 1 else "s"
    return (
        f"No difference can be found, however large: {claims.units} {drawn}{s} with entities can "
        f"give no p below {least(claims.units):.2g}, and of {pairs} pairs a claim needs one below "
        f"{ALPHA / pairs:.2g}."
    )


def of_sets(sets: Mapping[str, SetCounts]) -> tuple[str, ...]:
    """What the score that ranks is of, where the test is made of several sets."""
    if not sets:
        return ()
    listed = "; ".join(
        f"{printed(name)} {one.sentences:,} sentences, {_entities(one.types):,} entities"
        for name, one in sets.items()
    )
    alone = (
        f" {title_of_set(name)} is of the set {printed(name)} alone."
        for name in filter(has_title_of_another, sets)
    )
    return (
        f"Test is {len(sets)} sets ({listed}). F1, its intervals, tests and ranks are over the "
        f"sentences of all of them together, not a mean over sets.{''.join(alone)}",
    )


def of_nested(metrics: Metrics) -> tuple[str, ...]:
    """What the score of nested entities is of, where gold is nested."""
    if metrics.nested is None:
        return ()
    return (
        f"Gold is nested: {_entities(metrics.nested):,} of its entities overlap others, and F1 "
        "nested is of those. Scores on a flat reading of the same text are of another task.",
    )


def _entities(types: TypeCounts) -> int:
    return sum(tp + fn for tp, _, fn in types.values())


def of_marks(marked: Collection[str], group: Sequence[System]) -> Iterator[str]:
    """What the marks in the columns ``marked``, keys of them, mean for the rows of ``group``."""
    if not MEMORY.isdisjoint(marked):
        yield _memory_mark(group)
    if not CONFIDENCE.isdisjoint(marked):
        yield (
            f"{MARK} ECE of confidences as their backend gave them: nothing was fitted on dev for "
            "such rows, and they are not compared by it."
        )


def _memory_mark(group: Sequence[System]) -> str:
    """What the mark behind a row's memory means, with the bytes of ``group`` that it is for."""
    sharing = [one.run.cost for system in group for one in system.results if shares_pages(one)]
    most = mebibytes(max(cost.shared_bytes or 0 for cost in sharing))
    return (
        f"{MARK} Memory of a run that shared up to {most} MiB with other processes: libraries that "
        "its command loads once for all runs, weights mapped from a file. Such rows are not "
        "compared by it."
    )


def fallen_mark(claims: "Comparison", system: System) -> str:
    """The watermark of a row with seeds that fell out."""
    seeds = ", ".join(str(result.run.seed) for result in _fell(claims, system))
    return f"seed {seeds} fell out"


def _intervals(claims: "Comparison", systems: Sequence[System], drawn: str) -> str:
    covered = f"the choice of {drawn}s"
    if claims.units < 2:
        covered = f"the choice of entities in one {drawn}, not that of {drawn}s,"
    if not claims.covers_training:
        return f"95 % intervals of F1 cover {covered.rstrip(',')}, for the models as trained."
    from harness.statistics.outlying import unseen

    seeds = min(len(system.results) for system in systems)
    share = rounded(100 * unseen(seeds), 0)
    return (
        f"95 % intervals of F1 cover {covered} and of seeds, of trainings like those "
        f"seen: {seeds} seeds may miss a failure that {share} % of trainings have."
    )


def _smallest(minimum: "MinimumDifference") -> str:
    models = f"{percent(minimum.models)} where only these trained models are meant"
    return (
        f"Smallest true difference of F1 that is found 4 times in 5: {_of_systems(minimum)}; "
        f"{models} (power 80 %, tests corrected for {minimum.pairs} pairs)."
    )


def _of_systems(minimum: "MinimumDifference") -> str:
    if minimum.systems is None:
        return "two seeds cannot say, since they tell too little of the luck of training"
    return percent(minimum.systems) if minimum.systems < 1 else "none with these seeds"


def _groups(claims: "Comparison") -> str:
    from harness.statistics.table import RESOLVED

    pairs = len(claims.pairs)
    lettered = any(claims.letters.values())
    others = ", nor are rows that share a letter from each other" if lettered else ""
    computed = "; p below 0.01 is computed, not drawn" if pairs > RESOLVED else ""
    return (
        f"Group 1 is not separable from the best{others} "
        f"(paired permutation tests on F1 at 0.05, Holm-corrected over {pairs} pairs{computed})."
    )


def _near(claims: "Comparison", systems: Sequence[System], drawn: str) -> str:
    if claims.units < 2:
        return f"By how much rows may be behind the best, one {drawn} cannot tell."
    near = sum(claims.behind[one.name] < MARGIN for one in systems)
    margin = rounded(100 * MARGIN, 0)
    return (
        f"At 95 % for all rows at once, {near} of {len(systems)} rows are within {margin} F1 of "
        "the best."
    )


def fallen(claims: "Comparison", systems: Sequence[System]) -> Iterator[str]:
    """Which seeds of ``systems`` fell out of their rows, and what the others have."""
    for system in systems:
        if system.name not in claims.fallen:
            continue
        fell = [
            f"seed {one.run.seed} with {percent(one.metrics.micro().f1 or 0.0)}"
            for one in _fell(claims, system)
        ]
        rest = _rest(claims.fallen[system.name].rest)
        yield (
            f"{system.name}: {', '.join(fell)} fell out of its row. Mean and interval count it, "
            f"since such trainings occur{rest}."
        )


def _rest(rest: "Interval | None") -> str:
    if rest is None:
        return ""
    bounds = f"{percent(rest.low)} to {percent(rest.high)}"
    return f"; of the others F1 is {percent(rest.point)}, {bounds}"


def _fell(claims: "Comparison", system: System) -> list[Sound]:
    return [system.results[place] for place in claims.fallen[system.name].seeds]
