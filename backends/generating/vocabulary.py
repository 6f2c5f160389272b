"""Units as ids for a generator, by any tokenizer, each unit looked up alone and only once.

A unit reads as its pieces, and is written as a single one of them, its anchor: an answer is forced
token by token, so N units are N anchors whatever the tokenizer makes of them. Text never becomes a
control token, and a unit that the tokenizer drops is the unknown piece.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from harness.core import Sentence

# A unit for which the tokenizer has no piece and no unknown one that is not also a control token.
UNWRITABLE = "<unit>"
# What byte-level and SentencePiece vocabularies write for a space alone: no part of the unit.
SPACES = ("▁", "Ġ")
_CONTROL = ("eos_token_id", "bos_token_id", "pad_token_id", "cls_token_id", "sep_token_id")


class UnitVocabulary:
    """The ids of units under ``tokenizer``, to which ``marks`` are added as one token each.

    Args:
        tokenizer: a tokenizer of transformers; it is changed.
        marks: spellings of tags or marks, such as ``B_PER``.
    """

    def __init__(self, tokenizer: Any, marks: Sequence[str]) -> None:
        self.tokenizer = tokenizer
        # The ids of the text of each mark, looked up before it has a token of its own.
        self.spelled = {mark: self.text(mark) for mark in marks}
        self.marks = dict(zip(marks, _added(tokenizer, [f"<tag:{m}>" for m in marks]), strict=True))
        controls = {getattr(tokenizer, name) for name in _CONTROL} - {None}
        self.unknown = tokenizer.unk_token_id
        self.added: list[int] = []  # tokens of ours that are no marks
        if self.unknown is None or self.unknown in controls:
            self.added = _added(tokenizer, [UNWRITABLE])
            self.unknown = self.added[0]
        added = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
        self.control = (controls | added | set(tokenizer.all_special_ids)) - {self.unknown}
        self.end = _first(tokenizer.eos_token_id, tokenizer.sep_token_id, tokenizer.pad_token_id)
        self.padding = _first(tokenizer.pad_token_id, self.end)
        self._spaces = {tokenizer.convert_tokens_to_ids(space) for space in SPACES}
        self._known: dict[tuple[str, str], tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.tokenizer)

    def text(self, text: str) -> list[int]:
        """The ids of a text of ours, in which a control token means what it says."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def begins(self) -> list[int]:
        """What the tokenizer puts before a text, where it puts something."""
        ids = self.tokenizer("")["input_ids"][:1]
        starts = (self.tokenizer.bos_token_id, self.tokenizer.cls_token_id)
        return [i for i in ids if i in starts]

    def pieces(self, sentence: Sentence) -> list[tuple[int, ...]]:
        """The ids of each unit, one at least."""
        keys = [(sentence.joiner, unit) for unit in sentence.units]
        self._learn(key for key in keys if key not in self._known)
        return [self._known[key] for key in keys]

    def looked_up(self, sentences: Iterable[Sentence]) -> Iterator[tuple[str, bool]]:
        """Each unit of ``sentences``, with whether a piece of it is known."""
        for sentence in sentences:
            for unit, pieces in zip(sentence.units, self.pieces(sentence), strict=True):
                yield unit, any(piece != self.unknown for piece in pieces)

    def anchors(self, sentence: Sentence) -> list[int]:
        """The one id that each unit is written as."""
        return [pieces[0] for pieces in self.pieces(sentence)]

    def _learn(self, keys: Iterable[tuple[str, str]]) -> None:
        new = list(dict.fromkeys(keys))
        if not new:
            return
        found = self.tokenizer([joiner + unit for joiner, unit in new], add_special_tokens=False)
        for key, ids in zip(new, found["input_ids"], strict=True):
            self._known[key] = self._clean(key[1], ids) or (self.unknown,)

    def _clean(self, unit: str, ids: Sequence[int]) -> tuple[int, ...]:
        """``ids`` without bare spaces; a unit that reads as a control token is read by letters."""
        if self.control.isdisjoint(ids):
            return tuple(i for i in ids if i not in self._spaces)
        letters = (self.text(letter) for letter in unit)
        return tuple(
            self.unknown if i in self.control else i
            for letter in letters
            for i in letter
            if i not in self._spaces
        )


def _added(tokenizer: Any, tokens: Sequence[str]) -> list[int]:
    """The ids of ``tokens``, each one special token of ``tokenizer``; calling again is safe."""
    from tokenizers import AddedToken

    tokenizer.add_tokens(
        [AddedToken(token, special=True, normalized=False) for token in tokens],
        special_tokens=True,
    )
    return [int(i) for i in tokenizer.convert_tokens_to_ids(list(tokens))]


def _first(*ids: int | None) -> int:
    return int(next(i for i in ids if i is not None))
