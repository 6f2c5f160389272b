"""One character table: ``unit -> ids``, so that N units own N positions whatever the tokenizer.

The text is never joined, normalised or cut; each unit is looked up alone. A unit that has no piece
gets the unknown one, text that looks like a special token is only text, and the first piece of a
unit carries its tag. Where pieces exceed the model, later pieces of the longest units go first.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from harness.core import Sentence
from harness.errors import ConfigError

PADDING, UNKNOWN = "[PAD]", "[UNK]"
CONTINUES = "##"


class PieceTable(Protocol):
    """The pieces of a unit, and what stands around a sentence."""

    padding: int
    unknown: int
    before: tuple[int, ...]
    after: tuple[int, ...]

    def pieces(self, unit: str) -> tuple[int, ...]:
        """The ids of ``unit``, one at least."""
        ...

    def save(self, folder: Path) -> None:
        """Write the table into ``folder``."""
        ...


class LearnedTable:
    """A table made from the training text: units seen twice, and characters for the other words.

    There is nothing around a sentence: a model from scratch has no use for [CLS] and [SEP], and
    their positions cost as much as characters.
    """

    FILE = "vocabulary.json"
    padding, unknown = 0, 1
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()

    def __init__(self, pieces: Sequence[str]) -> None:
        self.words = tuple(pieces)
        # The two markers are out of reach: text that reads like one is a piece of its own.
        self.ids = {piece: i for i, piece in enumerate(self.words) if i > self.unknown}
        self.known: dict[str, tuple[int, ...]] = {}

    @classmethod
    def learn(
        cls, sentences: Iterable[Sentence], seen: int = 2, most: int = 30_000
    ) -> "LearnedTable":
        """The vocabulary of ``sentences``: at most ``most`` pieces ``seen`` that often."""
        units = Counter(unit for sentence in sentences for unit in sentence.units)
        pieces = units + Counter(
            letter for unit in units if len(unit) > 1 for letter in _letters(unit)
        )
        ranked = sorted(pieces.items(), key=lambda item: (-item[1], item[0]))
        return cls((PADDING, UNKNOWN, *(piece for piece, n in ranked[:most] if n >= seen)))

    def pieces(self, unit: str) -> tuple[int, ...]:
        """The unit itself where it was seen, else its characters, else the unknown piece."""
        if unit not in self.known:
            self.known[unit] = self._look_up(unit)
        return self.known[unit]

    def _look_up(self, unit: str) -> tuple[int, ...]:
        if unit in self.ids:
            return (self.ids[unit],)
        return tuple(self.ids.get(letter, self.unknown) for letter in _letters(unit))

    def __len__(self) -> int:
        return len(self.words)

    def save(self, folder: Path) -> None:
        """Write the pieces into ``folder``."""
        text = json.dumps(self.words, ensure_ascii=False, indent=0)
        (folder / self.FILE).write_text(text, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "LearnedTable":
        """Read what ``save`` wrote."""
        return cls(json.loads((folder / cls.FILE).read_text(encoding="utf-8")))


def _letters(unit: str) -> tuple[str, ...]:
    """The characters of a unit, those after the first marked as continuations."""
    return (unit[0], *(CONTINUES + letter for letter in unit[1:]))


class PretrainedTable:
    """A table made by asking a pretrained tokenizer for each unit alone, once.

    Args:
        tokenizer: a tokenizer of transformers.
    """

    FOLDER = "tokenizer"

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.padding = int(tokenizer.pad_token_id or 0)
        self.before = _present(tokenizer.cls_token_id)
        self.after = _present(tokenizer.sep_token_id)
        unknown = tokenizer.unk_token_id
        self.unknown = self.padding if unknown is None else int(unknown)
        self.special = frozenset(tokenizer.all_special_ids)
        self.known: dict[str, tuple[int, ...]] = {}

    def pieces(self, unit: str) -> tuple[int, ...]:
        """What the tokenizer makes of ``unit``, with no control piece; one at least."""
        if unit not in self.known:
            self.known[unit] = self._look_up(unit) or (self.unknown,)
        return self.known[unit]

    def knows(self, unit: str) -> bool:
        """Whether a piece of ``unit`` is known."""
        return any(piece != self.unknown for piece in self.pieces(unit))

    def _look_up(self, unit: str) -> tuple[int, ...]:
        found = self.tokenizer(unit, add_special_tokens=False, split_special_tokens=True)
        return tuple(
            self.unknown if piece in self.special else piece for piece in found["input_ids"]
        )

    def save(self, folder: Path) -> None:
        """Write the tokenizer into ``folder``."""
        self.tokenizer.save_pretrained(folder / self.FOLDER)

    @classmethod
    def load(cls, folder: Path) -> "PretrainedTable":
        """Read a tokenizer from its own folder, running no code that lies there."""
        from transformers import AutoTokenizer

        return cls(AutoTokenizer.from_pretrained(folder, trust_remote_code=False, use_fast=True))


def _present(piece: int | None) -> tuple[int, ...]:
    return () if piece is None else (piece,)


@dataclass(frozen=True, slots=True)
class TokenizedSentence:
    """The ids of a sentence, and where the first piece of each unit is among them."""

    ids: tuple[int, ...]
    firsts: tuple[int, ...]


class UnitTokenizer:
    """Sentences as ids under a table, within ``limit`` positions."""

    def __init__(self, table: PieceTable, limit: int) -> None:
        self.table, self.limit = table, limit
        self.room = limit - len(table.before) - len(table.after)

    def encode(self, sentence: Sentence) -> TokenizedSentence:
        """The ids of ``sentence``: N units own N first pieces.

        Raises:
            ConfigError: when even one piece a unit exceeds the model.
        """
        pieces = [self.table.pieces(unit) for unit in sentence.units]
        ids, firsts = list(self.table.before), []
        for unit, kept in zip(pieces, self._kept(sentence, list(map(len, pieces))), strict=True):
            firsts.append(len(ids))
            ids += unit[:kept]
        return TokenizedSentence((*ids, *self.table.after), tuple(firsts))

    def positions(self, sentence: Sentence) -> int:
        """The length of the encoded sentence."""
        pieces = sum(len(self.table.pieces(unit)) for unit in sentence.units)
        return min(pieces, self.room) + self.limit - self.room

    def _kept(self, sentence: Sentence, counts: list[int]) -> list[int]:
        """How many pieces each unit keeps: the longest units are levelled first."""
        if sum(counts) <= self.room:
            return counts
        if len(counts) > self.room:
            msg = (
                f"sentence {sentence.id} has {len(counts)} units and the model has room for "
                f"{self.room}: set window_limit={self.room} or less for this model"
            )
            raise ConfigError(msg)
        return levelled(counts, self.room)


def levelled(counts: Sequence[int], room: int) -> list[int]:
    """``counts`` lowered to one level so that they sum to ``room``, the first ones one higher.

    Args:
        counts: pieces of each unit, one at least; they sum to more than ``room``.
        room: at least the number of units.
    """
    level = max(n for n in range(1, max(counts)) if sum(min(c, n) for c in counts) <= room)
    kept = [min(count, level) for count in counts]
    spare = room - sum(kept)
    for place, count in enumerate(counts):
        if spare and count > level:
            kept[place] += 1
            spare -= 1
    return kept
