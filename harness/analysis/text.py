"""An analysis and a comparison as plain tables for a terminal."""

from collections.abc import Iterable

from harness.analysis.answers import FinishedRun
from harness.analysis.bucket_table import Level
from harness.analysis.comparison import EntityComparison
from harness.analysis.confidence import Confidence
from harness.analysis.free import RepairKind
from harness.analysis.plain_table import literal, table
from harness.analysis.summary import Analysis
from harness.scoring.score import percent
from harness.statistics.significance import ALPHA

LONGEST = 60


def analysis(answers: FinishedRun, found: Analysis) -> str:
    """Errors by kind, and F1 by bucket; ``*`` marks levels with too little gold to say much."""
    kinds = [
        [kind, tally.cases, tally.gold, tally.found]
        for kind, tally in found.kinds.items()
        if tally.cases
    ]
    return "\n\n".join(
        [
            literal(f"{answers.title} on {answers.run.data.task}"),
            table(["kind", "cases", "gold", "found"], kinds),
            table(["bucket", "level", "n", "F1", "95 %", ""], map(_level, found.buckets)),
            *([] if found.confidence is None else [_confidence(found.confidence)]),
        ]
    )


def _confidence(found: Confidence) -> str:
    """How well confidences are calibrated, and how much can be kept at which risk."""
    fitted = "none fitted" if found.scaling is None else str(found.scaling)
    bits = "" if found.bits_per_character is None else (
        f"; gold costs {found.bits_per_character:.4f} bits per character"
    )  # fmt: skip
    return (
        f"confidence of {found.entities} entities: ECE {percent(found.raw_error)} as given, "
        f"{percent(found.error)} at temperature {fitted} ({percent(found.chance_error)} would be "
        f"chance); mean risk over coverages {percent(found.area_under_risk)}{bits}"
    )


def _level(level: Level) -> list[object]:
    between = "n/a"
    if level.f1_interval:
        between = "-".join(map(percent, level.f1_interval))
    mark = "*" if level.small else ""
    return [level.bucket, level.level, level.n, percent(level.counts.f1), between, mark]


def comparison(found: EntityComparison) -> str:
    """Pairs of systems entity by entity, what they could do together, and levels that differ."""
    pairs = [
        [f"{d.first} / {d.second}", d.both_right, d.only_first, d.only_second, d.wrong_alike,
         d.wrong_differently]
        for d in found.differences
    ]  # fmt: skip
    head = ["pair", "both right", "first only", "second only", "wrong alike", "wrong differently"]
    sure = [level for level in found.levels if level.p < ALPHA]
    levels = [
        [f"{d.first} / {d.second}", d.bucket, d.level, d.n, f"{100 * d.difference:+.2f}",
         f"{d.p:.3f}", "*" if d.small else ""]
        for d in sure
    ]  # fmt: skip
    union, both = found.union, found.intersection
    together = (
        f"any system right: recall {percent(union.recall)}; "
        f"all systems agree: precision {percent(both.precision)}, recall {percent(both.recall)}"
    )
    parts = [table(head, pairs), together]
    if levels:
        columns = ["pair", "bucket", "level", "n", "F1 difference", "p (Holm)", ""]
        parts.append(table(columns, levels))
        parts.append(f"levels whose p is below {ALPHA}; * where n is small")
    if claimed := found.claimed(sure):
        parts.append(literal(claimed))
    return "\n\n".join(parts)


def repairs(found: Iterable[RepairKind]) -> str:
    """What was repaired in free answers, each kind with the shortest answer that needed it."""
    rows = [
        [each.kind, each.sentences, each.times,
         _cut(each.example.joiner.join(each.example.units)), _cut(each.example.raw or "")]
        for each in found
    ]  # fmt: skip
    return table(["repaired", "sentences", "times", "for", "was written"], rows)


def _cut(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= LONGEST else f"{one_line[: LONGEST - 1]}…"
