"""Which of many rows are set side by side: every row is scored, the best are compared.

Pairs, matrices and curves of a hundred rows are read by nobody, and their number grows with the
square of the rows.
"""

from collections.abc import Sequence
from statistics import mean

from harness.analysis.system_answers import SystemAnswers

COMPARED = 12


def foremost(held: Sequence[SystemAnswers], most: int = COMPARED) -> tuple[SystemAnswers, ...]:
    """The ``most`` rows with the highest F1, in the order given; of equals the first."""
    ranked = sorted(range(len(held)), key=lambda place: -_f1(held[place]))
    return tuple(held[place] for place in sorted(ranked[:most]))


def _f1(row: SystemAnswers) -> float:
    return mean(run.metrics.micro().f1 or 0.0 for run in row.runs)


def left_out(held: Sequence[SystemAnswers], kept: Sequence[SystemAnswers]) -> str:
    """What is not compared, and how to compare it; empty where all is."""
    if len(kept) == len(held):
        return ""
    return (
        f"Of {len(held)} rows, the {len(kept)} with the highest F1 are compared; "
        f"--rows {len(held)} compares all, and run folders by name those that you choose."
    )
