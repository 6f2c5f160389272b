"""What is said beside suggestions: which lines are not among them, and which have no reason."""

from collections.abc import Iterator, Sequence

from harness.labelling import pool
from harness.labelling.ranking import Suggestion


def remarks(texts: Sequence[str], found: Sequence[Suggestion]) -> Iterator[str]:
    """What is to say of what was ``found`` in ``texts``."""
    blank, repeated = len(pool.blank(texts)), len(pool.repeated(texts))
    if blank or repeated:
        yield f"left out of {len(texts):,} lines: {blank:,} blank, {repeated:,} that stand before"
    if idle := sum(one.score == 0 for one in found):
        yield (
            f"{idle:,} of {len(found):,} suggestions have no reason: uncertainty and disagreement "
            "are 0, or the bigrams of one above are the same"
        )
