"""The one vocabulary of pretraining: a character is a token, for every family the same one.

What a task calls a unit is looked up alone, so N characters own N positions. A paragraph ends with
the token that ends an answer. Characters that are not known are one token, which no objective asks
for.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]

# As in the vocabularies of generators from scratch.
PADDING, END, UNKNOWN = 0, 1, 2
MASK = 3
SENTINELS = tuple(range(4, 68))
FIRST = 68  # the first character
NAMES = ("[PAD]", "[END]", "[UNK]", "[MASK]", *(f"<extra_id_{i}>" for i in range(len(SENTINELS))))
LINE_END = "\n"


class Characters:
    """The ids of ``known`` characters, behind those of the tokens that are no text."""

    padding = PADDING

    def __init__(self, known: str) -> None:
        self.known = known
        # From every code point to its id.
        self._ids = np.full(0x110000, UNKNOWN, np.int64)
        self._ids[[ord(character) for character in known]] = FIRST + np.arange(len(known))
        self._ids[ord(LINE_END)] = END

    def __len__(self) -> int:
        return FIRST + len(self.known)

    def ids(self, windows: Sequence[str]) -> Ids:
        """The ids of windows of one length (windows, length)."""
        points = [np.frombuffer(window.encode("utf-32-le"), np.uint32) for window in windows]
        return self._ids[np.stack(points)]

    def tokenizer(self, longest: int) -> Any:
        """A tokenizer of transformers that reads every character alone, and changes none.

        ``longest`` is the most positions that a model has.
        """
        from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
        from transformers import PreTrainedTokenizerFast

        table = {name: i for i, name in enumerate((*NAMES, *self.known))}
        made = Tokenizer(models.WordLevel(table, unk_token=NAMES[UNKNOWN]))
        made.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
        made.decoder = decoders.Fuse()
        return PreTrainedTokenizerFast(
            tokenizer_object=made,
            pad_token=NAMES[PADDING],
            eos_token=NAMES[END],
            unk_token=NAMES[UNKNOWN],
            mask_token=NAMES[MASK],
            additional_special_tokens=list(NAMES[SENTINELS[0] : FIRST]),
            model_max_length=longest,
            clean_up_tokenization_spaces=False,
        )

    def save(self, folder: Path, longest: int) -> None:
        """Write the tokenizer's files into ``folder``."""
        self.tokenizer(longest).save_pretrained(folder)


def is_character(ids: Ids) -> npt.NDArray[np.bool_]:
    """Where ``ids`` are known characters: what an objective may hide and ask for."""
    return ids >= FIRST
