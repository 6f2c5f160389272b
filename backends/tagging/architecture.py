"""The encoder of a tagger: pretrained, from its embeddings only, or from scratch.

Everything comes through transformers, with no code from a model's folder and no progress bar.
"""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import torch
from pydantic import Field

from backends.tagging.encoding import LearnedTable, PretrainedTable, UnitTokenizer
from backends.training import loading, weights
from backends.training.neighbours import Sight
from backends.training.option_group import option_group
from backends.training.shape import Shape
from harness.errors import ConfigError, WeightsError

Architecture: TypeAlias = Literal["bert", "electra"]
# The weights that each begins from where none are named.
BASES: Mapping[Architecture, str] = {
    "bert": "bert-base-chinese",
    "electra": "hfl/chinese-electra-180g-base-discriminator",
}

# What init=embeddings takes of an encoder.
EMBEDDINGS = ("embeddings", "neighbours")
# Positions of a model from scratch: two default windows.
POSITIONS = 512


@option_group
class EncoderShape(Shape):
    """What an encoder is."""

    LAYERS: ClassVar[int] = 4
    WIDTH: ClassVar[int] = 256
    HEADS: ClassVar[int] = 4

    init: Annotated[
        Literal["pretrained", "embeddings", "scratch"],
        Field(description="pretrained, pretrained embeddings under random layers, or from scratch"),
    ] = "scratch"
    model: Annotated[
        str | None, Field(description="a hub id or a folder; null = the architecture's base model")
    ] = None
    layers: Annotated[
        int | None, Field(ge=1, description="the first so many layers; from scratch, the depth")
    ] = None


def scratch(
    architecture: Architecture, shape: EncoderShape, table: LearnedTable
) -> tuple[Any, UnitTokenizer]:
    """A random encoder over ``table``, and the way sentences enter it."""
    encoder = blank(architecture, shape, len(table), table.padding, POSITIONS)
    return encoder, UnitTokenizer(table, POSITIONS)


def blank(
    architecture: Architecture, shape: EncoderShape, size: int, padding: int, positions: int
) -> Any:
    """A random encoder of ``size`` tokens, of which ``padding`` is none, and ``positions``."""
    width = shape.width or shape.WIDTH
    sizes = {
        "vocab_size": size,
        "hidden_size": width,
        "num_hidden_layers": shape.layers or shape.LAYERS,
        "num_attention_heads": shape.attention_heads or shape.HEADS,
        "intermediate_size": 4 * width,
        "max_position_embeddings": positions,
        "hidden_dropout_prob": shape.dropout,
        "attention_probs_dropout_prob": shape.dropout,
        "pad_token_id": padding,
        "initializer_range": shape.deviation,
    }
    if architecture == "electra":
        # As in ELECTRA-base; in narrower ones, as ELECTRA-small has, neighbours are seen less well.
        sizes["embedding_size"] = width
        torch.rand(1)  # or one seed would give a BERT and an ELECTRA that are one model
    config = _config(architecture)(**sizes)
    if shape.sight != Sight():
        config.sight = asdict(shape.sight)
    encoder = random_encoder(config)
    learned = encoder.embeddings.position_embeddings.weight
    with torch.no_grad():
        learned.copy_(sinusoids(*learned.shape) * shape.deviation * math.sqrt(2))
    return encoder


def sinusoids(positions: int, width: int) -> torch.Tensor:
    """Positions as waves (positions, width), in which neighbours are near from the first step on.

    Random positions must be learned before attention can find a neighbour, which takes more text
    than a tagger trained from scratch has. Vaswani et al. 2017, section 3.5.
    """
    rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))  # (width / 2,)
    angle = torch.arange(positions)[:, None] * rate  # (positions, width / 2)
    return torch.stack((angle.sin(), angle.cos()), dim=2).flatten(1)  # (positions, width)


def pretrained(
    architecture: Architecture, name: str, shape: EncoderShape
) -> tuple[Any, UnitTokenizer]:
    """The encoder and tokenizer of the model ``name``, its first ``shape.layers`` layers.

    Raises:
        WeightsError: for weights that cannot be found, read or trusted, or of another model.
        ConfigError: for more layers than there are.
    """
    folder = weights.find(name)
    config = _read_config(folder, name, shape)
    _refuse_other(architecture, config, name)
    loading.require_tokenizer(folder)
    encoder = _load(folder, config)
    if shape.init == "pretrained":
        _keep_first_layers(encoder, name, shape)
    else:
        encoder = _keep_embeddings(encoder, shape)
    return encoder, _reader(folder, config)


def room_of(name: str) -> int | None:
    """The units that the model ``name`` has room for; None if it is not here, or not readable."""
    from transformers import AutoConfig

    folder = weights.here(name)
    if folder is None:
        return None
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        return _reader(folder, AutoConfig.from_pretrained(folder, trust_remote_code=False)).room
    return None


def _reader(folder: Path, config: Any) -> UnitTokenizer:
    """How sentences enter the model of ``config`` in ``folder``."""
    table = PretrainedTable.load(folder)
    positions = config.max_position_embeddings
    if config.model_type in _BEHIND_PADDING:
        positions -= config.pad_token_id + 1
    return UnitTokenizer(table, int(min(positions, table.tokenizer.model_max_length)))


def random_encoder(config: Any) -> Any:
    """A random encoder of ``config``, with no pooler where the architecture has one."""
    from transformers import AutoModel

    from backends.tagging.seeing import class_for

    if (seeing := class_for(config)) is not None:
        return seeing(config)
    extra = {"add_pooling_layer": False} if config.model_type in _POOLED else {}
    return AutoModel.from_config(config, trust_remote_code=False, **extra)


# BERT under the names that other trainings of it have; these have a pooler.
_POOLED = ("bert", "roberta", "xlm-roberta", "camembert", "ernie")
# Their positions are counted from behind that of padding.
_BEHIND_PADDING = ("roberta", "xlm-roberta", "camembert")
_KINDS: dict[Architecture, tuple[str, ...]] = {"bert": _POOLED, "electra": ("electra",)}


def _config(architecture: Architecture) -> Any:
    from transformers import BertConfig, ElectraConfig

    return {"bert": BertConfig, "electra": ElectraConfig}[architecture]


def _read_config(folder: Path, name: str, shape: EncoderShape) -> Any:
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    except (ValueError, OSError) as error:
        msg = f"{name}: config.json cannot be used: {error}"
        raise WeightsError(msg) from error
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = shape.dropout
    return config


def _refuse_other(architecture: Architecture, config: Any, name: str) -> None:
    """A row that is called BERT has a BERT in it."""
    kinds = _KINDS[architecture]
    if config.model_type not in kinds:
        msg = (
            f"{weights.name(name)} is a model of type {config.model_type!r}, and this backend "
            f"takes {', '.join(kinds)}: choose the backend of its architecture, or another model"
        )
        raise WeightsError(msg)


def _load(folder: Path, config: Any) -> Any:
    from transformers import AutoModel

    from backends.tagging.seeing import class_for

    extra = {"add_pooling_layer": False} if config.model_type in _POOLED else {}
    return loading.load(class_for(config) or AutoModel, folder, config=config, **extra)


def _keep_first_layers(encoder: Any, name: str, shape: EncoderShape) -> None:
    """Take off the layers beyond ``shape.layers``, once all of them are known to be there."""
    config = encoder.config
    if shape.layers and shape.layers > config.num_hidden_layers:
        msg = f"layers={shape.layers}, but {name} has {config.num_hidden_layers} layers"
        raise ConfigError(msg)
    config.num_hidden_layers = shape.layers or config.num_hidden_layers
    encoder.encoder.layer = encoder.encoder.layer[: config.num_hidden_layers]


def _keep_embeddings(trained: Any, shape: EncoderShape) -> Any:
    """A random encoder of any depth with the embeddings of ``trained``."""
    config = trained.config
    config.num_hidden_layers = shape.layers or config.num_hidden_layers
    fresh = random_encoder(config)
    for part in EMBEDDINGS:
        if hasattr(trained, part):
            getattr(fresh, part).load_state_dict(getattr(trained, part).state_dict())
    return fresh
