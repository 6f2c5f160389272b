"""Characters per second against corpus size, sentence length and number of tags: table and plot.

    python -m benchmarks.growth [--quick] [--rounds 3] [--plot growth.png]

A BERT-CRF of one layer, so that the loop, the CRF and the windows show beside the encoder; made-up
sentences; one thread, processor seconds, medians over rounds. Sentences longer than a window are
cut as a run cuts them. The last line is JSON: how seconds grow with each quantity, as the exponent
of a power law (1 is linear; for length and tags at a fixed amount of text, 0 is no cost at all).
"""

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"}

import numpy as np
import torch

from backends.encoder import BertCrf
from benchmarks._made import context
from benchmarks._sides import characters, machine
from harness.core import Example, Sentence, Span
from harness.data.windows import WindowPolicy
from harness.runs.options import Given, construct
from harness.tags import tag_set

CHARACTERS = [chr(0x4E00 + i) for i in range(3000)]
MODEL = {"layers": 1, "width": 64, "attention_heads": 2, "epochs": 1, "batch_units": 1024}
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
LENGTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)
LABELS = (1, 2, 5, 10, 20, 40)
USUAL_LENGTH, USUAL_LABELS = 50, 4
TEXT = 100_000  # characters, where the amount of text is fixed
QUICK = 20


@dataclass(frozen=True, slots=True)
class Row:
    """Median rates at one value of what grows."""

    value: int
    text: int
    train: float
    predict: float


def main() -> None:
    """Print the tables and the line of JSON, and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"a {QUICK}th of the text")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(machine())
    share = QUICK if arguments.quick else 1
    text = TEXT // share
    made = {
        "sentences": {n // share: (n // share, USUAL_LENGTH, USUAL_LABELS) for n in SIZES},
        "characters of a sentence": {n: (text // n, n, USUAL_LABELS) for n in LENGTHS},
        "tags": {2 * n + 1: (text // USUAL_LENGTH, USUAL_LENGTH, n) for n in LABELS},
    }
    measure(*next(iter(made["tags"].values())))
    tables = {name: _rows(sizes, arguments.rounds) for name, sizes in made.items()}
    for name, rows in tables.items():
        print(_table(name, rows))
    if arguments.plot:
        draw(tables, arguments.plot)
    print(json.dumps({name: exponent(rows) for name, rows in tables.items()}))


def _rows(sizes: dict[int, tuple[int, int, int]], rounds: int) -> list[Row]:
    """All values, round after round, so that a busy minute does not fall on one of them."""
    found: dict[int, list[tuple[int, float, float]]] = {value: [] for value in sizes}
    for _ in range(rounds):
        for value, size in sizes.items():
            found[value].append(measure(*size))
    return [
        Row(value, taken[0][0], median(t for _, t, _ in taken), median(p for _, _, p in taken))
        for value, taken in found.items()
    ]


def measure(sentences: int, length: int, labels: int) -> tuple[int, float, float]:
    """Characters, and the rates of training and prediction over them."""
    names = [f"L{i}" for i in range(labels)]
    examples = [example(i, length, names) for i in range(max(1, sentences))]
    policy = WindowPolicy()
    begin = process_time()
    windows = [window for one in examples for window in policy.examples(one)]
    with tempfile.TemporaryDirectory() as logs:
        told = context(tag_set(names), "fp32", Path(logs))
        backend = construct(BertCrf, told, Given(MODEL, "this benchmark"))
        backend.fit(windows, [])
        trained = process_time()
        views = policy.cut_all([one.sentence for one in examples])
        backend.predict([window.view for window in views])
    text = characters(examples)
    return text, text / (trained - begin), text / (process_time() - trained)


def example(number: int, length: int, labels: Sequence[str]) -> Example:
    """Random characters, an entity of three in every twelve, half to one and a half as long."""
    rng = np.random.default_rng(number)
    size = int(rng.integers(length // 2, length + length // 2 + 1))
    units = tuple(CHARACTERS[i] for i in rng.integers(len(CHARACTERS), size=size))
    starts = range(2, size - 3, 12)
    spans = tuple(Span(s, s + 3, labels[rng.integers(len(labels))]) for s in starts)
    return Example(Sentence(str(number), units), spans)


def exponent(rows: Sequence[Row]) -> dict[str, float]:
    """The slope of log seconds over log value, for training and prediction."""
    values = np.log([row.value for row in rows])
    return {
        phase: round(
            float(np.polyfit(values, [np.log(r.text / getattr(r, phase)) for r in rows], 1)[0]), 2
        )
        for phase in ("train", "predict")
    }


def _table(name: str, rows: Sequence[Row]) -> str:
    lines = [f"{name:>26}  characters     train/s   predict/s"]
    lines += [f"{r.value:>26,}{r.text:>12,}{r.train:>12,.0f}{r.predict:>12,.0f}" for r in rows]
    return "\n".join(lines)


def draw(tables: dict[str, list[Row]], path: Path) -> None:
    """One picture, a panel for each quantity."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator

    figure, panels = pyplot.subplots(1, len(tables), figsize=(11, 3.2), sharey=True)
    for panel, (name, rows) in zip(panels, tables.items(), strict=True):
        for phase, marker in (("train", "o"), ("predict", "s")):
            rates = [getattr(row, phase) for row in rows]
            panel.plot([row.value for row in rows], rates, marker=marker, label=phase)
        panel.set(xscale="log", yscale="log", xlabel=name)
        values = [row.value for row in rows]
        panel.set_xticks(values, [f"{value:,}" for value in values], rotation=45)
        panel.set_xticks([], minor=True)
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        panel.yaxis.set_major_formatter("{x:,.0f}")
        panel.set_yticks([], minor=True)
        panel.grid(visible=True, alpha=0.3)
    panels[0].set_ylabel("characters per second")
    panels[0].legend()
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    print(f"plot in {path.name}")


if __name__ == "__main__":
    main()
