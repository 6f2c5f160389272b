"""The scores of one run as a page of text: by type, under each policy, and of free generation."""

from collections.abc import Iterator

from harness.analysis.plain_table import literal, table
from harness.core import Counts
from harness.results.record import Free
from harness.results.verify import Sound
from harness.scoring.score import percent
from harness.tags import POLICIES


def page(result: Sound) -> str:
    """The counts and scores of ``result``, by type and over all types."""
    run, metrics = result.run, result.metrics
    title = f"{run.backend} {run.variant} on {run.data.task}, seed {run.seed}, {metrics.split}"
    parts = [literal(title)]
    for policy in POLICIES:
        rows = [_row(label, counts) for label, counts in metrics.counts(policy).items()]
        rows.append(_row("all (micro)", metrics.micro(policy)))
        head = [policy, "P", "R", "F1", "tp", "fp", "fn", "support"]
        parts.append(table(head, rows))
    if metrics.nested is not None:
        nested = {label: Counts(*values) for label, values in metrics.nested.items()}
        rows = [_row(label, counts) for label, counts in nested.items()]
        rows.append(_row("all (micro)", sum(nested.values(), Counts())))
        parts.append(table(["nested", "P", "R", "F1", "tp", "fp", "fn", "support"], rows))
    share = metrics.invalid_transitions / metrics.units if metrics.units else None
    accuracy = metrics.correct_units / metrics.units if metrics.units else None
    parts.append(f"invalid transitions {percent(share)} %, unit accuracy {percent(accuracy)} %")
    if metrics.free:
        parts += _free(metrics.free, metrics.units, metrics.sentences)
    return "\n\n".join(parts)


def _free(free: Free, units: int, sentences: int) -> Iterator[str]:
    """What the same model wrote with nothing forced, before and after repair."""
    raw, repaired = (
        sum((Counts(*values) for values in part.values()), Counts())
        for part in (free.raw, free.repaired)
    )
    rows = [_row("raw", raw), _row("repaired", repaired)]
    head = ["free", "P", "R", "F1", "tp", "fp", "fn", "support"]
    yield table(head, rows)
    kinds = sorted(free.repairs.items(), key=lambda each: -each[1])
    repairs = [[kind, str(number), f"{1000 * number / units:.1f}"] for kind, number in kinds]
    if repairs:
        yield table(["repair", "number", "per 1,000 units"], repairs)
    if free.fates:
        yield free.fates.words
    quarters = ", ".join(percent(wrong / all_) for wrong, all_ in free.quarters if all_)
    yield (
        f"{free.malformed_sentences} of {sentences} sentences malformed; "
        f"wrong units by quarter of the sentence, %: {quarters}"
    )


def _row(label: str, counts: Counts) -> list[str]:
    scores = [percent(value) for value in (counts.precision, counts.recall, counts.f1)]
    return [label, *scores, *map(str, (counts.tp, counts.fp, counts.fn, counts.support))]
