"""What stored predictions let a table claim: intervals, tests, groups and letters.

Counts are those that ``harness.results.verify`` made again from the answers, sentence by sentence,
or by document where every sentence names its own.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.comparability.groups import has_one_seed
from harness.comparability.naming import require_distinct
from harness.comparability.systems import System
from harness.errors import DataError
from harness.leaderboard import words
from harness.leaderboard.measures import labels_of
from harness.leaderboard.ranking import Ranking
from harness.leaderboard.table import Contrast
from harness.results.store import PREDICTIONS
from harness.results.verify import Sound

if TYPE_CHECKING:
    from harness.scoring.flat import Ints
    from harness.statistics import Comparison
    from harness.statistics.leaders import Leaders
    from harness.statistics.samples import CountArray, Sample

TYPE_DRAWS = 2000  # for an interval; a headline's last digit is steadier
NO_GOLD = "The gold holds no entity: F1 is undefined."


def rank_with_tests(systems: Sequence[System], ranks: dict[str, int]) -> Ranking:
    """The systems' ranks, and what the predictions say of their differences.

    Without gold there is nothing to rank. Systems with one seed have no ranks: nothing can be
    claimed of them but their intervals.

    Raises:
        DataError: where two runs did not answer the same sentences, or two systems have one name.
    """
    require_distinct([system.name for system in systems], systems[0].first.run.data.task)
    if not sum(systems[0].first.run.data.support.values()):
        return Ranking(captions=(NO_GOLD,))
    from harness.statistics import compare

    _require_same_sentences(systems)
    claims = compare(counts(systems))
    ranked = {} if any(map(has_one_seed, systems)) else ranks
    return Ranking(
        ranked,
        claims,
        _by_type(systems),
        {system.name: words.fallen_mark(claims, system) for system in systems
         if system.name in claims.fallen},
        words.captions(claims, systems, documents=has_documents(systems)),
        _contrasts(claims),
    )  # fmt: skip


def counts(systems: Sequence[System]) -> dict[str, "CountArray"]:
    """The counts (seeds, sentences, 3) of each system by its name; documents, where known."""
    return _counts(systems, lambda run: run.recount.by_sentence)


def _by_type(systems: Sequence[System]) -> dict[str, "Leaders"]:
    """What may be said of F1 on each entity type that the gold holds."""
    from harness.statistics.leaders import leaders

    tables = {label: _samples(systems, label) for label in labels_of(systems)}
    held = {label: samples for label, samples in tables.items() if samples}
    return dict(zip(held, leaders([*held.values()], TYPE_DRAWS), strict=True))


def _samples(systems: Sequence[System], label: str) -> "dict[str, Sample]":
    from harness.statistics.samples import samples_of

    found = _counts(systems, lambda run: run.recount.of_type(label))
    if not next(iter(found.values()))[..., [0, 2]].any():
        return {}
    return dict(zip(found, samples_of(found), strict=True))


def _counts(systems: Sequence[System], read: "Callable[[Sound], Ints]") -> dict[str, "CountArray"]:
    """Counts by system: (seeds, sentences or documents, 3)."""
    import numpy as np

    from harness.statistics import by_document

    found = {s.name: np.stack([read(result) for result in s.results]) for s in systems}
    documents = _documents(systems)
    return {name: by_document(array, documents) for name, array in found.items()}


def has_documents(systems: Sequence[System]) -> bool:
    """Whether documents are drawn and swapped, and not sentences."""
    return bool(_documents(systems))


def _documents(systems: Sequence[System]) -> Sequence[str]:
    """The document of each sentence, as all rows are drawn; empty where no row names them."""
    from harness.statistics import coarsest

    return coarsest(result.documents for system in systems for result in system.results)


def _require_same_sentences(systems: Sequence[System]) -> None:
    first = systems[0].first
    for result in (result for system in systems for result in system.results):
        if result.recount.questions != first.recount.questions:
            msg = (
                f"no table: the sentences or the gold in {result.folder / PREDICTIONS} are not "
                f"those of {first.folder}. Run both on the same files"
            )
            raise DataError(msg)


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
