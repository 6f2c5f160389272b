"""A run whose sentences are kept in temporary files is the run that it is in memory."""

import tracemalloc

import pytest
import tiny_task
from same_runs import content

from backends.dictionary import Dictionary
from harness import registry
from harness.core import Example, Sentence, Span
from harness.data.splits import TRAIN
from harness.data.task import load
from harness.results import store
from harness.runs import contract, run
from harness.runs.config import Options, Settings
from harness.runs.plan import Request, cells_of
from harness.sequences import MEMORY_VARIABLE, OnDisk, Spool, each

SMALL = {"init": "scratch", "layers": 1, "width": 16, "attention_heads": 2, "epochs": 2,
         "batch_units": 64}  # fmt: skip
OPTIONS = {
    "dictionary": {},
    "crf": {},
    "bert-softmax": {
        **SMALL, "max_length": 7, "replace_mentions": 0.5, "class_weights": 0.5, "ngrams": 64,
    },
    "span": SMALL,
    "t5": SMALL,
    "gpt": SMALL,
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIONS)
def test_a_run_is_the_same_with_its_sentences_on_disk(tmp_path, monkeypatch, name):
    task = str(tiny_task.make(tmp_path, repeat=5))
    settings = Settings(threads=1, device="cpu", window_limit=8, window_margin=2)
    pairs = [(registry.find(name), Options("tiny", OPTIONS[name], ""))]
    found = []
    for bound in ("100000", "0"):
        monkeypatch.setenv(MEMORY_VARIABLE, bound)
        request = Request((task,), (), (1,), ("tiny",), (), settings, tmp_path / bound)
        read = load(task)
        assert isinstance(read.splits[TRAIN].examples, OnDisk) == (bound == "0")
        [cell] = cells_of(request, task, read, pairs)
        run.execute(cell, lambda _: None)
        assert store.is_complete(cell.folder)
        found.append(content(cell.folder))
    assert found[0].keys() >= {"predictions.jsonl", "metrics.json", "train_facts.json"}
    assert found[0] == found[1]


def sentence(number):
    return Sentence(f"train-{number}", tuple(f"人{number:012,}"), "")


def test_a_backend_reads_what_is_on_disk_item_by_item():
    number = 4000
    train = Spool(Example(sentence(one), (Span(0, 2, "PER"),)) for one in range(number))
    backend = contract.checked("dictionary", Dictionary(None))
    tracemalloc.start()
    try:
        backend.fit(train, train[:10])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100 * number  # in memory, such a sentence takes 1,500 bytes
    sentences = each(train[:40], lambda example: example.sentence)
    assert backend.predict(sentences) == backend.predict([*sentences])
