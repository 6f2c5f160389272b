"""Generators that start from nothing: a tokenizer learned on the training text, and small models.

The tokenizer is SentencePiece without any normalisation: characters where text has no spaces,
pieces of words where it has. Units seen once are left out, so that the unknown piece is trained.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from backends.generating.generator_options import GeneratorShape
from backends.training.neighbours import Sight
from harness.core import Sentence

PADDING, END, UNKNOWN = 0, 1, 2
PIECES = 8_000
LINE = 1 << 30  # bytes that a line may have: a longer one is left out, and nobody is told
# Positions of a decoder from scratch: a prompt, a default window and its answer.
POSITIONS = 2_048


def learn_tokenizer(sentences: Sequence[Sentence], extra: Iterable[str]) -> Any:
    """A tokenizer of the units of ``sentences`` and of the texts ``extra``."""
    from transformers import T5Tokenizer

    # Piece by piece: transformers 5.17 cannot read a file of a model that normalises nothing.
    learned = _sentencepiece(sentences, extra)
    pieces = [(learned.id_to_piece(i), learned.get_score(i)) for i in range(len(learned))]
    return T5Tokenizer(vocab=pieces, extra_ids=0)


def _sentencepiece(sentences: Sequence[Sentence], extra: Iterable[str]) -> Any:
    import sentencepiece

    words = any(sentence.joiner for sentence in sentences)
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=_lines(sentences, extra),
        model_writer=model,
        model_type="unigram" if words else "char",
        vocab_size=PIECES,
        hard_vocab_limit=False,
        character_coverage=1.0,
        normalization_rule_name="identity",
        pad_id=PADDING,
        eos_id=END,
        unk_id=UNKNOWN,
        bos_id=-1,
        num_threads=1,
        max_sentence_length=LINE,
        minloglevel=2,
    )
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def _lines(sentences: Sequence[Sentence], extra: Iterable[str]) -> Iterator[str]:
    seen = Counter(unit for sentence in sentences for unit in sentence.units)
    least = min(2, max(seen.values(), default=0))  # a text in which nothing comes twice is kept
    for sentence in sentences:
        line = sentence.joiner.join(unit for unit in sentence.units if seen[unit] >= least)
        if line.strip():
            yield line.replace("\n", " ")
    for text in extra:
        yield from text.splitlines()


def encoder_decoder(shape: GeneratorShape, size: int, stride: int | None = None) -> Any:
    """A random T5 of ``size`` tokens; one whose answers give each unit ``stride``, if any."""
    from transformers import T5Config, T5ForConditionalGeneration

    from backends.generating.aligned import CopyingT5

    width, heads = shape.width or shape.WIDTH, shape.attention_heads or shape.HEADS
    config = T5Config(
        vocab_size=size,
        d_model=width,
        d_kv=width // heads,
        d_ff=4 * width,
        num_layers=shape.layers or shape.LAYERS,
        num_heads=heads,
        dropout_rate=shape.dropout,
        decoder_start_token_id=PADDING,
        pad_token_id=PADDING,
        eos_token_id=END,
    )
    if _is_plain(shape, stride):
        return T5ForConditionalGeneration(config)
    return CopyingT5(_extended(config, shape, stride))


def decoder(shape: GeneratorShape, size: int, stride: int | None = None) -> Any:
    """A random GPT-2 of ``size`` tokens; one whose answers give each unit ``stride``, if any."""
    from transformers import GPT2Config, GPT2LMHeadModel

    from backends.generating.aligned import CopyingGpt2

    config = GPT2Config(
        vocab_size=size,
        n_positions=POSITIONS,
        n_embd=shape.width or shape.WIDTH,
        initializer_range=shape.deviation,
        n_layer=shape.layers or shape.LAYERS,
        n_head=shape.attention_heads or shape.HEADS,
        embd_pdrop=shape.dropout,
        resid_pdrop=shape.dropout,
        attn_pdrop=shape.dropout,
        bos_token_id=END,
        eos_token_id=END,
        pad_token_id=PADDING,
    )
    if _is_plain(shape, stride):
        return GPT2LMHeadModel(config)
    return CopyingGpt2(_extended(config, shape, stride))


def alignable(build: Callable[..., Any], shape: GeneratorShape, size: int) -> Any:
    """What ``build`` makes, of ``size`` tokens, to be told the unit of an answer later on."""
    model = build(shape, size, 1)
    model.config.stride = None
    return model


def _is_plain(shape: GeneratorShape, stride: int | None) -> bool:
    return stride is None and shape.sight == Sight()


def _extended(config: Any, shape: GeneratorShape, stride: int | None) -> Any:
    """``config`` with what ours have beyond transformers' own."""
    config.sight, config.stride = asdict(shape.sight), stride
    return config
