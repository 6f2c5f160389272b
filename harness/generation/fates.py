"""What became of each unit of an answer, one letter per unit, so that every unit is in some sum.

A unit is *predicted* if the answer's own tag for it stands, *repaired* if the answer said
something for it that had to be read with good will or changed, and *never answered* if the
answer says nothing for it: it breaks off before, leaves it out, or nothing in it could be read.
What stands for such a unit (O, or what closes a gap) is the harness's tag, not the model's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PREDICTED, REPAIRED, UNANSWERED = LETTERS = "pr-"
UNREAD = "unread"  # what the units are counted as that a backend said it did not read


@dataclass(frozen=True, slots=True)
class Fates:
    """Units by what became of them; the three add up to all units."""

    predicted: int
    repaired: int
    unanswered: int

    @classmethod
    def of(cls, letters: Iterable[str]) -> "Fates":
        """The sums over answers, each given as its letters."""
        every = "".join(letters)
        return cls(*(every.count(each) for each in (PREDICTED, REPAIRED, UNANSWERED)))

    @property
    def words(self) -> str:
        """The three sums: ``970 units predicted, 20 repaired, 10 never answered``."""
        return (
            f"{self.predicted:,} units predicted, {self.repaired:,} repaired, "
            f"{self.unanswered:,} never answered"
        )


def changed(fates: str, written: Sequence[str | None], final: Sequence[str]) -> str:
    """``fates`` after what was ``written`` for each unit became its ``final`` tag."""
    return "".join(
        REPAIRED if fate == PREDICTED and before != after else fate
        for fate, before, after in zip(fates, written, final, strict=True)
    )
