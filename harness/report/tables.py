"""The tables of the page, in the order in which the template prints them.

Numbers are formatted here, so that the template decides about looks alone. A row is a backend with
all its seeds, and its numbers are means over them. Each table ends somewhere, however many rows,
types and sentences there are, and what is left out is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import mean

from harness.analysis.answers import FinishedRun
from harness.analysis.buckets import BUCKETS
from harness.analysis.comparison import EntityComparison, LevelDifference, compare_systems
from harness.analysis.confidence import confidence_of
from harness.analysis.confusion import Confusion, by_tag, by_type
from harness.analysis.foremost import foremost, left_out
from harness.analysis.partial import fair, partial_credit
from harness.analysis.suspects import Suspect, suspects
from harness.analysis.system_answers import SystemAnswers, unlike
from harness.analysis.system_levels import SystemLevel
from harness.analysis.taxonomy import Kind
from harness.core import Span
from harness.numbers import NOT_KNOWN, four_decimals, one_decimal, percent
from harness.report.wording import Wording
from harness.statistics.significance import ALPHA

MOST_SUSPECTS = 100
MOST_SCORED = 200  # rows in tables that have a line for each
MOST_LEVELS = 200  # levels on which two rows differ
MOST_CELLS = 6000  # of all matrices of confusion
MOST_VOTES = 12  # names beside a suspect
MOST_TAGS = 13  # a matrix of more columns is not read any more: types instead of tags


@dataclass(frozen=True, slots=True)
class Heat:
    """A matrix to colour: ``cells[i][j]`` is (text, share); the share is None in an empty row."""

    title: str
    names: tuple[str, ...]
    cells: tuple[tuple[tuple[str, float | None], ...], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of the first table; scores in percent, kinds in cases per seed."""

    name: str
    about: str
    seeds: tuple[str, ...]
    f1: str
    precision: str
    recall: str
    credit: tuple[str, ...]
    fair: str
    kinds: tuple[tuple[Kind, str, float], ...]


@dataclass(frozen=True, slots=True)
class ConfidenceRow:
    """What the confidences of a row are worth, means over its seeds; errors in percent."""

    name: str
    scaling: str
    raw_error: str
    error: str
    chance_error: str
    risk: str
    bits: str


@dataclass(frozen=True, slots=True)
class BucketRow:
    """One level of one bucket, with a cell for each row: text, interval and whether it is small."""

    title: str
    level: str
    n: int
    small: bool
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables about one data set.

    ``scored`` and ``compared`` say which rows are not scored and not compared, and are empty where
    all are; ``left_out`` counts the matrices without room, ``differing`` all levels that differ,
    and ``claimed`` says what their differences are of, where that is not the systems.
    """

    summaries: tuple[Summary, ...]
    names: tuple[str, ...]
    buckets: tuple[BucketRow, ...]
    confusions: tuple[Heat, ...]
    left_out: int
    comparison: EntityComparison | None
    levels: tuple[LevelDifference, ...]
    differing: int
    claimed: str
    suspects: tuple[tuple[str, str, str, str, str], ...]
    confidences: tuple[ConfidenceRow, ...]
    scored: str
    compared: str


def tables(
    held: Sequence[SystemAnswers], compared: Sequence[SystemAnswers], wording: Wording
) -> Tables:
    """The tables of rows on the same data, of which ``compared`` are set side by side."""
    runs = [run for row in held for run in row.runs]
    scored = foremost(held, MOST_SCORED)
    heats = tuple(chain.from_iterable(map(_heats, compared)))
    shown = _with_room(heats)
    comparison = compare_systems(compared) if len(compared) > 1 else None
    sure = [each for each in comparison.levels if each.p < ALPHA] if comparison else []
    return Tables(
        tuple(map(_summary, scored)),
        tuple(row.name for row in compared),
        _bucket_rows(compared),
        shown, len(heats) - len(shown),
        comparison, _surest(sure), len(sure), comparison.claimed(sure) if comparison else "",
        tuple(_suspect(one, wording) for one in suspects(runs)[:MOST_SUSPECTS] if len(held) > 1),
        tuple(filter(None, map(_confidence, scored))),
        _without(held, scored), left_out(held, compared),
    )  # fmt: skip


def _without(held: Sequence[SystemAnswers], scored: Sequence[SystemAnswers]) -> str:
    if len(scored) == len(held):
        return ""
    return (
        f"Of {len(held)} rows, the {len(scored)} with the highest F1 are shown; "
        "`leaderboard` has all."
    )


def _with_room(heats: Sequence[Heat]) -> tuple[Heat, ...]:
    """Those of ``heats`` that fit, the first ones first."""
    room, shown = MOST_CELLS, []
    for heat in heats:
        cells = len(heat.names) ** 2
        if cells <= room:
            room -= cells
            shown.append(heat)
    return tuple(shown)


def _surest(levels: Sequence[LevelDifference]) -> tuple[LevelDifference, ...]:
    """In their order, those with the lowest p; of equals those with the largest difference."""
    ranked = sorted(range(len(levels)), key=lambda at: (levels[at].p, -abs(levels[at].difference)))
    return tuple(levels[at] for at in sorted(ranked[:MOST_LEVELS]))


def _confidence(row: SystemAnswers) -> ConfidenceRow | None:
    """None for a row of which a seed gives no confidence."""
    found = [confidence_of(run) for run in row.runs]
    known = [one for one in found if one is not None]
    if len(known) < len(found):
        return None
    bits = [one.bits_per_character for one in known if one.bits_per_character is not None]
    return ConfidenceRow(
        row.name,
        "; ".join(NOT_KNOWN if one.scaling is None else str(one.scaling) for one in known),
        average([one.raw_error for one in known]),
        average([one.error for one in known]),
        average([one.chance_error for one in known]),
        average([one.area_under_risk for one in known]),
        four_decimals(mean(bits)) if len(bits) == len(known) else NOT_KNOWN,
    )  # fmt: skip


def _summary(row: SystemAnswers) -> Summary:
    counts = [run.metrics.micro() for run in row.runs]
    credits_ = [partial_credit(_pairs(run)) for run in row.runs]
    return Summary(
        row.name,
        row.about,
        tuple(
            f"{run.run.seed}: {shown(c.f1 if c.support else None)}"
            for run, c in zip(row.runs, counts, strict=True)
        ),
        average([c.f1 if c.support else None for c in counts]),
        average([c.precision for c in counts]),
        average([c.recall for c in counts]),
        tuple(average([each[scheme].f1 for each in credits_]) for scheme in credits_[0]),
        average([fair(_pairs(run)).f1 for run in row.runs]),
        _kinds(row),
    )


def _pairs(run: FinishedRun) -> list[tuple[tuple[Span, ...], tuple[Span, ...]]]:
    return list(zip(run.gold, run.found, strict=True))


def _kinds(row: SystemAnswers) -> tuple[tuple[Kind, str, float], ...]:
    """Cases per seed of each kind of error, and their share of all errors."""
    numbers = {kind: number for kind, number in row.kinds.items() if kind != "exact"}
    total = sum(numbers.values()) or 1.0
    return tuple((kind, one_decimal(value), value / total) for kind, value in numbers.items())


def shown(fraction: float | None) -> str:
    """A score as people read it."""
    return NOT_KNOWN if fraction is None else percent(fraction)


def average(fractions: Sequence[float | None]) -> str:
    """The mean of scores, if all are defined."""
    known = [value for value in fractions if value is not None]
    return percent(mean(known)) if len(known) == len(fractions) else NOT_KNOWN


def _bucket_rows(held: Sequence[SystemAnswers]) -> tuple[BucketRow, ...]:
    """All rows share the gold, so they share the levels that hold gold, except of edge and repair.

    So they do of what depends on train, if they learned from the same part of it.
    A level that holds other gold for each row has the n of the largest, and each cell its own.
    """
    titles = {bucket.name: bucket.title for bucket in BUCKETS}
    by_key = [{(level.bucket, level.level): level for level in row.scores} for row in held]
    other = unlike(held)
    order = list(dict.fromkeys(chain.from_iterable(by_key)))
    order.sort(key=lambda key: list(titles).index(key[0]))
    found = []
    for key in order:
        cells = [row.get(key) for row in by_key]
        n = max(cell.n for cell in cells if cell)
        small = all(cell.small for cell in cells if cell)
        found.append(BucketRow(titles[key[0]], key[1], n, small, tuple(
            _cell(cell, says_n=key in other) for cell in cells
        )))  # fmt: skip
    return tuple(found)


def _cell(level: SystemLevel | None, *, says_n: bool) -> tuple[str, str]:
    if level is None:
        return NOT_KNOWN, ""
    own = f"; n = {level.n:,}" if says_n else ""
    return percent(level.f1), f"{percent(level.low)} to {percent(level.high)}{own}"


def _heats(row: SystemAnswers) -> list[Heat]:
    """By type, and by tag if that can still be read; summed over seeds, shares by row."""
    heats = [_heat(f"{row.name}: entities by type", by_type(row.cases, row.labels))]
    tags = by_tag([each for run in row.runs for each in run.predictions], row.labels)
    if len(tags.names) <= MOST_TAGS:
        heats.append(_heat(f"{row.name}: units by tag", tags))
    return heats


def _heat(title: str, matrix: Confusion) -> Heat:
    cells = tuple(
        tuple((f"{count:,}" if count else "", share) for count, share in zip(*both, strict=True))
        for both in zip(matrix.rows, matrix.shares, strict=True)
    )
    return Heat(title, matrix.names, cells)


def _suspect(one: Suspect, wording: Wording) -> tuple[str, str, str, str, str]:
    voters = sorted(one.votes.items(), key=lambda vote: -vote[1])
    votes = ", ".join(_vote(*vote) for vote in voters[:MOST_VOTES])
    votes += f" and {len(voters) - MOST_VOTES} more" if len(voters) > MOST_VOTES else ""
    gold, suggested = (_describe(one, spans, wording) for spans in (one.gold, one.suggested))
    return one.prediction.id, gold, suggested, f"{one.support:.2f}", votes


def _vote(name: str, share: float) -> str:
    """A backend, and the share of its seeds where not all agree."""
    return name if share > 0.999 else f"{name} {100 * share:.0f} %"


def _describe(one: Suspect, spans: Sequence[Span], wording: Wording) -> str:
    units, joiner = wording.units(one.prediction), one.prediction.joiner
    texts = [f"{joiner.join(units[span.start : span.end])} {span.label}" for span in spans]
    return " · ".join(texts) or "nothing"
