"""Inputs of every kind, made at random or damaged: each is read, or refused with a message.

Made with plain random numbers, some thousand a second; ``test_fuzzed_files.py`` finds smaller ones.
``tests/long/fuzz.py`` tries a million.
"""

import contextlib
import copy
import json
import random
import re
import shutil
import zlib
from dataclasses import dataclass

import tiny_task
from stored_runs import write_run

from harness import yamlfile
from harness.archive import external
from harness.archive.external import Import
from harness.data import readers, taskfile
from harness.data.readers import (
    brat,
    conll,
    docbin,
    doccano,
    hub,
    jsonl,
    labelstudio,
    parallel,
)
from harness.data.readers.entry_errors import EntryError
from harness.data.task import load
from harness.data.writers import docbin as docbin_of
from harness.data.writers.annotated import Annotated
from harness.errors import DataError, HarnessError
from harness.leaderboard.build import build
from harness.leaderboard.render import FORMATS
from harness.results import reader, verify
from harness.results.run_record import Calibration, Cost

PIECES = (
    "!!int ", "!!bool ", "!!omap ", "!!python/name:os ", "- ", "? ", "<<: ", "---\n", "...\n",
    "0x_", "0b", "1_:59", ".nan", "%YAML 1.1\n", "%TAG ! x\n", "&a ", "*a", "|\n", ">-\n", "'",
    '"', "[", "]", "{", "}", ":", ": ", ",", "#", " ", "\n", "\t", "a", "é", "\u2028", "\ufeff",
    "\x85", "\x00", "\ud800", "1e999", "null", "\n  ", "= ",
)  # fmt: skip
TAGS = ("O", "B-PER", "I-LOC", "B_X", "E-PER", "S-PER", "M-PER", "B-", "X", "b-per", "", "B- ")
UNITS = ("张", "三", "a", "\u200b", "\ufeff", "\x00", " ", "\u3000", "𠀀", "e\u0301", "-DOCSTART-")
SPAN = {"start": 0, "end": 2, "label": "PER"}
# Rows as tools write them, each all right.
ROWS = ({"text": "张三在", "spans": [SPAN]}, {"tokens": ["张", "三"], "tags": ["B-PER", "I-PER"]})
DOCCANO = (
    {"id": 7, "text": "张三在", "label": [[0, 2, "PER"]]},
    {"text": "张三在", "entities": [{"start_offset": 0, "end_offset": 2, "label": "PER"}]},
)
REGION = {"type": "labels", "value": {"start": 0, "end": 2, "labels": ["PER"], "text": "张三"}}
STUDIO = {"data": {"text": "张三在"}, "annotations": [{"result": [REGION]}]}
# What a run of a network records beyond what every run does.
RECORDED = {
    "cost": Cost(seconds={"train": 60.0, "predict": 2.0}, train_units=30_000, predict_units=900,
                 predict_parts=((300, 0.5), (300, 0.75), (300, 0.75)), joules=5.0,
                 train_device_bytes=10, predict_device_bytes=10, flops_per_unit=1e6, sittings=2),
    "transitions": ((0.5, -0.5), (0.25, 0.0)), "transition_tags": ("O", "B-PER"),
    "calibration": Calibration(temperature=1.5, bias=0.1, entities=9, right=7),
    "new_parameters": {"head": 9}, "known_units": 0.9, "best_epoch": 2, "halved": (8, 4),
    "weights_digest": {"model": "sha256:00"},
}  # fmt: skip
KEYS = ("text", "spans", "entities", "start", "end", "label", "tokens", "x")
VALUES = (
    None, True, 0, -1, 2**70, 1.5, float("nan"), float("inf"), "", "张三", "\ud800", [], {},
)  # fmt: skip
ALIKE = {
    int: (0, -1, 1, 2**70), float: (0.0, -1.0, 1e308, 5e-324), str: ("", "x", "\ud800", "O" * 999),
    list: ([], [[]], [0], ["x"]), dict: ({}, {"x": 0}, {"": "x"}),
}  # fmt: skip
DEEP = "[" * 100_000  # deeper than any reader of JSON goes
LONG = "9" * 5000  # more digits than Python takes for a number


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
        write_run(folder / "runs", sentences=4, **RECORDED).rename(folder / "run")
        _save_hub(folder)
        gold = task.splits["test"].examples
        docbin_of.write(folder / "sound.spacy", [Annotated(e.sentence, e.spans) for e in gold])
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
        return {"text": "".join(self.rng.choices(UNITS, k=4)), "spans": spans}

    def altered(self, content):
        """``content``, of JSON, with one of its values, however deep, replaced or taken out."""
        whole = {"": copy.deepcopy(content)}
        inner, key = self.rng.choice(list(_places(whole)))
        if key and self.rng.random() < 0.1:
            del inner[key]
        else:
            inner[key] = self.other(inner[key])
        return whole[""]

    def other(self, value):
        """Another value, half of the time one of the same kind."""
        alike = next((found for kind, found in ALIKE.items() if type(value) is kind), VALUES)
        return self.rng.choice(alike) if self.rng.random() < 0.5 else self.value()

    def maybe(self, content):
        """``content``, all right half of the time."""
        return content if self.rng.random() < 0.5 else self.altered(content)

    def json(self, content):
        """``content`` as text; rarely with something in it that is too deep or too long."""
        text = json.dumps(content, ensure_ascii=self.rng.random() < 0.5)
        odd = self.rng.choice((DEEP, LONG)) if self.rng.random() < 0.02 else "0"
        return re.sub(r"(?<=[ \[])0\b", odd, text, count=1)

    def near(self):
        """A place in a short text, or just beside it, or none."""
        return self.rng.choice((*range(-1, 7), None, "1", 1.0))

    def lines(self, rows):
        """A few of ``rows`` as lines of JSON, of which a file in ten is damaged."""
        chosen = self.rng.choices(rows, k=self.rng.randint(1, 3))
        content = "\n".join(self.json(self.maybe(row)) for row in chosen)
        content = content.encode("utf-8", "surrogatepass")
        return self.damaged(content) if self.rng.random() < 0.1 else content

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


def _places(content):
    """Each list and object in ``content``, with each of its keys."""
    for key in content if isinstance(content, dict) else range(len(content)):
        yield content, key
        if isinstance(content[key], dict | list):
            yield from _places(content[key])


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
    """A row of a data set of a hub, half of its tokens and half of its tags all right."""
    names = fuzz.rng.choice((None, None, ("O", "B-PER", "I-PER"), (), ("x",)))
    tags = fuzz.rng.choice((["B-PER", "I-PER", "O"], [1, 2, 0], [0, 0, 0]))
    tokens = fuzz.rng.choices(UNITS, k=3)
    hub._record(1, fuzz.maybe(tokens), fuzz.maybe(tags), names)


def _read(source):
    """Read a split, every problem of it; errors are what a run refuses."""
    errors = [one for one in readers.read(source).problems if one.severity == "error"]
    if errors:
        raise DataError(str(errors[0]))


def json_lines(fuzz):
    """Lines of JSON, half of them all right."""
    path = fuzz.write("rows.jsonl", fuzz.lines(ROWS))
    _read(jsonl.JsonlSource(path, fuzz.rng.choice(("", "", " "))))


def doccano_lines(fuzz):
    """An export of doccano, half of its lines all right."""
    _read(doccano.DoccanoSource(fuzz.write("rows.jsonl", fuzz.lines(DOCCANO))))


def studio_tasks(fuzz):
    """An export of Label Studio, half of its tasks all right."""
    rows = ",\n".join(fuzz.json(fuzz.maybe(STUDIO)) for _ in range(fuzz.rng.randint(1, 2)))
    content = f"[{rows}]".encode("utf-8", "surrogatepass")
    content = fuzz.damaged(content) if fuzz.rng.random() < 0.1 else content
    _read(labelstudio.LabelStudioSource(fuzz.write("tasks.json", content)))


def brat_folder(fuzz):
    """A document of brat and its notes, half of them all right."""
    folder = fuzz.folder / "brat"
    folder.mkdir(exist_ok=True)
    numbers = ["0", "2", "-1", "7", "2;3", "", "²", "٣", LONG]
    start, end = ("0", "2") if fuzz.rng.random() < 0.5 else fuzz.rng.choices(numbers, k=2)
    note = f"T1\tPER {start} {end}\t张三\nR1\tof Arg1:T1 Arg2:T1\n".encode()
    for name, content in (("a.txt", "张三在\r\n李四\n".encode()), ("a.ann", note)):
        damaged = fuzz.rng.random() < 0.1
        (folder / name).write_bytes(fuzz.damaged(content) if damaged else content)
    _read(brat.BratSource(folder))


def docbin_file(fuzz):
    """A DocBin of spaCy, of which the content is damaged, or how it is packed."""
    packed = (fuzz.folder / "sound.spacy").read_bytes()
    inner = zlib.compress(fuzz.damaged(zlib.decompress(packed)))
    content = fuzz.rng.choice((inner, inner, fuzz.damaged(packed)))
    _read(docbin.DocBinSource(fuzz.write("rows.spacy", content), fuzz.rng.choice(("", " "))))


def columns(fuzz):
    """Columns of units and tags, a third of them all right."""
    units, tags = fuzz.rng.choice(((UNITS[:3], TAGS[:2]), (UNITS, TAGS)))
    number = fuzz.rng.randint(2, 4)
    between = " _" * (number - 2)
    rows = (f"{fuzz.rng.choice(units)}{between} {fuzz.rng.choice(tags)}" for _ in range(4))
    content = "\n".join(rows).encode("utf-8", "surrogatepass")
    content = fuzz.damaged(content) if fuzz.rng.random() < 0.5 else content
    _read(conll.ConllSource(fuzz.write("rows.conll", content), number))


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
        if form == "conll":
            tags = ("O", "B-PER", "B-LOC") if sound else TAGS
            rows += [*(f"{unit} {fuzz.rng.choice(tags)}" for unit in text), ""]
        else:
            row = _answer(fuzz, form, text)
            rows.append(fuzz.json(row if sound else fuzz.maybe(row)))
    rows = [f"[{','.join(rows)}]"] if form == "labelstudio" else rows
    content = "\n".join(rows).encode("utf-8", "surrogatepass")
    content = fuzz.damaged(content) if fuzz.rng.random() < 0.3 else content
    external.answers(fuzz.task, Import(fuzz.write("answers", content), form, "other"))


def _answer(fuzz, form, text):
    """The answer to a sentence in a format of JSON."""
    if form == "labelstudio":
        return {"data": {"text": text}, "predictions": [{"result": [REGION | {"score": 0.5}]}]}
    name = fuzz.rng.choice(("entities", "spans")) if form == "jsonl" else "entities"
    return {"text": text, name: [SPAN | {"text": text[:2]}]}


def stored_run(fuzz):
    """The files of a finished run, one of them damaged."""
    _judged(fuzz.with_one_damaged("run"))


def stored_values(fuzz):
    """A finished run in whose record or scores one value is another; no hash tells.

    As of before hashes were stored, or of somebody who made them anew. Whatever is believed can be
    put into a table.
    """
    folder = fuzz.folder / "altered"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(fuzz.folder / "run", folder)
    path = folder / fuzz.rng.choice(("run.json", "run.json", "metrics.json", "predictions.jsonl"))
    first, *rest = path.read_text(encoding="utf-8").split("\n")
    altered = fuzz.json(fuzz.altered(json.loads(first)))
    path.write_bytes("\n".join([altered, *rest]).encode("utf-8", "surrogatepass"))
    found = _judged(folder)
    table = build(reader.Results(tuple(run.result for run in found.runs)), published=False)
    for render in FORMATS.values():
        render(table)


def _judged(folder):
    """The sound runs in ``folder``; a reason that there are none is raised."""
    found = verify.check(reader.read([folder]))
    assert found.runs or all(one.reason for one in found.rejected)
    if not found.runs:
        raise DataError(found.rejected[0].reason)
    return found


def hub_folder(fuzz):
    """A data set on this disk that ``save_to_disk`` wrote, one of its files damaged."""
    _read(hub.HubSource(str(fuzz.with_one_damaged("saved")), "train"))


def hub_lines(fuzz):
    """A data set on this disk in lines of JSON, which are damaged."""
    folder = fuzz.with_one_damaged("lines")
    _read(hub.HubSource(str(folder), "train", names=("O", "B-PER", "I-PER")))


# How many cases of a hundred are of each kind: those that take long come less often.
KINDS = {
    yaml: 20, yaml_bytes: 10, task_file: 7, hub_row: 15, json_lines: 12, doccano_lines: 7,
    studio_tasks: 7, brat_folder: 6, columns: 7, parallel_files: 4, imported: 2, stored_run: 1,
    stored_values: 1, docbin_file: 0.5, hub_folder: 0.5, hub_lines: 0.05,
}  # fmt: skip


def tried(fuzz, kind, outcomes):
    """Try one case, and count what came of it; a fault is raised."""
    try:
        kind(fuzz)
    except (HarnessError, EntryError):
        outcomes[kind.__name__, "refused"] += 1
    else:
        outcomes[kind.__name__, "read"] += 1
