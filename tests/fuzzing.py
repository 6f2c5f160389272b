"""Inputs of every kind, made at random or damaged: each is read, or refused with a message.

Made with plain random numbers, some thousand a second; ``test_fuzzed_files.py`` finds smaller ones.
``tests/long/fuzz.py`` tries a million.
"""

import contextlib
import json
import random
import shutil
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
from harness.errors import DataError, HarnessError
from harness.results import reader, verify

PIECES = (
    "!!int ", "!!bool ", "!!omap ", "!!python/name:os ", "- ", "? ", "<<: ", "---\n", "...\n",
    "0x_", "0b", "1_:59", ".nan", "%YAML 1.1\n", "%TAG ! x\n", "&a ", "*a", "|\n", ">-\n", "'",
    '"', "[", "]", "{", "}", ":", ": ", ",", "#", " ", "\n", "\t", "a", "é", "\u2028", "\ufeff",
    "\x85", "\x00", "\ud800", "1e999", "null", "\n  ", "= ",
)  # fmt: skip
TAGS = ("O", "B-PER", "I-LOC", "B_X", "E-PER", "S-PER", "M-PER", "B-", "X", "b-per", "", "B- ")
UNITS = ("张", "三", "a", "\u200b", "\ufeff", "\x00", " ", "\u3000", "𠀀", "e\u0301", "-DOCSTART-")
SOUND = {"text": "张三在", "entities": [{"start": 0, "end": 2, "label": "PER"}]}
KEYS = ("text", "entities", "start", "end", "label", "tokens", "x")
VALUES = (
    None, True, 0, -1, 2**70, 1.5, float("nan"), float("inf"), "", "张三", "\ud800", [], {},
)  # fmt: skip


@dataclass(frozen=True)
class Fuzz:
    """Cases drawn from ``rng``; ``folder`` holds a task, a finished run, and what is being read."""

    rng: random.Random
    folder: object
    task: object

    @classmethod
    def in_folder(cls, folder, seed):
        """Cases of a seed, in an empty ``folder``."""
        task = load(str(tiny_task.make(folder)), None, None)
        write_run(folder / "runs", sentences=4).rename(folder / "run")
        _save_hub(folder)
        return cls(random.Random(seed), folder, task)

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

    def with_one_damaged(self, name):
        """A copy of the folder ``name`` in which one file is damaged, or gone."""
        folder = self.folder / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder / name, folder)
        path = self.rng.choice(sorted(each for each in folder.rglob("*") if each.is_file()))
        if self.rng.random() < 0.05:
            path.unlink()
        else:
            path.write_bytes(self.damaged(path.read_bytes()))
        return folder

    def write(self, name, content):
        """The path of a file with ``content``."""
        path = self.folder / name
        path.write_bytes(content)
        return path


def _save_hub(folder):
    """A data set as ``save_to_disk`` leaves it, and one of lines of JSON."""
    import datasets

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    datasets.config.HF_DATASETS_CACHE = folder / "cache"
    datasets.config.HF_HUB_OFFLINE = True
    tags = datasets.List(datasets.ClassLabel(names=["O", "B-PER", "I-PER"]))
    features = {"tokens": datasets.List(datasets.Value("string")), "ner_tags": tags}
    columns = {"tokens": [["张", "三"], ["a"], []], "ner_tags": [[1, 2], [0], []]}
    rows = datasets.Dataset.from_dict(columns, features=datasets.Features(features))
    datasets.DatasetDict({"train": rows}).save_to_disk(folder / "saved")
    (folder / "lines").mkdir()
    rows.to_json(folder / "lines" / "train.jsonl")


def yaml(fuzz):
    """A text, as a file and as the value of an option."""
    text = fuzz.text()
    with contextlib.suppress(HarnessError):
        yamlfile.parse(text, "f")
    yamlfile.value(text)


def yaml_bytes(fuzz):
    """Any bytes as a file, or a few of them in one that was sound."""
    yamlfile.parse(fuzz.rng.choice((fuzz.bytes(), fuzz.damaged(b"a: 1\nb: [x, y]\n"))), "f")


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


def _read(source):
    """Read a split, every problem of it; errors are what a run refuses."""
    errors = [one for one in readers.read(source).problems if one.severity == "error"]
    if errors:
        raise DataError(str(errors[0]))


def json_lines(fuzz):
    """Lines of JSON, half of them all right."""
    rows = (
        json.dumps(fuzz.rng.choice((SOUND, fuzz.value()))) for _ in range(fuzz.rng.randint(1, 3))
    )
    content = "\n".join(rows).encode("utf-8", "surrogatepass")
    content = fuzz.damaged(content) if fuzz.rng.random() < 0.3 else content
    _read(jsonl.JsonlSource(fuzz.write("rows.jsonl", content), fuzz.rng.choice(("", " "))))


def columns(fuzz):
    """Columns of units and tags, a third of them all right."""
    units, tags = fuzz.rng.choice(((UNITS[:3], TAGS[:2]), (UNITS, TAGS)))
    rows = (f"{fuzz.rng.choice(units)} {fuzz.rng.choice(tags)}" for _ in range(4))
    content = "\n".join(rows).encode("utf-8", "surrogatepass")
    content = fuzz.damaged(content) if fuzz.rng.random() < 0.7 else content
    _read(conll.ConllSource(fuzz.write("rows.conll", content), fuzz.rng.randint(2, 4)))


def parallel_files(fuzz):
    """A pair of files."""
    units, tags = UNITS[:3], TAGS[:2]
    if fuzz.rng.random() < 0.7:
        units, tags = UNITS, TAGS
    files = (
        fuzz.write(name, " ".join(fuzz.rng.choices(of, k=4)).encode())
        for name, of in (("rows.txt", units), ("rows_TAG.txt", tags))
    )
    damaged = fuzz.rng.choice((fuzz.damaged, bytes))
    _read(parallel.ParallelSource(*(fuzz.write(f.name, damaged(f.read_bytes())) for f in files)))


def imported(fuzz):
    """Answers of another system, in each format that there is, half of them all right."""
    form, sound, rows = fuzz.rng.choice(external.FORMATS), fuzz.rng.random() < 0.5, []
    for text, _ in tiny_task.TEST:
        found = [{"start": 0, "end": 2, "label": "PER"}] if sound else fuzz.value()
        if form == "conll":
            tags = ("O", "B-PER", "B-LOC") if sound else TAGS
            rows += [*(f"{unit} {fuzz.rng.choice(tags)}" for unit in text), ""]
        elif form == "labelstudio":
            regions = [] if sound else found
            rows.append(json.dumps({"data": {"text": text}, "predictions": [{"result": regions}]}))
        else:
            rows.append(json.dumps({"text": text, "entities": found}))
    rows = [f"[{','.join(rows)}]"] if form == "labelstudio" else rows
    content = "\n".join(rows).encode("utf-8", "surrogatepass")
    content = fuzz.damaged(content) if fuzz.rng.random() < 0.3 else content
    external.answers(fuzz.task, Import(fuzz.write("answers", content), form, "other"))


def stored_run(fuzz):
    """The files of a finished run, one of them damaged."""
    found = verify.check(reader.read([fuzz.with_one_damaged("run")]))
    assert found.runs or all(one.reason for one in found.rejected)
    if not found.runs:
        raise DataError(found.rejected[0].reason)


def hub_folder(fuzz):
    """A data set on this disk that ``save_to_disk`` wrote, one of its files damaged."""
    _read(hub.HubSource(str(fuzz.with_one_damaged("saved")), "train"))


def hub_lines(fuzz):
    """A data set on this disk in lines of JSON, which are damaged."""
    folder = fuzz.with_one_damaged("lines")
    _read(hub.HubSource(str(folder), "train", names=("O", "B-PER", "I-PER")))


# How many cases of a hundred are of each kind: those that take long come less often.
KINDS = {
    yaml: 25, yaml_bytes: 12, task_file: 8, hub_row: 20, json_lines: 15, columns: 10,
    parallel_files: 6, imported: 2, stored_run: 2, hub_folder: 1, hub_lines: 0.05,
}  # fmt: skip


def tried(fuzz, kind, outcomes):
    """Try one case, and count what came of it; a fault is raised."""
    try:
        kind(fuzz)
    except (HarnessError, EntryError):
        outcomes[kind.__name__, "refused"] += 1
    else:
        outcomes[kind.__name__, "read"] += 1
