"""The scores of one run as a page of text: by type, under each policy."""

from harness.core import Counts
from harness.results import Result
from harness.score import percent
from harness.tags import POLICIES


def page(result: Result) -> str:
    """The counts and scores of ``result``, by type and over all types."""
    from tabulate import tabulate

    run, metrics = result.run, result.metrics
    parts = [f"{run.backend} {run.variant} on {run.data.task}, seed {run.seed}, {metrics.split}"]
    for policy in POLICIES:
        rows = [_row(label, counts) for label, counts in metrics.counts(policy).items()]
        rows.append(_row("all (micro)", metrics.micro(policy)))
        head = [policy, "P", "R", "F1", "tp", "fp", "fn", "support"]
        parts.append(tabulate(rows, head, tablefmt="github", disable_numparse=True))
    share = metrics.invalid_transitions / metrics.units if metrics.units else None
    accuracy = metrics.correct_units / metrics.units if metrics.units else None
    parts.append(f"invalid transitions {percent(share)} %, unit accuracy {percent(accuracy)} %")
    return "\n\n".join(parts)


def _row(label: str, counts: Counts) -> list[str]:
    scores = [percent(value) for value in (counts.precision, counts.recall, counts.f1)]
    return [label, *scores, *map(str, (counts.tp, counts.fp, counts.fn, counts.support))]
