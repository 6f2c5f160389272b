"""The memory that a plan states for a task is what Python allocates to read it."""

import random
import tracemalloc

import pytest
import tiny_task

from harness.data.size import size_of
from harness.data.task import load
from harness.sequences import MEMORY_VARIABLE, Spool

CHARACTERS = [chr(0x4E00 + number) for number in range(2000)]


def train_of(folder, sentences, length):
    """A task whose train split has so many sentences of about so many units, and usual gold."""
    draw = random.Random(length)
    made = []
    for _ in range(sentences):
        size = draw.randint(length // 2, length + length // 2)
        tags = (["B_PER", "I_PER", "I_PER", *["O"] * 6] * size)[:size]
        made.append(("".join(draw.choices(CHARACTERS, k=size)), " ".join(tags)))
    path = tiny_task.make(folder)
    tiny_task.write_split(folder / "data", "train", made)
    return path


@pytest.mark.parametrize("length", [10, 32, 120])
def test_what_a_plan_says_is_what_reading_takes(tmp_path, length):
    path = train_of(tmp_path, 40_000 // length, length)
    before = load(path)  # holds what is of the process: modules, the table of distinct units
    tracemalloc.start()
    task = load(path)
    kept, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    said = size_of(task).bytes_to_read
    assert size_of(before) == size_of(task)
    assert 0.8 * said < most < 1.2 * said
    assert kept < 0.85 * said


@pytest.mark.parametrize("length", [10, 32, 120])
def test_and_about_what_it_writes_to_temporary_files(tmp_path, monkeypatch, length):
    path = train_of(tmp_path, 20_000 // length, length)
    monkeypatch.setenv(MEMORY_VARIABLE, "0")
    written, flush = [], Spool._flush
    monkeypatch.setattr(
        Spool, "_flush", lambda *given: written.append(flush(*given)) or written[-1]
    )
    size = size_of(load(path))
    assert size.on_disk
    assert 0.6 * size.bytes_to_read < sum(written) < 1.5 * size.bytes_to_read


def test_units_and_sentences_of_all_splits_count(tmp_path):
    task = load(tiny_task.make(tmp_path))
    every = [example for split in task.splits.values() for example in split.examples]
    assert size_of(task).sentences == len(every) == 13
    assert size_of(task).units == sum(len(example.sentence) for example in every)
