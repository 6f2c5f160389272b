"""Scores derive from integer counts; an undefined one stays None and prints as n/a, never as 1.

Micro F1 is the headline. Macro F1 is the plain mean, and weighted F1 the mean by gold support,
over the types that occur in gold: a type found but never in gold lowers micro precision only, and
a gold type that was never found counts as 0. A fraction is a float; percent exists in print only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness import numbers
from harness.core import Counts, Span
from harness.scoring.counting import CountMatrix, count_flat
from harness.scoring.flat import FlatSet
from harness.tags import POLICIES, Policy, encode


@dataclass(frozen=True, slots=True)
class PolicyScores:
    """The counts of each type under one policy, and what follows from them."""

    policy: Policy
    types: Mapping[str, Counts]

    @property
    def micro(self) -> Counts:
        """The counts over all types, those outside the label set included."""
        return sum(self.types.values(), Counts())

    @property
    def macro_f1(self) -> float | None:
        """The mean F1 over gold types; None without gold."""
        values = [f1 for f1, _ in self._gold_types()]
        return sum(values) / len(values) if values else None

    @property
    def weighted_f1(self) -> float | None:
        """The mean F1 over gold types, weighted by their support; None without gold."""
        pairs = self._gold_types()
        support = sum(weight for _, weight in pairs)
        return sum(f1 * weight for f1, weight in pairs) / support if support else None

    def _gold_types(self) -> list[tuple[float, int]]:
        return [(c.f1 or 0.0, c.support) for c in self.types.values() if c.support]


def scores(matrix: CountMatrix, policy: Policy) -> PolicyScores:
    """The scores that ``matrix``, counted under ``policy``, adds up to."""
    return PolicyScores(
        policy, {label: Counts(*values) for label, values in matrix.by_type.items()}
    )


def type_counts(matrix: CountMatrix) -> dict[str, tuple[int, int, int]]:
    """``(tp, fp, fn)`` of each type, as ``harness.results.record`` stores them."""
    return matrix.by_type


def of_policies(answers: FlatSet) -> dict[Policy, CountMatrix]:
    """The counts of a set under every policy."""
    return {policy: count_flat(answers, policy) for policy in POLICIES}


def correct_units(gold: Sequence[Sequence[Span]], tags: Sequence[Sequence[str]]) -> int:
    """How many units carry exactly the tag that ``harness.tags.encode`` gives them."""
    return sum(
        found == right
        for spans, answer in zip(gold, tags, strict=True)
        for found, right in zip(answer, encode(spans, len(answer)), strict=True)
    )


def unit_accuracy(gold: Sequence[Sequence[Span]], tags: Sequence[Sequence[str]]) -> float | None:
    """Share of correct units: kept in the file, never ranked; None without units."""
    units = sum(map(len, tags))
    return correct_units(gold, tags) / units if units else None


def percent(fraction: float | None) -> str:
    """``fraction`` as percent with two decimals, halves rounded up as conlleval.pl does, or n/a."""
    return numbers.NOT_KNOWN if fraction is None else numbers.percent(fraction)
