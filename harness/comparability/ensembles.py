"""An ensemble of stored answers reads as its members do, since all it is comes from them.

Where they differ, a line of the certificate reads as all of them, so that such a row stands beside
none of the systems that it was made of; and what one member did not record is not recorded.
"""

from dataclasses import dataclass

from harness.comparability.fields import MISSING, NOT_APPLICABLE, Field, Recorded
from harness.results.record import Metrics
from harness.results.run_record import Run


@dataclass(frozen=True, slots=True)
class _Voter:
    """A member, scored as its ensemble was."""

    run: Run
    metrics: Metrics
    documents: tuple[str, ...]


def members_of(result: Recorded) -> tuple[Recorded, ...]:
    """The members of an ensemble, read under the rules that it was scored by; a system has none."""
    return tuple(
        _Voter(_scored_as(result.run, member.run), result.metrics, result.documents)
        for member in result.run.members
    )


def _scored_as(own: Run, member: Run) -> Run:
    """``member`` with gold and settings of its ensemble; what it learned from stays its own."""
    return member.model_copy(
        update={
            "data": member.data.model_copy(update={"support": own.data.support}),
            "planned_seeds": own.planned_seeds,
            "settings": member.settings | own.settings,
        }
    )


def value(field: Field, result: Recorded) -> str:
    """What ``field`` reads for ``result``, in all of its members where it has some."""
    found = dict.fromkeys(field.read(one) for one in members_of(result) or (result,))
    if MISSING in found:
        return MISSING
    return " / ".join(text for text in found if text != NOT_APPLICABLE)
