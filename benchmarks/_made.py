"""What the sides share: sentences, and a folder with a small random BERT over their characters.

Weights are random because speed does not depend on what was learned. Every unit is one printable
character, and none is U+FFFD, which BERT's own tokenizer drops: so all sides see the same text.
"""

import logging
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch

from harness.core import Example
from harness.data.task import Task, load
from harness.errors import DataError
from harness.protocol import Context, DevScore

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LAYERS, WIDTH, HEADS = 4, 256, 4


def quiet() -> None:
    """Leave the screen to the tables."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    logging.getLogger("accelerate").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=UserWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)


def task_of(name: str, data: Path | None) -> Task:
    """The task ``name`` from a folder of data sets, or the demo where there is none; says which."""
    folder = data or os.environ.get("NER_HARNESS_DATA")
    try:
        task = load(name, Path(folder) if folder else None)
    except DataError:
        print(f"no data for {name}: give --data or NER_HARNESS_DATA; this is the demo task instead")
        task = load("demo")
    return task


def plain(examples: Sequence[Example]) -> list[Example]:
    """The sentences whose units are one printable character each."""
    return [e for e in examples if len(e.sentence) and all(map(_plain, e.sentence.units))]


def _plain(unit: str) -> bool:
    return len(unit) == 1 and unit.isprintable() and unit not in " \ufffd"


def bert_folder(
    folder: Path,
    examples: Sequence[Example],
    layers: int = LAYERS,
    width: int = WIDTH,
    heads: int = HEADS,
) -> Path:
    """``folder`` with a random BERT, by default of 4 layers and width 256, and its tokenizer."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    units = sorted({unit for example in examples for unit in example.sentence.units})
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join((*SPECIAL, *units)), encoding="utf-8")
    BertTokenizerFast(
        str(vocabulary), do_lower_case=False, strip_accents=False, tokenize_chinese_chars=True
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(units) + len(SPECIAL),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
    )
    torch.manual_seed(1)
    BertModel(config).save_pretrained(folder)
    return folder


def context(tags: Sequence[str], precision: str, folder: Path, device: str = "cpu") -> Context:
    """What a backend is told; nobody is asked for a score."""
    return Context(
        tuple(tags), 13, device, precision, 1, folder,
        lambda outputs: DevScore(None, 0.0), lambda progress: None,
    )  # fmt: skip
