"""Finished runs of tiny models, trained in this process on made-up sentences: seconds each.

The text holds what tokenizers drop, fold or join: capitals, spaces, digits, marks, characters that
training never saw.
"""

import json
import random
from pathlib import Path

import torch

from harness import api
from harness.results import reader
from harness.runs.run import execute

LABELS = ("PER", "LOC")
NAMES = "东西南北春夏秋冬"
ODD = ("A", "b", " ", "7", "ﬁ", "é", "[CLS]", "\u200b", "\u3000", "😀", "龘")
SIZES = {"epochs": 4, "learning_rate": 3e-3, "dropout": 0.0, "batch_units": 128}
SMALL = {"layers": 1, "width": 32, "attention_heads": 2}
PLAIN = SIZES | SMALL | {"convolutions": 0, "word_dropout": 0.0}
EVERYTHING = SIZES | SMALL | {
    "convolutions": 2, "bigrams": 64, "ngrams": 256, "scheme": "bioes",
    "constrain_transitions": True, "word_dropout": 0.1,
}  # fmt: skip


def sentence(seed, odd=False):
    """A text in which 先生 and 在于 give names away, with its spans in characters."""
    draw = random.Random(seed)
    text, spans = "", []
    for _ in range(draw.randint(1, 3)):
        text += draw.choice(["我说", "今天", "大家都"])
        if odd:
            text += draw.choice(ODD)
        label, before = draw.choice([("PER", "先生"), ("LOC", "在于")])
        text += before
        name = "".join(draw.sample(NAMES, draw.randint(1, 3)))
        spans.append({"start": len(text), "end": len(text) + len(name), "label": label})
        text += name + "。"
    return {"text": text, "spans": spans}


def task(folder):
    """A task file with its data beside it; every second test sentence is odd."""
    splits = {
        "train": [sentence(i) for i in range(200)],
        "dev": [sentence(i) for i in range(1000, 1020)],
        "test": [sentence(i, odd=i % 2 == 0) for i in range(2000, 2060)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, entries in splits.items():
        lines = (json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    path = folder / "told.yaml"
    path.write_text(
        "name: told\nlanguage: zh\nformat: jsonl\njoiner: ''\nlabels: [PER, LOC]\n"
        "splits: {train: train.jsonl, dev: dev.jsonl, test: test.jsonl}\n",
        encoding="utf-8",
    )
    return path


def finished(task_file, backend, output, preset="tiny", **options):
    """The folder of a run of ``backend`` that was trained here and now."""
    options = {"free_decoding": False, "window_limit": 60, "window_margin": 8} | options
    plan = api.plan(task_file, backend, seeds=[13], preset=preset, options=options, output=output)
    (cell,) = plan.cells
    execute(cell, lambda progress: None)
    return reader.one(cell.folder).folder


def pretrained(place, architecture="bert"):
    """A folder of real weights of no worth, whose tokenizer lower-cases and joins letters.

    It takes a Hangul syllable apart.
    """
    from transformers import BertConfig, BertModel, BertTokenizer, ElectraConfig, ElectraModel

    place.mkdir(parents=True)
    characters = sorted({c for i in range(200) for c in sentence(i)["text"]})
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces = [*marks, "a", "b", "##b", "e", "7", "ab", "f", "##i", "ᄀ", "##ᅵ", "##ᆷ", *characters]
    (place / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    tokenizer = BertTokenizer(vocab=str(place / "vocab.txt"), do_lower_case=True,
                              model_max_length=64)  # fmt: skip
    tokenizer.save_pretrained(place)
    torch.manual_seed(5)
    sizes = {
        "vocab_size": len(pieces), "hidden_size": 32, "num_hidden_layers": 1,
        "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 64,
    }  # fmt: skip
    if architecture == "electra":
        ElectraModel(ElectraConfig(**sizes, embedding_size=16)).save_pretrained(place)
    else:
        BertModel(BertConfig(**sizes)).save_pretrained(place)
    return Path(place)
