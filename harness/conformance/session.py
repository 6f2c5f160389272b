"""The checks of one process, in their order; what needs a promise that is broken is not tried."""

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from harness.conformance import (
    abilities,
    answering,
    declaring,
    storing,
    surroundings,
    training,
)
from harness.conformance.check import (
    CheckResult,
    NotApplicableError,
    Promise,
    PromiseError,
    Status,
)
from harness.conformance.subject import Subject
from harness.errors import HarnessError

_FIT, *_REST = training.CHECKS
# A check comes after those that it needs; those that look back at all that was done come last.
CHECKS: tuple[Promise, ...] = (
    *declaring.CHECKS,
    _FIT,
    *answering.CHECKS,
    *_REST,
    *storing.CHECKS,
    *abilities.CHECKS,
    *surroundings.CHECKS,
)


def run(
    checks: Iterable[Promise],
    subject: Subject,
    known: Mapping[str, Status],
    begin: Callable[[str], None] = lambda key: None,
) -> Iterator[CheckResult]:
    """The verdict of each of ``checks``; ``known`` are those of earlier ones."""
    statuses = dict(known)
    for check in checks:
        begin(check.key)
        verdict = _verdict(check, subject, statuses)
        statuses[check.key] = verdict.status
        yield verdict


def _verdict(check: Promise, subject: Subject, statuses: Mapping[str, Status]) -> CheckResult:
    for key in check.needs:
        if statuses.get(key) not in ("ok", "n/a"):
            return CheckResult(check.key, "not run", f"it needs {key!r}")
    try:
        check.run(subject)
    except NotApplicableError as error:
        return CheckResult(check.key, "n/a", str(error))
    except (PromiseError, HarnessError) as error:
        return CheckResult(check.key, "broken", str(error))
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the check goes on
        return CheckResult(check.key, "broken", f"{type(error).__name__}: {error}{_place(error)}")
    return CheckResult(check.key, "ok")


def _place(error: Exception) -> str:
    """The last line of the program that ``error`` went through."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
