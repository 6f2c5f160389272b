"""Plain text that a causal model goes on with, in its own vocabulary: what its weights know."""

from collections.abc import Sequence
from typing import Any

import torch

from backends.generating.padding import padded, padding_mask
from backends.generating.vocabulary import UnitVocabulary

TEXTS = 16  # side by side
TOKENS = 3  # a character at most: byte-level vocabularies cut one of Chinese into so many


def completions(
    model: Any, vocabulary: UnitVocabulary, texts: Sequence[str], characters: int
) -> list[str]:
    """What ``model`` writes behind each of ``texts``, the most probable token at each step.

    The tokens that ``vocabulary`` added are not written: the weights never read them.
    """
    model.eval()
    return [
        written
        for start in range(0, len(texts), TEXTS)
        for written in _written(model, vocabulary, texts[start : start + TEXTS], characters)
    ]


@torch.inference_mode()
def _written(
    model: Any, vocabulary: UnitVocabulary, texts: Sequence[str], characters: int
) -> list[str]:
    rows = [[*vocabulary.begins(), *vocabulary.text(text)] for text in texts]
    read = padded(rows, vocabulary.padding, left=True).to(model.device)
    room = getattr(model.config, "max_position_embeddings", None)
    tokens = min(TOKENS * characters, room - read.shape[1] if room else TOKENS * characters)
    if tokens < 1:
        return [""] * len(texts)
    ids = model.generate(
        read,
        attention_mask=padding_mask(rows, left=True).to(model.device),
        max_new_tokens=tokens,
        do_sample=False,
        num_beams=1,
        eos_token_id=vocabulary.end,
        pad_token_id=vocabulary.end,
        suppress_tokens=sorted({*vocabulary.marks.values(), *vocabulary.added}) or None,
    )
    decoded: list[str] = vocabulary.tokenizer.batch_decode(
        ids[:, read.shape[1] :], skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    return decoded
