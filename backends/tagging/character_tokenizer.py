"""A piece table as a tokenizer of plain transformers: each character is a token of its own.

A tokenizer that reads whole text lower-cases, drops and joins characters; ours looks up each one
alone. So that another program reads what we read, the pieces of single characters get a
vocabulary of their own, in which each character has a row, copied from the row of its piece.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from backends.tagging.encoding import (
    PADDING,
    UNKNOWN,
    LearnedTable,
    PretrainedTable,
)

BEGIN, END = "[CLS]", "[SEP]"
_MARKS = {BEGIN: "cls_token", END: "sep_token"}
# Code points that stand for no character: not assigned, or half of one.
_NOTHING = frozenset({"Cn", "Cs"})
_LAST = 0xF0000  # beyond are planes for private use alone


@dataclass(frozen=True, slots=True)
class CharacterVocabulary:
    """What stands at each row: ``names[i]`` reads the row ``rows[i]`` of the model before.

    ``split`` are characters that are several pieces: they have no row, and are unknown.
    """

    names: tuple[str, ...]
    rows: tuple[int, ...]
    split: tuple[str, ...]

    @property
    def ids(self) -> dict[str, int]:
        """The row of each name."""
        return {name: row for row, name in enumerate(self.names)}


def vocabulary_of(table: LearnedTable | PretrainedTable) -> CharacterVocabulary:
    """The characters that ``table`` knows; padding keeps its row, since positions depend on it."""
    marks = {UNKNOWN: table.unknown} | _around(table)
    characters: dict[str, int] = {}
    split = []
    for character, pieces in _characters(table):
        if len(pieces) > 1:
            split.append(character)
        elif pieces and pieces[0] != table.unknown:
            characters[character] = pieces[0]
    others = [*marks.items(), *characters.items()]
    entries = [*others[: table.padding], (PADDING, table.padding), *others[table.padding :]]
    names, rows = zip(*entries, strict=True)
    return CharacterVocabulary(names, rows, tuple(split))


def _around(table: LearnedTable | PretrainedTable) -> dict[str, int]:
    sides = ((BEGIN, table.before), (END, table.after))
    return {mark: pieces[0] for mark, pieces in sides if pieces}


def _characters(
    table: LearnedTable | PretrainedTable,
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Characters with their pieces; a table that was learned knows its own only."""
    if isinstance(table, LearnedTable):
        yield from ((c, (piece,)) for c, piece in table.ids.items() if len(c) == 1)
        return
    every = [c for c in map(chr, range(_LAST)) if unicodedata.category(c) not in _NOTHING]
    quick = table.tokenizer.backend_tokenizer  # of which a call for each would take a minute
    found = quick.encode_batch_fast(every, add_special_tokens=False)
    for character, encoded in zip(every, found, strict=True):
        yield character, tuple(table.unknown if p in table.special else p for p in encoded.ids)


def tokenizer_of(vocabulary: CharacterVocabulary, limit: int) -> Any:
    """A fast tokenizer of transformers that reads text as ``vocabulary`` says.

    Args:
        vocabulary: the characters, and what stands around a sentence.
        limit: the most tokens that the model reads.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    ids = vocabulary.ids
    made = Tokenizer(models.WordLevel(ids, unk_token=UNKNOWN))
    made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    made.decoder = decoders.Fuse()
    around = [mark for mark in _MARKS if mark in ids]
    if around:
        template = " ".join(mark for mark in (BEGIN, "$A", END) if mark in ("$A", *around))
        special = [(mark, ids[mark]) for mark in around]
        made.post_processor = processors.TemplateProcessing(single=template, special_tokens=special)
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_max_length=limit,
        model_input_names=["input_ids", "attention_mask"],
        split_special_tokens=True,  # text that reads like a mark is text
        unk_token=UNKNOWN,
        pad_token=PADDING,
        **{_MARKS[mark]: mark for mark in around},
    )
