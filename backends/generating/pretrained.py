"""Pretrained generators: found, read in fp32 without a word of progress, given rows for new tokens.

Whether a head is tied to the embeddings is read from the weights, not from the configuration:
transformers 5 declares every T5 tied, and resizing an untied one (flan-T5, mT5) as declared would
overwrite its head with its embeddings.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from backends.generating.generator_options import GeneratorShape
from backends.generating.vocabulary import UnitVocabulary
from backends.training import loading, weights
from backends.training.neighbours import Sight
from harness.core import Sentence
from harness.errors import ConfigError, WeightsError

# What transformers' configurations of decoders and of encoders with decoders call their rates.
RATES = (
    "dropout", "dropout_rate", "hidden_dropout", "attention_dropout", "activation_dropout",
    "resid_pdrop", "embd_pdrop", "attn_pdrop", "resid_dropout", "embed_dropout",
)  # fmt: skip

# What each class of transformers loads, and what none of them does.
KINDS = {
    "AutoModelForCausalLM": "a causal language model",
    "AutoModelForSeq2SeqLM": "an encoder-decoder",
}
ENCODER = "an encoder, which reads in both directions and does not write"


def origin(shape: GeneratorShape) -> str:
    """What to call the weights in a record."""
    return "scratch" if shape.init == "scratch" else weights.name(shape.model)


def tokenizer(shape: GeneratorShape) -> Any:
    """The tokenizer of a pretrained model.

    Raises:
        WeightsError: for one that cannot be found or read.
    """
    folder = weights.find(shape.model)
    loading.require_tokenizer(folder)
    with weights.readable(folder):
        return read_tokenizer(folder)


def read_tokenizer(folder: Path) -> Any:
    """The tokenizer in ``folder``, with no code that lies there."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def model(shape: GeneratorShape, auto: str) -> Any:
    """A pretrained model, its dropout as ``shape`` says.

    Raises:
        WeightsError: for weights that cannot be found or read, or of another kind of model.
    """
    return read_model(weights.find(shape.model), auto, shape.dropout)


def tokenizer_here(name: str) -> Any | None:
    """The tokenizer of the model ``name``; None where it is not here to be read."""
    folder = weights.here(name)
    if folder is not None:
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            return read_tokenizer(folder)
    return None


def positions_of(name: str) -> int | None:
    """The positions of the model ``name``; None where it has no end, or is not here to be read."""
    from transformers import AutoConfig

    folder = weights.here(name)
    if folder is None:
        return None
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        found: int | None = getattr(config, "max_position_embeddings", None)
        return found
    return None


def base_digest(shape: GeneratorShape) -> str:
    """The SHA-256 of the weights that adapters are trained on."""
    return weights.digest(weights.find(shape.model))


def require_base(shape: GeneratorShape, digest: str | None) -> None:
    """Refuse other weights than those of ``digest``; None was not recorded.

    Raises:
        WeightsError: naming both.
    """
    if digest is not None and digest != (found := base_digest(shape)):
        msg = (
            f"the adapters were trained on other weights: those of {origin(shape)} had a SHA-256 "
            f"that begins with {digest[:12]}, now it begins with {found[:12]}"
        )
        raise WeightsError(msg)


def read_model(folder: Path, auto: str, dropout: float | None = None) -> Any:
    """The model in ``folder`` in fp32, its configuration truthful about its head.

    ``dropout`` is the rate of all that it drops out; None leaves the rates that it was saved with.

    Raises:
        WeightsError: for weights that cannot be read, or of another kind of model.
    """
    import transformers

    from backends.generating.aligned import class_of

    with weights.readable(folder):
        kind = class_of(folder)
        _refuse_other(folder, auto)
    rates = {} if dropout is None else _rates(folder, dropout)
    loaded = loading.load(kind or getattr(transformers, auto), folder, **rates)
    loaded.config.tie_word_embeddings = _tied(loaded)
    return loaded


def _rates(folder: Path, dropout: float) -> dict[str, float]:
    """What the configuration in ``folder`` calls its rates, all of them ``dropout``.

    Some layers keep theirs as a number, not as a module: T5's attention, Llama's and Qwen's.
    """
    from transformers import AutoConfig

    with weights.readable(folder):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    return {name: dropout for name in RATES if hasattr(config, name)}


def require_kind(name: str, auto: str) -> None:
    """Refuse the model ``name`` where it is here and not one that ``auto`` loads.

    Raises:
        WeightsError: naming what it is, and what this family takes.
    """
    folder = weights.here(name)
    if folder is not None:
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            _refuse_other(folder, auto)


def _refuse_other(folder: Path, auto: str) -> None:
    """An encoder would load as a causal model, and see the answer that it is asked for."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    if (kind := _kind(config)) != KINDS[auto]:
        msg = (
            f"{folder.name} is a model of type {config.model_type!r}, {kind}: choose "
            f"{KINDS[auto]}, or the backend of its architecture"
        )
        raise WeightsError(msg)


def _kind(config: Any) -> str:
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES as ENCODERS

    if config.is_encoder_decoder:
        return KINDS["AutoModelForSeq2SeqLM"]
    return ENCODER if config.model_type in ENCODERS else KINDS["AutoModelForCausalLM"]


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


def look_around(model: Any, sight: Sight) -> None:
    """Let ``model`` see by ``sight`` what stands beside each unit of its question, untrained yet.

    Raises:
        ConfigError: where it is to see anything, and is no model of ours.
    """
    from backends.generating.aligned import is_aligned

    if sight == Sight():
        return
    if not is_aligned(model):
        raise ConfigError(
            "convolutions, bigrams and embedding_dropout are for init=scratch and for weights that "
            "`pretrain` made; these are neither"
        )
    model.look_around(sight)


def save(model: Any, folder: Path) -> None:
    """Write a model without adapters into ``folder``."""
    with loading.quietly():
        model.save_pretrained(folder)


def _tied(model: Any) -> bool:
    return model.get_output_embeddings().weight is model.get_input_embeddings().weight


def known_units(
    shape: GeneratorShape, vocabulary: UnitVocabulary, sentences: Sequence[Sentence]
) -> float:
    """The share of the units of ``sentences`` that the pretrained tokenizer knows.

    Raises:
        WeightsError: where it knows almost none.
    """
    return loading.known_share(origin(shape), vocabulary.looked_up(sentences))


def new_parameters(
    shape: GeneratorShape, model: Any, vocabulary: UnitVocabulary
) -> dict[str, int] | None:
    """The scalars of ``model`` that did not come from its weights, by part; None from scratch."""
    if shape.init == "scratch":
        return None
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    matrices = 1 if plain.config.tie_word_embeddings else 2
    rows = len(vocabulary.marks) + len(vocabulary.added)
    adapters = (p.numel() for name, p in model.named_parameters() if "lora_" in name)
    width = int(plain.config.hidden_size)
    sizes = {
        "rows of new tokens": matrices * rows * width,
        "adapters": sum(adapters),
        "neighbours": _size(plain.neighbours) if shape.sight != Sight() else 0,
    }
    return {name: size for name, size in sizes.items() if size}


def _size(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


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
