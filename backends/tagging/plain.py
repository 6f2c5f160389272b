"""A tagger as a folder of plain transformers: its encoder, one linear layer, the arg-max of a unit.

That is ``BertForTokenClassification`` and its like. What such a model has no place for (a CRF,
n-grams, convolutions, rules) is refused, not left out: it would answer otherwise under our name.
"""

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from backends.tagging.character_tokenizer import (
    CharacterVocabulary,
    tokenizer_of,
    vocabulary_of,
)
from backends.tagging.encoding import UnitTokenizer
from backends.tagging.heads import SoftmaxHead
from backends.tagging.tagger import Tagger
from backends.tagging.tagging_options import TaggingOptions
from backends.training import loading
from harness.core import Sentence, Span, Tags
from harness.errors import ConfigError
from harness.protocol import Exported
from harness.tags import encode

REMEDY = "export it with --to onnx, which holds everything"
USAGE = """\
from transformers import pipeline

tag = pipeline("token-classification", model="FOLDER", aggregation_strategy="simple")
for found in tag("TEXT"):
    print(found["start"], found["end"], found["entity_group"])
"""
_EMBEDDINGS = "embeddings.word_embeddings.weight"
_SHOWN = 5


def require_plain(model: Tagger, tagging: TaggingOptions) -> None:
    """Refuse a tagger that a plain model cannot hold.

    Raises:
        ConfigError: that names each part for which it has no place.
    """
    sight = getattr(model.encoder, "neighbours", None)
    too_much = {
        "a CRF": not isinstance(model.head, SoftmaxHead),
        "scores of n-grams (ngrams)": model.ngrams is not None,
        "neighbours before the first layer (convolutions, bigrams)": sight is not None
        and any(True for _ in sight.parameters()),
        f"the scheme {tagging.scheme} inside (scheme)": tagging.scheme != "bio",
        "rules of decoding (constrain_transitions)": tagging.constrain_transitions,
        "a cut of the text (max_length)": tagging.max_length > 0,
    }
    parts = [part for part, there in too_much.items() if there]
    if parts:
        msg = (
            "a model of plain transformers is an encoder and a linear layer; it has no place for "
            f"what this one has beside them: {'; '.join(parts)}. {REMEDY[0].upper()}{REMEDY[1:]}, "
            "or train one without (a softmax with init=pretrained, or init=scratch with "
            "convolutions=0, bigrams=0, ngrams=0, scheme=bio, constrain_transitions=false)"
        )
        raise ConfigError(msg)


def require_characters(sentences: Sequence[Sentence]) -> None:
    """Refuse a task of words.

    Raises:
        ConfigError: for sentences whose units are not single characters of the text.
    """
    if any(sentence.joiner for sentence in sentences):
        msg = (
            "transformers begins a new word at each mark of punctuation, and the words of this "
            f"task hold some, so that its spans would be others; {REMEDY}"
        )
        raise ConfigError(msg)


def export(folder: Path, model: Tagger, tokenizer: UnitTokenizer, tags: Sequence[str]) -> Exported:
    """Write model, configuration and tokenizer into ``folder``."""
    table: Any = tokenizer.table
    vocabulary = vocabulary_of(table)
    with loading.quietly():
        _model(model, vocabulary, tags).save_pretrained(folder)
        tokenizer_of(vocabulary, tokenizer.limit).save_pretrained(folder)
    return Exported(_reader(folder), USAGE, tuple(_limits(vocabulary, tokenizer)))


def _model(model: Tagger, vocabulary: CharacterVocabulary, tags: Sequence[str]) -> Any:
    """The tagger as a model of transformers, each weight of it loaded by name."""
    from transformers import AutoModelForTokenClassification

    made = AutoModelForTokenClassification.from_config(
        _config(model.encoder.config, vocabulary, tags), trust_remote_code=False
    )
    weights = dict(model.encoder.state_dict())
    weights[_EMBEDDINGS] = weights[_EMBEDDINGS][torch.tensor(vocabulary.rows)]
    getattr(made, made.base_model_prefix).load_state_dict(weights)
    made.classifier.load_state_dict(model.classifier.state_dict())
    return made.eval()


def _config(own: Any, vocabulary: CharacterVocabulary, tags: Sequence[str]) -> Any:
    config = copy.deepcopy(own)
    if hasattr(config, "sight"):
        del config.sight  # of dropout alone, which is training's
    config.vocab_size = len(vocabulary.names)
    config.id2label = dict(enumerate(tags))
    config.label2id = {tag: number for number, tag in enumerate(tags)}
    return config


def _reader(folder: Path) -> Callable[[Sequence[Sentence]], list[Tags]]:
    """What transformers' pipeline, given ``folder`` and no code of ours, answers."""

    def read(sentences: Sequence[Sentence]) -> list[Tags]:
        from transformers import pipeline

        with loading.quietly():
            tag = pipeline(
                "token-classification", model=str(folder), aggregation_strategy="simple",
                device="cpu", trust_remote_code=False,
            )  # fmt: skip
        found = tag([sentence.text for sentence in sentences])
        return [_tags(one, sentence) for one, sentence in zip(found, sentences, strict=True)]

    return read


def _tags(found: Sequence[dict[str, Any]], sentence: Sentence) -> Tags:
    spans = [Span(one["start"], one["end"], one["entity_group"]) for one in found]
    return Tags(encode(spans, len(sentence)))


def _limits(vocabulary: CharacterVocabulary, tokenizer: UnitTokenizer) -> list[str]:
    limits = [
        f"It reads {tokenizer.room} characters at once; `pipeline(..., stride=64)` reads longer "
        "text in parts, whose borders are not those of `predict`.",
        "The score of an entity is transformers' mean over its characters, not the probability of "
        "the entity that `predict` gives.",
    ]
    if vocabulary.split:
        shown = " ".join(vocabulary.split[:_SHOWN])
        limits.append(
            f"{len(vocabulary.split)} characters are several pieces to the tokenizer it was "
            f"trained with (such as {shown}), and unknown here."
        )
    return limits
