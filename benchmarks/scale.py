"""Processor seconds against stored runs, sentences of a data set, and units of an answer.

    python -m benchmarks.scale [--quick] [--plot scale.png]

Runs are made up (tests/stored_runs.py): tasks of twenty systems with five seeds each, 100 sentences
a run. Sentences are those of the demo's train set with a fifth of their characters changed. Answers
have 30 % of their pieces left out and every third pair swapped. The last line is JSON: the exponent
of a power law for each row of a table (1 is linear).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import process_time

import numpy as np

from benchmarks._sides import machine
from harness.core import Sentence, Text
from harness.data.task import load
from harness.generation.formats import FORMATS
from harness.generation.repair import repair
from harness.sequences import MEMORY_VARIABLE
from harness.tags import encode, tag_set

TESTS = Path(__file__).parents[1] / "tests"
RUNS, SENTENCES, UNITS = (100, 300, 1_000), (10_000, 30_000, 100_000), (10_000, 30_000, 100_000)
QUICK = 10
KEPT = {"in memory": "100000", "in temporary files": "0"}
SYSTEMS, SEEDS, CHANGED = 20, (1, 2, 3, 4, 5), 0.2
TAGS = tag_set(["PER", "LOC"])
DONE = (0, 3)  # 3: check-data found something in what was changed at random
# A small process starts the command: a peak counts what stood in memory as it was started, too.
MEASURED = """
import os, sys
child = os.posix_spawn(
    sys.executable, [sys.executable, "-m", "harness", *sys.argv[1:]], os.environ,
    file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
)
_, status, used = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 2**10)
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds, and the peak in MiB of a command that was a process of its own."""

    seconds: float
    mebibytes: float | None = None

    def __str__(self) -> str:
        if self.mebibytes is None:
            return f"{self.seconds:.2f} s"
        return f"{self.seconds:.1f} s, {self.mebibytes:,.0f} MiB"


Table = dict[str, dict[int, Cost]]


def main() -> None:
    """Print the tables and the line of JSON, and draw the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"sizes divided by {QUICK}")
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    share = QUICK if arguments.quick else 1
    print(machine())
    tables = {
        name: measured([size // share for size in sizes])
        for name, measured, sizes in (
            ("runs", of_runs, RUNS), ("sentences", of_sentences, SENTENCES),
            ("units of an answer", of_answers, UNITS),
        )
    }  # fmt: skip
    for name, table in tables.items():
        print(rendered(name, table))
    if arguments.plot:
        draw(tables, arguments.plot)
    print(json.dumps({name: {what: exponent(costs) for what, costs in table.items()}
                      for name, table in tables.items()}))  # fmt: skip


def of_runs(sizes: list[int]) -> Table:
    """What commands over stored runs take."""
    table: Table = {"leaderboard": {}, "verify": {}}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            store_runs(Path(folder), size)
            for name in table:
                table[name][size] = command(name, folder)
    return table


def store_runs(folder: Path, number: int) -> None:
    """Write ``number`` runs of made-up systems."""
    sys.path.insert(0, str(TESTS))
    from stored_runs import write_run

    for place in range(number):
        task, rest = divmod(place, SYSTEMS * len(SEEDS))
        system, seed = divmod(rest, len(SEEDS))
        write_run(
            folder, f"system-{system}", SEEDS[seed], task=f"task-{task}",
            rate=0.05 + 0.01 * system, sentences=100,
        )  # fmt: skip


def of_sentences(sizes: list[int]) -> Table:
    """What commands over a data set take."""
    table: Table = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            task = str(store_sentences(Path(folder), size))
            for kept, bound in KEPT.items():
                results = str(Path(folder, bound))
                table.setdefault(f"check-data, {kept}", {})[size] = command(
                    "check-data", task, bound=bound
                )
                table.setdefault(f"run --backend dictionary, {kept}", {})[size] = command(
                    "run", "--backend", "dictionary", "--task", task, "--seed", "1",
                    "-o", results, bound=bound,
                )  # fmt: skip
    return table


def store_sentences(folder: Path, number: int) -> Path:
    """Write a task whose train split has ``number`` sentences; gives its file."""
    demo, draw = load("demo"), Random(0)
    characters = [unit for each in demo.splits["train"].examples for unit in each.sentence.units]
    for split, own in demo.splits.items():
        examples = own.examples
        chosen = draw.choices(examples, k=number) if split == "train" else examples
        changed = CHANGED if split == "train" else 0.0
        with (
            (folder / f"{split}.txt").open("w", encoding="utf-8") as text,
            (folder / f"{split}_TAG.txt").open("w", encoding="utf-8") as tags,
        ):
            for each in chosen:
                units = each.sentence.units
                new = (draw.choice(characters) if draw.random() < changed else u for u in units)
                text.write(" ".join(new) + "\n")
                tags.write(" ".join(encode(each.spans, len(units))) + "\n")
    task = folder / "task.yaml"
    task.write_text(
        f"name: made\nlanguage: zh\nformat: parallel\njoiner: ''\nlabels: {list(demo.labels)}\n"
        "splits: {train: train.txt, dev: dev.txt, test: test.txt}\n",
        encoding="utf-8",
    )
    return task


def command(*arguments: str, bound: str = "") -> Cost:
    """What ``python -m harness`` with ``arguments`` takes, its children too.

    ``bound`` is the memory for sentences, in MiB.
    """
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments], capture_output=True, text=True, check=True,
        env=os.environ | {MEMORY_VARIABLE: bound},
    )  # fmt: skip
    code, seconds, mebibytes = map(float, ran.stdout.split())
    if code not in DONE:
        msg = f"{arguments[0]} ended with {code:.0f}: {ran.stderr}"
        raise SystemExit(msg)
    return Cost(seconds, mebibytes)


def of_answers(sizes: list[int]) -> Table:
    """What the repair of one answer takes, by format."""
    return {name: {size: repaired(name, size) for size in sizes} for name in sorted(FORMATS)}


def repaired(name: str, units: int) -> Cost:
    """What a damaged answer of ``units`` units in the format ``name`` takes."""
    draw = Random(0)
    sentence = Sentence("s", tuple(draw.choices("春江潮水连海平月共生滟随波千万里", k=units)))
    tags = (["B-PER", "I-PER", "O", "O", "O"] * units)[:units]
    text = Text(damaged(FORMATS[name].render(sentence, tags), draw), name)
    begun = process_time()
    repair(text, sentence, TAGS)
    return Cost(process_time() - begun)


def damaged(answer: str, draw: Random) -> str:
    """``answer`` with 30 % of its pieces left out, and every third pair of the rest swapped."""
    space = " " if " " in answer else "\n"
    pieces = [piece for piece in answer.split(space) if draw.random() > 0.3]
    for place in range(0, len(pieces) - 1, 3):
        pieces[place : place + 2] = reversed(pieces[place : place + 2])
    return space.join(pieces)


def exponent(costs: dict[int, Cost]) -> float:
    """The slope of log seconds over log size."""
    seconds = [max(cost.seconds, 1e-3) for cost in costs.values()]
    return round(float(np.polyfit(np.log(list(costs)), np.log(seconds), 1)[0]), 2)


def rendered(name: str, table: Table) -> str:
    """``table`` as Markdown."""
    sizes = list(next(iter(table.values())))
    lines = ["| " + " | ".join([name, *(f"{size:,}" for size in sizes)]) + " |"]
    lines.append("|:--|" + "--:|" * len(sizes))
    lines += [f"| {what} | " + " | ".join(map(str, c.values())) + " |" for what, c in table.items()]
    return "\n".join(lines)


def draw(tables: dict[str, Table], path: Path) -> None:
    """One picture, a panel for each table."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, len(tables), figsize=(11, 3.4))
    for panel, (name, table) in zip(panels, tables.items(), strict=True):
        for what, costs in table.items():
            panel.plot(list(costs), [c.seconds for c in costs.values()], marker="o", label=what)
        panel.set(xscale="log", yscale="log", xlabel=name)
        panel.grid(visible=True, alpha=0.3)
        panel.legend(fontsize="x-small")
    panels[0].set_ylabel("processor seconds")
    figure.tight_layout()
    figure.savefig(path, dpi=150)
    print(f"plot in {path.name}")


if __name__ == "__main__":
    main()
