"""What differences between scores mean: intervals, tests and groups over counts.

Everything is computed from integer counts by seed and sentence, ``(seeds, sentences, 3)`` with the
last axis (tp, fp, fn), and from nothing else. A claim about a system covers both sources of
chance, the sentences that happen to be in the test set and the seeds that happened to be trained;
a claim about these trained models alone is named so (``models``).
"""

from harness.statistics.bootstrap import Interval, PairedBootstrap, interval, paired_bootstrap
from harness.statistics.comparison import Comparison, Fallen, Pair, compare, compare_all
from harness.statistics.permutation import PairedPermutation, paired_permutation
from harness.statistics.power import MinimumDifference
from harness.statistics.ranking import holm, letters, rank_groups
from harness.statistics.samples import by_document, coarsest
from harness.statistics.tasks import AverageRanks, average_ranks

__all__ = [
    "AverageRanks",
    "Comparison",
    "Fallen",
    "Interval",
    "MinimumDifference",
    "Pair",
    "PairedBootstrap",
    "PairedPermutation",
    "average_ranks",
    "by_document",
    "coarsest",
    "compare",
    "compare_all",
    "holm",
    "interval",
    "letters",
    "paired_bootstrap",
    "paired_permutation",
    "rank_groups",
]
