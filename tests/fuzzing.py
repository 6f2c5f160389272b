"""Inputs of every kind, made at random or damaged: each is read, or refused with a message.

Made with plain random numbers, some thousand a second; ``test_fuzzed_files.py`` finds smaller ones.
"""

import contextlib
import json
import random
import shutil
from collections import Counter
from dataclasses import dataclass

import tiny_task
from stored_runs import write_run

from harness import yamlfile
from harness.archive import external
from harness.archive.external import Import
from harness.data import readers, taskfile
from harness.data.readers import conll, hub, jsonl, parallel
from harness.data.readers.entry_errors import EntryError
from harness.data.task import load
from harness.errors import HarnessError
from harness.results import reader, verify

PIECES = (
    "!!int ", "!!bool ", "!!omap ", "!!python/name:os ", "- ", "? ", "<<: ", "---\n", "...\n",
    "0x_", "0b", "1_:59", ".nan", "%YAML 1.1\n", "%TAG ! x\n", "&a ", "*a", "|\n", ">-\n", "'",
    '"', "[", "]", "{", "}", ":", ": ", ",", "#", " ", "\n", "\t", "a", "é", "\u2028", "\ufeff",
    "\x85", "\x00", "\ud800", "1e999", "null", "\n  ", "= ",
)  # fmt: skip
TAGS = ("O", "B-PER", "I-LOC", "B_X", "E-PER", "S-PER", "M-PER", "B-", "X", "b-per", "", "B- ")
UNITS = ("张", "三", "a", "\u200b", "\ufeff", "\x00", " ", "\u3000", "𠀀", "e\u0301", "-DOCSTART-")
KEYS = ("text", "entities", "start", "end", "label", "tokens", "x")
VALUES = (
    None, True, 0, -1, 2**70, 1.5, float("nan"), float("inf"), "", "张三", "\ud800", [], {},
)  # fmt: skip


@dataclass(frozen=True)
class Fuzz:
    """Cases drawn from ``rng``; ``folder`` holds a task, a finished run, and what is being read."""

    rng: random.Random
    folder: object

    @classmethod
    def in_folder(cls, folder, seed):
        """Cases of a seed, in an empty ``folder``."""
        tiny_task.make(folder)
        write_run(folder / "stored", sentences=4)
        return cls(random.Random(seed), folder)

    def text(self, most=25):
        """Some pieces of YAML and of what it is not."""
        return "".join(self.rng.choices(PIECES, k=self.rng.randrange(most)))

    def bytes(self, most=60):
        """Any bytes."""
        return self.rng.randbytes(self.rng.randrange(most))

    def value(self, depth=0):
        """A value of JSON, most likely one of the right shape with something wrong in it."""
        kind = self.rng.randrange(4 if depth < 4 else 1)
        if kind == 0:
            return self.rng.choice(VALUES)
        if kind == 1:
            return [self.value(depth + 1) for _ in range(self.rng.randrange(4))]
        if kind == 2:
            return {key: self.value(depth + 1) for key in self.rng.sample(KEYS, 3)}
        spans = [{"start": self.near(), "end": self.near(), "label": "PER"} for _ in range(2)]
        return {"text": "".join(self.rng.choices(UNITS, k=4)), "entities": spans}

    def near(self):
        """A place in a short text, or just beside it, or none."""
        return self.rng.choice((*range(-1, 7), None, "1", 1.0))

    def damaged(self, content):
        """``content`` with a few bytes replaced, removed or doubled, a few times."""
        content = bytearray(content)
        for _ in range(self.rng.randint(1, 3)):
            place = self.rng.randrange(len(content) + 1)
            size = self.rng.randrange(9)
            other = self.rng.choice((self.bytes(9), bytes(content[place : place + size]) * 2, b""))
            content[place : place + size] = other
        return bytes(content)

    def write(self, name, content):
        """The path of a file with ``content``."""
        path = self.folder / name
        path.write_bytes(content)
        return path


def yaml(fuzz):
    """A text, as a file and as the value of an option."""
    text = fuzz.text()
    with contextlib.suppress(HarnessError):
        yamlfile.parse(text, "f")
    yamlfile.value(text)


def yaml_bytes(fuzz):
    """Any bytes as a file."""
    yamlfile.parse(fuzz.bytes(), "f")


def task_file(fuzz):
    """A task file, damaged."""
    content = (fuzz.folder / "tiny.yaml").read_bytes()
    taskfile.load(fuzz.write("task.yaml", fuzz.damaged(content)))


def hub_row(fuzz):
    """A row of a data set of a hub."""
    names = fuzz.rng.choice((None, (), ("O", "B-PER"), ("x",)))
    tokens = fuzz.rng.choice((fuzz.value(), [fuzz.rng.choice(UNITS) for _ in range(3)]))
    tags = fuzz.rng.choice((fuzz.value(), [fuzz.rng.choice((0, 1, 2, -1, "O"))] * 3))
    hub._record(1, tokens, tags, names)


def json_lines(fuzz):
    """Lines of JSON."""
    rows = (json.dumps(fuzz.value()) for _ in range(fuzz.rng.randint(1, 3)))
    content = "\n".join(rows).encode("utf-8", "surrogatepass")
    content = fuzz.damaged(content) if fuzz.rng.random() < 0.3 else content
    readers.read(jsonl.JsonlSource(fuzz.write("rows.jsonl", content), fuzz.rng.choice(("", " "))))


def columns(fuzz):
    """Columns of units and tags."""
    rows = (f"{fuzz.rng.choice(UNITS)} {fuzz.rng.choice(TAGS)}" for _ in range(4))
    content = fuzz.damaged("\n".join(rows).encode("utf-8", "surrogatepass"))
    readers.read(conll.ConllSource(fuzz.write("rows.conll", content), fuzz.rng.randint(2, 4)))


def parallel_files(fuzz):
    """A pair of files."""
    units, tags = (
        fuzz.write(name, fuzz.damaged(" ".join(fuzz.rng.choices(of, k=4)).encode()))
        for name, of in (("rows.txt", UNITS), ("rows_TAG.txt", TAGS))
    )
    readers.read(parallel.ParallelSource(units, tags))


def imported(fuzz):
    """Answers of another system, in each format that there is."""
    task = load(str(fuzz.folder / "tiny.yaml"), None, None)
    form, rows = fuzz.rng.choice(external.FORMATS), []
    for text, _ in tiny_task.TEST:
        if form == "conll":
            rows += [*(f"{unit} {fuzz.rng.choice(TAGS)}" for unit in text), ""]
        else:
            rows.append(json.dumps({"text": text, "entities": fuzz.value()}))
    content = "\n".join(rows).encode("utf-8", "surrogatepass")
    content = fuzz.damaged(content) if fuzz.rng.random() < 0.3 else content
    external.answers(task, Import(fuzz.write("answers", content), form, "other"))


def stored_run(fuzz):
    """The files of a finished run, one of them damaged."""
    (run,) = (fuzz.folder / "stored").glob("*/*")
    folder = fuzz.folder / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run, folder)
    path = folder / fuzz.rng.choice(("run.json", "metrics.json", "predictions.jsonl"))
    path.write_bytes(fuzz.damaged(path.read_bytes()))
    found = verify.check(reader.read([folder]))
    assert found.runs or all(one.reason for one in found.rejected)


# How many cases of a hundred are of each kind: those that take long come less often.
KINDS = {
    yaml: 25, yaml_bytes: 12, task_file: 8, hub_row: 20, json_lines: 15, columns: 10,
    parallel_files: 6, imported: 2, stored_run: 2,
}  # fmt: skip


def tried(fuzz, kind, outcomes):
    """Try one case, and count what came of it; a fault is raised."""
    try:
        kind(fuzz)
    except (HarnessError, EntryError):
        outcomes[kind.__name__, "refused"] += 1
    else:
        outcomes[kind.__name__, "read"] += 1


def campaign(fuzz, cases):
    """What came of ``cases`` cases, by kind; the first fault is raised."""
    outcomes = Counter()
    for kind in fuzz.rng.choices(list(KINDS), weights=KINDS.values(), k=cases):
        tried(fuzz, kind, outcomes)
    return outcomes
