"""Pretrained generators: found, read in fp32 without a word of progress, given rows for new tokens.

Whether a head is tied to the embeddings is read from the weights, not from the configuration:
transformers 5 declares every T5 tied, and resizing an untied one (flan-T5, mT5) as declared would
overwrite its head with its embeddings.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from backends.generating.generator_options import GeneratorShape
from backends.generating.vocabulary import UnitVocabulary
from backends.training import weights
from harness.errors import ConfigError


def origin(shape: GeneratorShape) -> str:
    """What to call the weights in a record."""
    return "scratch" if shape.init == "scratch" else weights.name(shape.model)


def tokenizer(shape: GeneratorShape) -> Any:
    """The tokenizer of a pretrained model."""
    folder = weights.find(shape.model)
    with weights.readable(folder):
        return read_tokenizer(folder)


def read_tokenizer(folder: Path) -> Any:
    """The tokenizer in ``folder``, with no code that lies there."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def model(shape: GeneratorShape, auto: str) -> Any:
    """A pretrained model, its dropout as ``shape`` says.

    Raises:
        WeightsError: for weights that cannot be found or read.
    """
    folder = weights.find(shape.model)
    with weights.readable(folder):
        loaded = read_model(folder, auto)
    for module in loaded.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = shape.dropout
    return loaded


def read_model(folder: Path, auto: str) -> Any:
    """The model in ``folder`` in fp32, its configuration truthful about its head."""
    import transformers

    from backends.generating.aligned import class_of

    with _quietly():
        kind = class_of(folder) or getattr(transformers, auto)
        loaded = kind.from_pretrained(folder, trust_remote_code=False, dtype=torch.float32)
    loaded.config.tie_word_embeddings = _tied(loaded)
    return loaded


def align(model: Any, stride: int | None) -> None:
    """Let ``model`` know that a unit takes ``stride`` tokens of its answers; None lets it not know.

    Raises:
        ConfigError: where it is to know, and is no model of ours.
    """
    from backends.generating.aligned import is_aligned

    if is_aligned(model):
        model.config.stride = stride
    elif stride is not None:
        raise ConfigError(
            "aligned is for init=scratch and for weights that `pretrain` made; these are neither"
        )


def save(model: Any, folder: Path) -> None:
    """Write a model without adapters into ``folder``."""
    with _quietly():
        model.save_pretrained(folder)


def _tied(model: Any) -> bool:
    return model.get_output_embeddings().weight is model.get_input_embeddings().weight


def add_rows(model: Any, vocabulary: UnitVocabulary) -> None:
    """Give the tokens of ``vocabulary`` rows, those of marks the mean of their text's pieces."""
    if len(vocabulary) > model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(len(vocabulary), mean_resizing=False)
    with torch.no_grad():
        for embedding in (model.get_input_embeddings(), model.get_output_embeddings()):
            _fill(embedding.weight, vocabulary)


def _fill(weight: torch.Tensor, vocabulary: UnitVocabulary) -> None:
    """Rows of new tokens in ``weight`` (tokens, width)."""
    for mark, row in vocabulary.marks.items():
        weight[row] = weight[vocabulary.spelled[mark]].mean(0)
    for row in vocabulary.added:
        weight[row] = weight[: min(vocabulary.marks.values())].mean(0)


@contextmanager
def _quietly() -> Iterator[None]:
    """No progress bars and no remarks; errors still come."""
    from transformers.utils import logging

    shown, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(shown)
        if bars:
            logging.enable_progress_bar()
