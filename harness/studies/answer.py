"""The sentences that the statistics allow about a panel of a study, and no other."""

from collections.abc import Iterator, Mapping, Sequence

from harness.comparability.groups import has_one_seed
from harness.comparability.systems import System
from harness.numbers import percent
from harness.statistics import Comparison
from harness.statistics.comparison import Pair
from harness.studies.panels import Panel

NOT_TOLD = "Cannot be told"


def sentences(panel: Panel, places: Mapping[str, float] | None) -> tuple[str, ...]:
    """What may be said of ``panel``; ``places`` are where its points lie, if on a scale."""
    claims = panel.claims
    if claims is None:
        return (f"{NOT_TOLD}: the gold holds no entity.",)
    if len(panel.systems) < 2:
        return (f"{NOT_TOLD}: only {len(panel.systems)} of its points has results.",)
    if any(map(has_one_seed, panel.systems)):
        seeds = "one seed says nothing of the luck of a training; three or more do"
        return (f"{NOT_TOLD} with these seeds: {seeds}.",)
    first = [system for system in panel.systems if claims.groups.get(system.name) == 1]
    if len(first) == len(panel.systems):
        return (_nothing_told(panel, claims),)
    return (*_best(panel, claims, first), *_lowest(first, panel, places))


def _nothing_told(panel: Panel, claims: Comparison) -> str:
    text = f"{NOT_TOLD} with these seeds: no two of the {len(panel.systems)} points are separable"
    if claims.minimum and claims.minimum.systems is not None and claims.minimum.systems < 1:
        text += f"; true differences from {percent(claims.minimum.systems)} F1 on would be found "
        text += "4 times in 5"
    return f"{text}."


def _best(panel: Panel, claims: Comparison, first: Sequence[System]) -> Iterator[str]:
    """The best point, what cannot be told from it, and how far the others are behind."""
    best = max(panel.systems, key=panel.f1)
    ties = [system.name for system in first if system is not best]
    text = f"{best.name} has the highest F1, {percent(panel.f1(best))}"
    if ties:
        text += f"; {_listed(ties)} cannot be told from it"
    yield f"{text}."
    behind = [_behind(best, system, claims) for system in panel.systems if system not in first]
    yield f"{'; '.join(behind)}."


def _behind(best: System, other: System, claims: Comparison) -> str:
    low, point, high = difference(best.name, other.name, claims.pairs)
    return (
        f"{other.name} is {percent(point)} F1 behind it ({percent(low)} to {percent(high)} at 95 %)"
    )


def difference(a: str, b: str, pairs: Sequence[Pair]) -> tuple[float, float, float]:
    """F1 of ``a`` minus F1 of ``b``: low, estimate, high, as fractions."""
    pair = next(pair for pair in pairs if {pair.first, pair.second} == {a, b})
    found = pair.bootstrap.difference
    if pair.first == a:
        return found.low, found.point, found.high
    return -found.high, -found.point, -found.low


def _lowest(
    first: Sequence[System], panel: Panel, places: Mapping[str, float] | None
) -> Iterator[str]:
    """The lowest point of a scale among those at the top."""
    if places is not None and len(first) > 1:
        lowest = min(first, key=lambda system: places[panel.points[system.name]])
        yield f"The lowest of these is {lowest.name}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
