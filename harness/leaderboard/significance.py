"""What stored predictions let a table claim: intervals, tests, groups and letters.

Counts are those that ``harness.results.verify`` made again from the answers, sentence by sentence,
or by document where every sentence names its own.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.comparability.systems import System
from harness.errors import DataError
from harness.leaderboard.ranking import Ranking
from harness.leaderboard.table import Contrast
from harness.numbers import percent
from harness.results.store import PREDICTIONS

if TYPE_CHECKING:
    from harness.statistics import Comparison
    from harness.statistics.samples import CountArray

ONE_SEED = "With one seed nothing can be claimed about training variance."


def rank_with_tests(systems: Sequence[System], ranks: dict[str, int]) -> Ranking:
    """The systems' standing: their ranks, and what the predictions say of their differences.

    Raises:
        DataError: where two runs did not answer the same sentences.
    """
    one_seed = (ONE_SEED,) if any(len(system.results) == 1 for system in systems) else ()
    if not sum(systems[0].first.run.data.support.values()):
        return Ranking(ranks, captions=(*one_seed, "The gold holds no entity: F1 is undefined."))
    from harness.statistics import compare

    counts, documents = _counts(systems)
    comparison = compare(counts)
    return Ranking(
        ranks,
        {name: (one.low, one.high) for name, one in comparison.intervals.items()},
        comparison.groups,
        comparison.letters,
        (*one_seed, *_captions(comparison, documents=documents)),
        _contrasts(comparison),
    )


def _counts(systems: Sequence[System]) -> tuple[dict[str, "CountArray"], bool]:
    """Counts by system, (seeds, sentences or documents, 3), and whether they are by document."""
    import numpy as np

    from harness.statistics import by_document

    _require_same_sentences(systems)
    counts: dict[str, CountArray] = {
        system.name: np.stack([one.recount.by_sentence for one in system.results])
        for system in systems
    }
    every = systems[0].first.recount.documents
    documents = [document for document in every if document is not None]
    if len(documents) < len(every):
        return counts, False
    return {name: by_document(array, documents) for name, array in counts.items()}, True


def _require_same_sentences(systems: Sequence[System]) -> None:
    first = systems[0].first
    for result in (result for system in systems for result in system.results):
        if result.recount.questions != first.recount.questions:
            msg = (
                f"no table: the sentences or the gold in {result.folder / PREDICTIONS} are not "
                f"those of {first.folder}. Run both on the same files"
            )
            raise DataError(msg)


def _captions(comparison: "Comparison", *, documents: bool) -> tuple[str, ...]:
    drawn = "documents" if documents else "sentences"
    lines = [f"95 % intervals of F1 cover the choice of {drawn} and of seeds."]
    if not comparison.covers_training:
        lines = [
            f"95 % intervals of F1 cover the choice of {drawn}, of seeds only where several ran."
        ]
    if comparison.minimum:
        models, systems = comparison.minimum.models, comparison.minimum.systems
        lines += [
            f"Smallest difference of F1 that this test set can separate: {percent(models)} for "
            f"models as trained, {percent(systems)} where the luck of training counts.",
            "Group 1 is not separable from the best, nor are rows that share a letter from each "
            "other (paired permutation tests on F1 at 0.05, Holm-corrected over "
            f"{len(comparison.pairs)} pairs).",
        ]
    return tuple(lines)


def _contrasts(comparison: "Comparison") -> tuple[Contrast, ...]:
    return tuple(
        Contrast(
            pair.first, pair.second,
            pair.bootstrap.difference.point, pair.bootstrap.difference.low,
            pair.bootstrap.difference.high, pair.bootstrap.p, pair.bootstrap_holm,
            pair.permutation.p, pair.permutation_holm, pair.separable,
        )
        for pair in comparison.pairs
    )  # fmt: skip
