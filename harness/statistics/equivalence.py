"""Whether two models are as good as each other, within a margin: two one-sided tests.

Schuirmann 1987, J. Pharmacokinetics and Biopharmaceutics 15:657: at 5 %, two systems are
equivalent when the 90 % interval of their difference lies within the margin to both sides. That
no difference was found proves nothing; here the burden is on the claim that there is none.
"""

from dataclasses import dataclass

from harness.statistics.bootstrap import DRAWS, paired_bootstrap
from harness.statistics.samples import CountArray
from harness.statistics.significance import ALPHA


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The difference of F1 of two models, first minus second, and its 90 % interval; fractions."""

    difference: float
    low: float
    high: float
    margin: float

    @property
    def holds(self) -> bool:
        """Whether both tests reject a difference as large as the margin."""
        return -self.margin < self.low and self.high < self.margin


def equivalence(
    first: CountArray, second: CountArray, margin: float, draws: int = DRAWS, seed: int = 0
) -> Equivalence:
    """The test of two trained models on the same sentences; it says nothing of other trainings.

    Args:
        first: (seeds, sentences, 3), the last axis (tp, fp, fn).
        second: of the same shape.
        margin: the largest difference of F1 that does not matter, a fraction.
        draws: how often the sentences are drawn.
        seed: of the random numbers.
    """
    found = paired_bootstrap(first, second, draws, seed, level=1 - 2 * ALPHA).difference
    return Equivalence(found.point, found.low, found.high, margin)
