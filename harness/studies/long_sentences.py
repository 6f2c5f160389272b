"""How long sentences are, beside what a limit on their length was measured to cost.

The rule of three sigmas takes the mean and three standard deviations of the lengths in train for
the longest that a model has to read; lengths are not normal, so the share beyond it is counted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.analysis.lengths import share_longer, three_sigmas
from harness.comparability.systems import System
from harness.numbers import percent, rounded
from harness.studies.design import Study
from harness.studies.panels import Panel

OPTIONS = frozenset({"window_limit", "max_length"})  # how many units a model reads at once


@dataclass(frozen=True, slots=True)
class SentenceLengths:
    """Lengths in units: how many sentences of each length ``test`` has, and where the rule lies."""

    test: Mapping[int, int]
    rule: float

    def longer(self, limit: float) -> float:
        """The share of test sentences that are longer."""
        return share_longer(self.test, limit)


def lengths(study: Study, panel: Panel) -> SentenceLengths | None:
    """The lengths of a panel whose axis is a limit on length; None for others, or if unknown."""
    options = {key for _, point in study.axes[study.subject].named(study.subject)
               for key in point.options}  # fmt: skip
    first = next(iter(panel.systems), None)
    if not options & OPTIONS or first is None:
        return None
    facts = first.first.result.facts()
    test = Counter(len(one.units) for one in first.first.result.answers().predictions)
    return SentenceLengths(test, three_sigmas(facts.lengths)) if facts and test else None


def sentences(study: Study, panel: Panel) -> Iterator[str]:
    """What the rule says, and how many sentences are longer than it and than each point."""
    found = lengths(study, panel)
    if found is None:
        return
    yield (
        f"Mean and three standard deviations of the lengths in train are {rounded(found.rule, 0)} "
        f"units, which {percent(found.longer(found.rule))} % of the test sentences exceed."
    )
    if reached := _reached(study, panel, found.rule):
        best = max(panel.systems, key=panel.f1)
        yield (
            f"The rule would take {reached.name}, whose F1 is {percent(panel.f1(reached))}; the "
            f"highest is {percent(panel.f1(best))}, at {best.name}."
        )


def _reached(study: Study, panel: Panel, rule: float) -> System | None:
    """The system at the lowest point that the rule fits in."""
    places = study.axes[study.subject].places or {}
    room = [one for one in panel.systems if places.get(panel.points[one.name], 0.0) >= rule]
    return min(room, key=lambda one: places[panel.points[one.name]], default=None)


def shares(study: Study, panel: Panel) -> dict[str, str]:
    """For each system, the share in % of test sentences beyond its limit; none for other axes."""
    found, places = lengths(study, panel), study.axes[study.subject].places
    if found is None or places is None:
        return {}
    return {name: percent(found.longer(places[point])) for name, point in panel.points.items()}
