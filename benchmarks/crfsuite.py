r"""A tagger that is not ours on a task of ours: python-crfsuite, a linear CRF over characters.

    pip install python-crfsuite
    python -m benchmarks.crfsuite --task resume -o crfsuite.jsonl
    python -m harness import-predictions crfsuite.jsonl --format jsonl --task resume \
        --name crfsuite --weights scratch --seed 13 42 87 --state training=train \
        "selection=development entity micro F1, conlleval" window_limit=254 window_margin=32 \
        precision=fp64 tuning_trials=0 document_context=false

Plain features: units, pairs and triples around each unit. L-BFGS has no luck in it, so one file
answers every seed, and training for k iterations is the k-th checkpoint of a longer training: the
one that is best on the development set answers the test set. The last line is JSON.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import pycrfsuite

from harness.core import Example
from harness.data.task import load
from harness.scoring.counting import count
from harness.scoring.score import percent, scores
from harness.tags import encode

CHECKPOINTS = (25, 50, 100)
REACH = 2


def main() -> None:
    """Train, choose on dev, write the answers to the test set, print what it was."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="demo")
    parser.add_argument("--data", type=Path, help="the folder that holds the data sets")
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    task, start = load(options.task, options.data), perf_counter()
    splits = {name: filled(split.examples) for name, split in task.splits.items()}
    with tempfile.TemporaryDirectory() as folder:
        models = {k: trained(splits["train"], k, Path(folder)) for k in CHECKPOINTS}
        dev = {k: f1(splits["dev"], answers(splits["dev"], models[k]), task.labels) for k in models}
        best = max(CHECKPOINTS, key=lambda k: (dev[k], -k))
        found = answers(splits["test"], models[best])
    write(options.output, splits["test"], found)
    print(json.dumps({
        "task": task.name, "iterations": best, "dev": {k: percent(dev[k]) for k in dev},
        "test": percent(f1(splits["test"], found, task.labels)),
        "seconds": round(perf_counter() - start, 1),
    }))  # fmt: skip


def filled(examples: Sequence[Example]) -> list[Example]:
    """The examples that hold text."""
    return [example for example in examples if len(example.sentence)]


def features(units: Sequence[str]) -> list[list[str]]:
    """What the tagger sees of each unit: the units, pairs and triples within reach."""
    ends = [""] * REACH
    padded = [*ends, *units, *ends]
    return [_around(padded[at : at + 2 * REACH + 1]) for at in range(len(units))]


def _around(units: Sequence[str]) -> list[str]:
    return [
        f"{size} {at - REACH} {chr(0x1F).join(units[at : at + size])}"
        for size in (1, 2, 3)
        for at in range(len(units) - size + 1)
    ]


def trained(examples: Sequence[Example], iterations: int, folder: Path) -> Path:
    """The file of a model after so many iterations."""
    trainer = pycrfsuite.Trainer(verbose=False)
    for example in examples:
        units = example.sentence.units
        trainer.append(features(units), encode(example.spans, len(units)))
    trainer.set_params({"c1": 0.0, "c2": 1.0, "max_iterations": iterations})
    path = folder / f"{iterations}.crfsuite"
    trainer.train(str(path))
    return path


def answers(examples: Sequence[Example], model: Path) -> list[list[str]]:
    """The tags of each sentence."""
    tagger = pycrfsuite.Tagger()
    tagger.open(str(model))
    return [tagger.tag(features(example.sentence.units)) for example in examples]


def f1(examples: Sequence[Example], found: Sequence[Sequence[str]], labels: Sequence[str]) -> float:
    """The score that selects, by the code that scores every row."""
    gold = [example.spans for example in examples]
    return scores(count(gold, found, "conlleval", labels), "conlleval").micro.f1 or 0.0


def write(path: Path, examples: Sequence[Example], found: Sequence[Sequence[str]]) -> None:
    """JSON Lines of tokens and tags."""
    pairs = zip(examples, found, strict=True)
    lines = [json.dumps({"tokens": e.sentence.units, "tags": tags}) for e, tags in pairs]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
