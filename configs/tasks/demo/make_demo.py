"""Writes the demo corpus: seeded, so that the same words give the same bytes.

Only ``Random.random`` is used, the one method that Python promises never to change. Run it as
``python configs/tasks/demo/make_demo.py [FOLDER]``; without a folder it writes beside itself.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

import words

Item = TypeVar("Item")
Piece = tuple[str, str]  # a text and its label; no label is no entity

SIZES = {"train": 400, "dev": 80, "test": 120}
CAST = 90  # people who appear again and again
KNOWN = 0.75  # the share of each list of names that train may use
NEW_NAMES = {"train": 0.3, "dev": 0.3, "test": 0.5}  # how often a name is made up on the spot
NEW_TEMPLATES = 0.2  # of the sentences of test
PLAIN, LONG = 0.07, 0.05  # sentences of no entity, and of several clauses
SLOT = re.compile(r"\{(\w+)\}")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


class Writer:
    """Makes sentences of one split."""

    def __init__(self, split: str, seed: int = 13) -> None:
        self.split = split
        self.random = Random(f"{seed}")  # noqa: S311 (a corpus, no secret)
        self.cast = [self.new_person() for _ in range(CAST)]
        self.random = Random(f"{seed} {split}")  # noqa: S311

    def chance(self, share: float) -> bool:
        """True in ``share`` of the cases."""
        return self.random.random() < share

    def number(self, low: int, high: int) -> int:
        """A number of ``low`` to ``high``, both included."""
        return low + int(self.random.random() * (high - low + 1))

    def pick(self, items: Sequence[Item]) -> Item:
        """One of ``items``."""
        return items[self.number(0, len(items) - 1)]

    def name(self, names: Sequence[str]) -> str:
        """A name that all splits know or, in test, now and then one that only test has."""
        border = int(len(names) * KNOWN)
        only_test = self.split == "test" and self.chance(NEW_NAMES["test"])
        return self.pick(names[border:] if only_test else names[:border])

    def new_person(self) -> str:
        """A name made up on the spot."""
        surname = self.pick(words.DOUBLE_SURNAMES if self.chance(0.05) else words.SURNAMES)
        return surname + "".join(self.pick(words.GIVEN) for _ in range(self.number(1, 2)))

    def person(self) -> str:
        """Somebody of the cast, a foreigner, or somebody new."""
        if self.chance(0.1):
            return self.name(words.FOREIGN)
        return self.new_person() if self.chance(NEW_NAMES[self.split]) else self.pick(self.cast)

    def organisation(self) -> str:
        """A place with an office, a family firm, or a name of its own."""
        kind = self.random.random()
        if kind < 0.6:
            return self.name(words.CITIES) + self.name(words.OFFICES)
        if kind < 0.7:
            return self.pick(words.SURNAMES) + "氏" + self.pick(("集团", "家具厂", "基金会"))
        return self.name(words.FIRMS)

    def time(self) -> str:
        """An era, a day and perhaps its hour, or a date."""
        kind = self.random.random()
        if kind < 0.2:
            return self.pick(words.ERAS)
        if kind < 0.6:
            return self.pick(words.DAYS) + (self.pick(words.HOURS) if self.chance(0.4) else "")
        date = f"{self.number(1, 12)}月" + (f"{self.number(1, 28)}日" if self.chance(0.7) else "")
        year = f"{self.number(1949, 2025)}年"
        date = year if kind < 0.7 else year + date if kind < 0.85 else date
        return self.width(date)

    def width(self, digits: str) -> str:
        """``digits``, now and then in full width."""
        return digits.translate(FULL_WIDTH) if self.chance(0.08) else digits

    def slot(self, kind: str) -> Iterator[Piece]:
        """What stands in a slot; a province and its city are two entities side by side."""
        if kind == "n":
            yield self.width(str(self.pick((self.number(2, 99), self.number(100, 5000))))), ""
        elif kind == "f":
            yield f"{self.number(0, 9)}.{self.number(1, 9)}", ""
        elif kind == "LOC":
            if self.chance(0.06):
                yield self.pick(words.PROVINCES) + "省", "LOC"
            yield self.name(words.CITIES), "LOC"
        else:
            makers = {"PER": self.person, "ORG": self.organisation, "T": self.time}
            yield makers[kind](), kind

    def clause(self) -> Iterator[Piece]:
        """A template with its slots filled."""
        templates = words.COMMON
        if self.split == "test" and self.chance(NEW_TEMPLATES):
            templates = words.NEW
        if self.chance(PLAIN):
            templates = words.PLAIN
        for position, part in enumerate(SLOT.split(self.pick(templates))):
            yield from self.slot(part) if position % 2 else [(part, "")]

    def sentence(self) -> list[Piece]:
        """One clause, or several, with a mark at the end."""
        pieces = [*self.clause()]
        if self.chance(LONG):
            for _ in range(self.number(3, 5)):
                pieces += [("；", ""), *self.clause()]
        return [*pieces, (self.pick(words.ENDS), "")]


def tags(text: str, label: str) -> list[str]:
    """A tag for each character."""
    return [f"B_{label}", *[f"I_{label}"] * (len(text) - 1)] if label else ["O"] * len(text)


def write(folder: Path) -> None:
    """Write the parallel files of every split."""
    for split, size in SIZES.items():
        writer = Writer(split)
        sentences = [writer.sentence() for _ in range(size)]
        units = [" ".join("".join(text for text, _ in pieces)) for pieces in sentences]
        marks = [" ".join(tag for piece in pieces for tag in tags(*piece)) for pieces in sentences]
        for name, rows in ((f"{split}.txt", units), (f"{split}_TAG.txt", marks)):
            (folder / name).write_bytes("".join(f"{row}\n" for row in rows).encode())


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
