"""Runs that cannot both be right: of these none is used, whatever the order of their paths.

Two answers of one row to one seed contradict each other unless they are equal; a digest holds the
seed, so one that stands under two seeds was copied and edited.
"""

from collections.abc import Callable, Iterable, Sequence

from harness.results.reader import Rejected, place_of
from harness.results.verify import Sound


def consistent(
    runs: Iterable[Sound], identity: Callable[[Sound], object]
) -> tuple[list[Sound], list[Rejected]]:
    """The runs that no other contradicts, and the others with the reason.

    ``identity`` is what the runs of one row share.
    """
    rows: dict[object, list[Sound]] = {}
    digests: dict[str, list[Sound]] = {}
    every = [(identity(run), run) for run in runs]
    for row, run in every:
        rows.setdefault((row, run.run.seed), []).append(run)
        digests.setdefault(run.run.digest, []).append(run)
    kept: list[Sound] = []
    rejected: list[Rejected] = []
    for row, run in every:
        twins = rows[row, run.run.seed]
        reason = _two_seeds(run, digests[run.run.digest]) or _two_answers(run, twins)
        if reason:
            rejected.append(_rejected(run, reason))
        else:
            kept.append(run)
    return kept, rejected


def _two_seeds(run: Sound, same: Sequence[Sound]) -> str:
    others = [other for other in same if other.run.seed != run.run.seed]
    if not others:
        return ""
    listed = ", ".join(
        f"seed {other.run.seed} in {place_of(other.folder, run.folder)}" for other in others
    )
    return (
        f"its digest is also that of {listed}, and a digest holds the seed; none of them is used: "
        "move away what was copied"
    )


def _two_answers(run: Sound, twins: Sequence[Sound]) -> str:
    others = [other for other in twins if other.recount.replies != run.recount.replies]
    if not others:
        return ""
    listed = ", ".join(place_of(other.folder, run.folder) for other in others)
    return (
        f"seed {run.run.seed} of this row has a DIFFERENT result in {listed}; none of them is "
        "used: leave out the one that does not count"
    )


def _rejected(run: Sound, reason: str) -> Rejected:
    return Rejected.of(run.folder, "contradictory", reason, run.run)
