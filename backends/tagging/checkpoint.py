"""A model on disk: the encoder's configuration, the piece table, the weights, and the tag set."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from backends.tagging.architecture import random_encoder
from backends.tagging.encoding import LearnedTable, PretrainedTable, UnitTokenizer
from backends.tagging.tagger import UnitReader

WEIGHTS, NOTES = "model.safetensors", "tagger.json"


class Saved(NamedTuple):
    """What it is made of again: an encoder still random, and the weights of the whole."""

    encoder: Any
    tokenizer: UnitTokenizer
    weights: dict[str, torch.Tensor]


def save(folder: Path, model: UnitReader, tokenizer: UnitTokenizer, tags: Sequence[str]) -> None:
    """Write weights, configuration, table and tag set into ``folder``."""
    from safetensors.torch import save_file

    model.encoder.config.save_pretrained(folder)
    save_file(model.state_dict(), folder / WEIGHTS)
    save_reading(folder, tokenizer, tags)


def save_reading(folder: Path, tokenizer: UnitTokenizer, tags: Sequence[str]) -> None:
    """Write into ``folder`` how text enters the model, and the tag set."""
    tokenizer.table.save(folder)
    notes = {"tags": list(tags), "limit": tokenizer.limit}
    (folder / NOTES).write_text(json.dumps(notes, ensure_ascii=False), encoding="utf-8")


def load(folder: Path, tags: Sequence[str]) -> Saved:
    """Read what ``save`` wrote.

    Raises:
        ValueError: for a model of another tag set.
    """
    from safetensors.torch import load_file
    from transformers import AutoConfig

    tokenizer = load_reading(folder, tags)
    encoder = random_encoder(AutoConfig.from_pretrained(folder, trust_remote_code=False))
    return Saved(encoder, tokenizer, load_file(folder / WEIGHTS))


def load_reading(folder: Path, tags: Sequence[str]) -> UnitTokenizer:
    """Read what ``save_reading`` wrote.

    Raises:
        ValueError: for a model of another tag set.
    """
    notes = json.loads((folder / NOTES).read_text(encoding="utf-8"))
    if notes["tags"] != list(tags):
        msg = f"it was trained on the tags {notes['tags']}, not on {list(tags)}"
        raise ValueError(msg)
    return UnitTokenizer(_table(folder), notes["limit"])


def _table(folder: Path) -> LearnedTable | PretrainedTable:
    if (folder / LearnedTable.FILE).is_file():
        return LearnedTable.load(folder)
    return PretrainedTable.load(folder / PretrainedTable.FOLDER)
