"""The sentences that the statistics allow about a panel of a study, and no other."""

from collections.abc import Iterator, Mapping, Sequence

from harness.comparability.groups import has_one_seed
from harness.comparability.systems import System
from harness.leaderboard.significance import has_documents
from harness.leaderboard.words import nothing_is_found
from harness.numbers import percent
from harness.statistics import Comparison
from harness.statistics.comparison import Pair
from harness.studies.panels import Panel

NOT_TOLD = "Cannot be told"


def sentences(panel: Panel, places: Mapping[str, float] | None) -> tuple[str, ...]:
    """What may be said of ``panel``; ``places`` are where its points lie, if on a scale."""
    return (*_compared(panel, places), *_not_compared(panel))


def _compared(panel: Panel, places: Mapping[str, float] | None) -> tuple[str, ...]:
    claims, whole = panel.claims, panel.whole
    if len(whole) < 2:
        has = "none of its points has" if not whole else "only 1 of its points has"
        return (f"{NOT_TOLD}: {has} all its results.",)
    if claims is None:
        return (f"{NOT_TOLD}: the gold holds no entity.",)
    if any(map(has_one_seed, whole)):
        seeds = "one seed says nothing of the luck of a training; three or more do"
        return (f"{NOT_TOLD} with these seeds: {seeds}.",)
    if not any(pair.separable for pair in claims.pairs):
        return (_nothing_told(panel, claims),)
    first = [system for system in whole if claims.groups.get(system.name) == 1]
    return (*_best(panel, claims, first), *_lowest(first, panel, places))


def _not_compared(panel: Panel) -> Iterator[str]:
    """Which points are left out of what was said, and why."""
    for system in panel.systems:
        if not system.complete:
            done = f"{len(system.results)} of {system.planned} seeds"
            yield f"{system.name} is not compared: it has {done}, and the rest may differ."
    if panel.lacking:
        have = "has" if len(panel.lacking) == 1 else "have"
        yield f"{_listed(panel.lacking)} {have} no result."
    for point, before in panel.same.items():
        yield f"{point} is here the same configuration as {before}, and stands in its row."


def _nothing_told(panel: Panel, claims: Comparison) -> str:
    if claims.finds_nothing:
        drawn = "document" if has_documents(panel.whole) else "sentence"
        return f"{NOT_TOLD}. {nothing_is_found(claims, drawn)}"
    text = f"{NOT_TOLD} with these seeds: no two of the {len(panel.whole)} points are separable"
    if claims.minimum and claims.minimum.systems is not None and claims.minimum.systems < 1:
        text += f"; true differences from {percent(claims.minimum.systems)} F1 on would be found "
        text += "4 times in 5"
    return f"{text}."


def _best(panel: Panel, claims: Comparison, first: Sequence[System]) -> Iterator[str]:
    """The best point, what cannot be told from it, and how far the others are behind."""
    best = max(panel.whole, key=panel.f1)
    ties = [system.name for system in first if system is not best]
    text = f"{best.name} has the highest F1, {percent(panel.f1(best))}"
    if ties:
        text += f"; {_listed(ties)} cannot be told from it"
    yield f"{text}."
    behind = [_behind(best, system, claims) for system in panel.whole if system not in first]
    yield f"{'; '.join(behind or _apart(claims))}."


def _apart(claims: Comparison) -> Iterator[str]:
    """The pairs that are separable where none of their points is from the best."""
    for pair in claims.pairs:
        if pair.separable:
            low, point, high = difference(pair.first, pair.second, claims.pairs)
            between = f"{percent(low)} to {percent(high)} at 95 %"
            yield f"{pair.first} less {pair.second} is {percent(point)} F1 ({between})"


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
        yield f"The lowest point that cannot be told from the highest F1 is {lowest.name}."


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
