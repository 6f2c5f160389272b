"""How much of the data's text a page shows: every unit as written, or only its kind.

Where a corpus may not be passed on, neither may a page that quotes it. Scores, figures, spans and
classes of errors are counts and stay; units become placeholders, and mentions are not listed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from unicodedata import category

from harness.results.record import Prediction

IDEOGRAPH, LETTER, DIGIT, OTHER = "字", "x", "0", "·"


def written(prediction: Prediction) -> tuple[str, ...]:
    """The units as they are."""
    return prediction.units


def placeholders(prediction: Prediction) -> tuple[str, ...]:
    """One sign for each unit: a letter without case (as in Chinese), with case, a digit, others."""
    return tuple(_sign(unit[0]) for unit in prediction.units)


def _sign(character: str) -> str:
    kind = category(character)
    if kind == "Lo":
        return IDEOGRAPH
    return LETTER if kind[0] == "L" else DIGIT if kind[0] == "N" else OTHER


@dataclass(frozen=True, slots=True)
class Wording:
    """How a page shows units, whether it lists mentions by themselves, and what it says of that."""

    units: Callable[[Prediction], tuple[str, ...]]
    mentions: bool
    note: str


AS_WRITTEN = Wording(written, mentions=True, note="")
WITHOUT_TEXT = Wording(
    placeholders,
    mentions=False,
    note=(
        f"The text of the data is left out of this page. {IDEOGRAPH} stands for a Chinese "
        f"character, {LETTER} for another letter, {DIGIT} for a digit, {OTHER} for all else."
    ),
)
