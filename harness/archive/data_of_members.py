"""What an ensemble has read of its data: all that any of its members has.

Members answer the same sentences, but one may have learned from a part of train, so that none of
them speaks for the others. Members that read alike leave the record that each of them has.
"""

from collections.abc import Sequence
from dataclasses import replace

from harness.analysis import FinishedRun, TrainFacts
from harness.data.overlap import Overlap
from harness.data.splits import TEST, TRAIN, set_of
from harness.results.record import Prediction
from harness.results.run_record import Data


def seen_by_any(side: Sequence[Prediction]) -> bool | None:
    """Whether a member learned from this sentence; None where none did and one did not look."""
    told = [one.seen for one in side]
    return True if True in told else None if None in told else False


def data_of_all(read: Sequence[Data], asked: Sequence[Prediction]) -> Data:
    """What the record says of the data that members ``read``.

    ``asked`` are the sentences of test as the ensemble has them, seen where any member saw them.
    Of each split as many sentences are told as the member read that read most.
    """
    limits = [one.limit for one in read if one.limit is not None]
    return read[0].model_copy(
        update={
            "sentences": {
                name: max(one.sentences.get(name, 0) for one in read) for name in read[0].sentences
            },
            "limit": min(limits, default=None),
            "overlap": _overlaps([one.overlap for one in read], asked),
        }
    )


def facts_of_all(voters: Sequence[FinishedRun]) -> TrainFacts | None:
    """What is known of the part of train that has all that any of ``voters`` learned from.

    That is all of train where one did, else the part that each did; None where there is no such.
    """
    whole = [one for one in voters if one.run.part_of_train[0] == 1.0]
    told = [one.facts for one in whole or voters]
    return told[0] if all(facts == told[0] for facts in told) else None


def _overlaps(
    told: Sequence[tuple[Overlap, ...] | None], asked: Sequence[Prediction]
) -> tuple[Overlap, ...] | None:
    """What the splits share for any member, pair by pair; None where one did not look."""
    known = [found for found in told if found is not None]
    if len(known) < len(told):
        return None
    pairs = dict.fromkeys((one.part, one.whole) for found in known for one in found)
    return tuple(
        _together([one for found in known for one in found if (one.part, one.whole) == pair], asked)
        for pair in pairs
    )


def _together(of_members: Sequence[Overlap], asked: Sequence[Prediction]) -> Overlap:
    """What one split shares with what any member read of another."""
    most = max(of_members, key=lambda one: one.exact + one.near)
    surfaces = max(one.shared_surfaces for one in of_members)
    seen = _seen(most, asked)
    if seen is None:
        return replace(most, shared_surfaces=surfaces)
    # A sentence that is exactly in one part of train may be nearly in another: these are certain.
    nearly = sum(one.near for one in of_members)
    exact = max(seen - nearly, *(one.exact for one in of_members))
    return replace(most, exact=exact, near=seen - exact, shared_surfaces=surfaces)


def _seen(overlap: Overlap, asked: Sequence[Prediction]) -> int | None:
    """How many sentences of a part of test are seen in train; None for other pairs or unknown."""
    name = set_of(overlap.part)
    if overlap.whole != TRAIN or (overlap.part != TEST and name is None):
        return None
    told = [one.seen for one in asked if name is None or one.test_set == name]
    return None if None in told else sum(map(bool, told))
