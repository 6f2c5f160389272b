"""A task that does not fit into memory is read as one that does, and takes next to none."""

import gc
import itertools
import json
import os
import random
import subprocess
import sys
import tracemalloc
from dataclasses import asdict

import numpy as np
import pytest
import tiny_task

from harness.core import Example, Sentence, Span
from harness.data.examples import LocatedExample
from harness.data.lint.check import check
from harness.data.lint.near import near
from harness.data.overlap import overlaps
from harness.data.share import with_share
from harness.data.splits import TRAIN
from harness.data.task import load, read
from harness.data.train_facts import train_facts
from harness.data.training_digest import digest
from harness.data.windows import WindowPolicy
from harness.runs.handout import handout
from harness.sequences import MEMORY_VARIABLE, OnDisk, Spool

# Interned as readers do it: the table of such strings is grown before anything is measured.
CHARACTERS = [sys.intern(chr(0x4E00 + number)) for number in range(2000)]
NESTED = {"start": 0, "end": 2, "label": "PER"}, {"start": 0, "end": 1, "label": "LOC"}


@pytest.fixture
def either(monkeypatch):
    """What a function gives with sentences in memory, and with all of them on disk."""

    def both(function):
        found = []
        for bound in ("100000", "0"):
            monkeypatch.setenv(MEMORY_VARIABLE, bound)
            found.append(function())
        return found

    return both


def sentences(number, seed=0):
    """Sentences of 32 characters: a name of a hundred, and text that shares much with others."""
    draw = random.Random(seed)
    names = [("".join(draw.choices(CHARACTERS, k=3)), label) for label in ("PER", "LOC") * 50]
    texts = ["".join(draw.choices(CHARACTERS, k=29)) for _ in range(max(1, number // 2))]
    made = []
    for _ in range(number):
        name, label = draw.choice(names)
        text = list(draw.choice(texts))
        text[draw.randrange(29)] = draw.choice(CHARACTERS)
        made.append((name + "".join(text), f"B_{label} I_{label} I_{label}" + " O" * 29))
    return made


def task_of(folder, number):
    path = tiny_task.make(folder)
    tiny_task.write_split(folder / "data", "train", sentences(number))
    return path


def messy(folder):
    """A task with something for most checks, some of which a run refuses."""
    path = tiny_task.make(folder)
    lines = [
        *sentences(40), *tiny_task.SENTENCES, *tiny_task.TEST,
        ("\u200b张三３3。", "I_PER O O O O O"), ("重重", "B_LOC B_XXX"), ("短", "O O"),
        ("", ""), ("张三\u3000", "B_LOC I_LOC O"),
    ]  # fmt: skip
    tiny_task.write_split(folder / "data", "train", lines)
    with (folder / "data" / "train.txt").open("ab") as file:
        file.write(b"\xff\xfe \xd5\r\n")
    return path


def as_json_lines(folder):
    """A task of JSON Lines with documents and nested entities, of which some are left out."""
    path = tiny_task.make(folder)
    text = path.read_text().replace("format: parallel", "format: jsonl\nkeep: outermost")
    path.write_text(text.replace(".txt", ".jsonl"))
    for name in ("train", "dev", "test"):
        lines = [{"id": at, "document": f"d{at // 3}", "text": f"{at:02}{name}文", "spans": NESTED}
                 for at in range(9)]  # fmt: skip
        written = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / "data" / f"{name}.jsonl").write_text(written, encoding="utf-8")
    return path


def as_columns(folder):
    """A task of columns with documents, dev carved out of train."""
    path = tiny_task.make(folder)
    text = path.read_text().replace("format: parallel", "format: conll").replace("dev: dev.txt", "")
    path.write_text(text + "carve:\n  dev: {from: train, share: 0.3}\n", encoding="utf-8")
    for name, found in (("train", sentences(60)), ("test", tiny_task.TEST)):
        blocks = ("\n".join(map("\t".join, zip(text, tags.split(), strict=True)))
                  for text, tags in found)  # fmt: skip
        content = "-DOCSTART-\tO\n\n" + "\n\n".join(blocks) + "\n"
        (folder / "data" / f"{name}.txt").write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize("make", [tiny_task.make, as_json_lines, as_columns])
def test_it_is_the_same_task(tmp_path, either, make):
    path = make(tmp_path)
    here, there = either(lambda: load(path))
    assert isinstance(there.splits[TRAIN].examples, OnDisk)
    assert not isinstance(here.splits[TRAIN].examples, OnDisk)
    assert asdict(here.__class__(**_plain(here))) == asdict(here.__class__(**_plain(there)))
    assert overlaps(here.examples) == overlaps(there.examples)
    assert train_facts(here.examples[TRAIN]) == train_facts(there.examples[TRAIN])


def _plain(task):
    values = {name: getattr(task, name) for name in task.__dataclass_fields__}
    return values | {
        "splits": {name: (tuple(one.examples), tuple(one.documents), tuple(one.sentences), one.sets,
                          one.malformed, one.dropped) for name, one in task.splits.items()},
        "spelling": dict(task.spelling),
    }  # fmt: skip


@pytest.mark.parametrize("make", [messy, tiny_task.make, as_json_lines, as_columns])
def test_the_check_finds_the_same(tmp_path, either, make):
    path = make(tmp_path)
    here, there = either(lambda: check(path))
    assert here == there
    assert len(here.problems) > (10 if make is messy else 0)


def test_what_was_read_is_the_same_with_its_places(tmp_path, either):
    path = messy(tmp_path)
    here, there = either(lambda: read(path))
    assert all(isinstance(items, OnDisk) for items in there.items.values())
    assert here.items == there.items
    assert isinstance(there.items[TRAIN][0], LocatedExample)


def test_a_backend_is_given_the_same(tmp_path, either):
    path, policy = task_of(tmp_path, 30), WindowPolicy(16, 4)

    def given():
        made = handout(with_share(load(path), 0.5, 1), policy)
        return made, digest(made.train)

    (here, one), (there, other) = either(given)
    assert isinstance(there.train, OnDisk)
    assert isinstance(there.windows, OnDisk)
    assert one == other
    assert (here.train, here.dev, here.windows) == (there.train, there.dev, there.windows)
    assert here.views == there.views
    assert len(here.train) == 15 * 3


def test_shuffled_reading_gives_each_sentence(tmp_path, monkeypatch):
    path = task_of(tmp_path, 200)
    monkeypatch.setenv(MEMORY_VARIABLE, "0")
    train = load(path).splits[TRAIN].examples
    order = random.Random(1).sample(range(200), 200)
    assert [train[place].sentence.id for place in order] == [f"train-{at + 1:05}" for at in order]


def test_near_copies_are_found_alike_in_any_number_of_parts(monkeypatch):
    from harness.core import Sentence

    texts = [Sentence(str(n), tuple(text)) for n, (text, _) in enumerate(sentences(300))]
    places = np.arange(0, 300, 2)
    whole = near(texts, places)
    monkeypatch.setattr("harness.data.lint.near._COMPARED", 100)
    monkeypatch.setattr("harness.data.lint.near._SENTENCES", 7)
    assert near(texts, places) == whole
    assert len(whole) > 5


def allocated(function, path):
    """The most that Python allocates while ``function`` runs, what stays of a first time apart."""
    function(path)  # the table of distinct units may grow
    gc.collect()
    tracemalloc.start()
    function(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def learned(path):
    """What a run has of train before a model is asked."""
    task = load(path)
    given = handout(task, WindowPolicy())
    del task
    return digest(given.train)


# Bytes a sentence, of 32 units; in memory it is 1,400.
BOUNDS = {load: 48, learned: 64, lambda path: overlaps(load(path).examples): 48}


@pytest.mark.parametrize(("function", "bound"), BOUNDS.items(), ids=["load", "learn", "overlap"])
def test_reading_takes_a_few_numbers_for_a_sentence(tmp_path, monkeypatch, function, bound):
    monkeypatch.setenv(MEMORY_VARIABLE, "0")
    monkeypatch.setattr("harness.sequences._BLOCK", 1 << 12)
    few, many = task_of(tmp_path / "few", 500), task_of(tmp_path / "many", 2500)
    assert (allocated(function, many) - allocated(function, few)) / 2000 < bound


def test_checking_takes_a_few_numbers_for_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv(MEMORY_VARIABLE, "0")
    monkeypatch.setattr("harness.sequences._BLOCK", 1 << 12)
    monkeypatch.setattr("harness.data.lint.near._COMPARED", 1 << 10)
    monkeypatch.setattr("harness.data.lint.near._SENTENCES", 16)
    few, many = task_of(tmp_path / "few", 300), task_of(tmp_path / "many", 1300)
    assert (allocated(check, many) - allocated(check, few)) / 1000 < 250


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
sys.argv = ["harness", "check-data", sys.argv[1]]
from harness.cli import main
main()
"""


def test_a_full_disk_is_one_message(tmp_path):
    path = task_of(tmp_path, 200)
    (tmp_path / "temporary").mkdir()
    variables = {MEMORY_VARIABLE: "0", "TMPDIR": str(tmp_path / "temporary")}
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)],
        env=os.environ | variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 6
    assert str(tmp_path / "temporary") in done.stderr
    assert "TMPDIR" in done.stderr
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("times", [1, 50, 5000])
def test_a_name_takes_little_more_than_its_letters_however_often_it_is_met(times):
    number = 5000
    train = Spool(
        Example(Sentence(f"train-{one}", tuple(f"{one // times:06}在")), (Span(0, 6, label),))
        for one, label in zip(range(number), itertools.cycle(("PER", "LOC")), strict=False)
    )
    train_facts(train[:10]).to_json()
    tracemalloc.start()
    try:
        facts = train_facts(train)
        held, _ = tracemalloc.get_traced_memory()
        facts.to_json()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(facts.mentions) == number // times
    assert sum(map(facts.frequency, facts.mentions)) == number
    assert held < 200 * number
    assert most < 400 * number
