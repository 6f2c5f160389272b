"""A check: a promise of the contract, how it is tried, and what its author is to do if it breaks.

The promise is the first line of the docstring of the function that tries it.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from harness.core import Sentence

if TYPE_CHECKING:
    from harness.conformance.subject import Subject

Status: TypeAlias = Literal["ok", "broken", "not run", "n/a"]
Place: TypeAlias = Literal["first", "second"]


class PromiseError(Exception):
    """A promise is not kept; the message says what was found."""


class NotApplicableError(Exception):
    """The backend does not have what the promise is about; the message says what."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise.

    ``needs`` are the keys of checks without which this one says nothing. ``place`` says in which
    process it is tried: ``second`` ones come when the first process has ended.
    """

    key: str
    run: "Callable[[Subject], None]"
    remedy: str
    needs: tuple[str, ...] = ()
    place: Place = "first"

    @property
    def text(self) -> str:
        """What has to hold."""
        return (inspect.getdoc(self.run) or "").split("\n")[0]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found; ``found`` is empty where the promise is kept."""

    key: str
    status: Status
    found: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Its fields."""
        return asdict(self)


def require_same(
    sentences: Sequence[Sentence], before: Sequence[object], after: Sequence[object]
) -> None:
    """Refuse answers to ``sentences`` that are not those ``before``.

    Raises:
        PromiseError: naming the first sentence whose answer is another one.
    """
    pairs = zip(sentences, before, after, strict=True)
    differing = [(sentence, a, b) for sentence, a, b in pairs if a != b]
    if differing:
        sentence, a, b = differing[0]
        msg = (
            f"{len(differing)} of {len(sentences)} answers differ, first that to "
            f"{sentence.text[:20]!r}: {_shown(a)} and then {_shown(b)}"
        )
        raise PromiseError(msg)


def _shown(answer: object) -> str:
    return " ".join(map(str, answer)) if isinstance(answer, tuple) else str(answer)
