"""A report as text for people and as JSON for programs.

People see each kind of problem once: how often it is there, its first places, and what to do.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from harness.data.lint.finding import many
from harness.data.lint.registry import CHECKS
from harness.data.readers import Problem

if TYPE_CHECKING:
    from harness.data.lint.check import Report, Statistics

SHOWN = 3


def as_text(report: "Report", shown: int = SHOWN) -> Iterator[str]:
    """The splits, then each kind of problem with at most ``shown`` of its places."""
    yield f"task {report.task} ({report.path}), gold read under the policy {report.policy}"
    yield ""
    yield from _table(report.statistics)
    if report.refused:
        yield "A sentence that cannot be read as it is is in no count here, and in no later check."
    for problems in report.groups.values():
        yield ""
        yield from _group(problems, shown)
    if any(problem.code == "unknown-label" for problem in report.problems):
        yield ""
        yield "the labels of these files, for the task file:"
        yield label_line(report.labels)
    yield ""
    counts = ", ".join(
        (many(report.count("error"), "error"), many(report.count("warning"), "warning"),
         many(report.count("note"), "note"))
    )  # fmt: skip
    verdict = "a run would refuse this task" if report.refused else "a run takes this task"
    yield f"{counts}: {verdict}"


def label_line(labels: Sequence[str]) -> str:
    """The line ``labels:`` of a task file."""
    import yaml

    return yaml.safe_dump(
        {"labels": list(labels)}, default_flow_style=None, allow_unicode=True, width=2**20
    ).strip()


def as_json(report: "Report") -> str:
    """All of it, with what to do for each check that found something."""
    problems = [
        {key: value for key, value in {
            "check": one.code, "severity": one.severity, "file": one.file, "line": one.line,
            "column": one.column, "message": one.message,
        }.items() if value is not None}
        for one in report.problems
    ]  # fmt: skip
    content = {
        "task": report.task,
        "path": str(report.path),
        "policy": report.policy,
        "refused": report.refused,
        "labels": report.labels,
        "splits": [asdict(one) for one in report.statistics],
        "checks": {
            code: {"finds": CHECKS[code].finds, "remedy": CHECKS[code].remedy}
            for _, code in report.groups
            if code in CHECKS
        },
        "problems": problems,
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _group(problems: Sequence[Problem], shown: int) -> Iterator[str]:
    first = problems[0]
    known = CHECKS.get(first.code)  # a reader of a plugin may find what no check here knows
    times = f" × {len(problems):,}" if len(problems) > 1 else ""
    yield f"{first.severity}[{first.code}]{times}:" + (f" {known.finds}" if known else "")
    for problem in problems[:shown]:
        yield f"  {problem.place}: {problem.message}"
    if len(problems) > shown:
        yield f"  and {len(problems) - shown:,} more"
    if known:
        yield f"  → {known.remedy}"


def _table(statistics: "Sequence[Statistics]") -> list[str]:
    from tabulate import tabulate

    labels = list(statistics[0].entities)
    head = ["split", "sentences", "units", "longest", "malformed", "entities", *labels, "tags"]
    rows = [
        [
            *(row.split, row.sentences, row.units, row.longest, row.malformed),
            *(sum(row.entities.values()), *row.entities.values(), row.spelling),
        ]
        for row in statistics
    ]
    return tabulate(rows, head, tablefmt="plain").splitlines()
