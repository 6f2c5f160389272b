"""benchmarks/to_f1.py: both sides begin with one encoder, and each is timed until it passes."""

import json
from pathlib import Path

import pytest
import tiny_task
import torch
from making import make

from backends.encoder import BertSoftmax
from benchmarks import to_f1
from benchmarks._made import context
from benchmarks._trainer import SameEncoder, Theirs
from harness.tags import tag_set

WEIGHTS = Path(__file__).parents[1] / "weights/zh/ner_weights_zh/weights/bert-zh-mini"
TAGS = tag_set(["PER", "LOC"])


def drops(model):
    return {part.p for part in model.modules() if isinstance(part, torch.nn.Dropout)}


def test_the_trainer_begins_with_the_encoder_that_we_begin_with(tmp_path):
    ours = make(BertSoftmax, context(TAGS, "fp32", tmp_path), init="pretrained", model=str(WEIGHTS))
    encoder, _ = ours.build([])
    theirs = SameEncoder(WEIGHTS, TAGS).model(WEIGHTS)
    expected, found = encoder.state_dict(), theirs.encoder.state_dict()
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert any(name.startswith("neighbours.") for name in found)
    assert {part.dtype for part in theirs.parameters()} == {torch.float32}
    assert theirs.dropout.p == ours.shape.dropout
    assert drops(theirs.encoder) == drops(encoder) > set()


def test_what_transformers_makes_of_such_weights_is_another_model():
    """Why ``SameEncoder`` is there."""
    plain = Theirs(WEIGHTS, TAGS).model(WEIGHTS).state_dict()
    assert not any("neighbours" in name for name in plain)


@pytest.mark.slow
def test_all_sides_are_timed_and_the_last_line_is_json(tmp_path, monkeypatch, capsys):
    task = tiny_task.make(tmp_path)
    options = ["--level", "0", "--epochs", "1", "--rounds", "1", "--weights", WEIGHTS]
    monkeypatch.setattr("sys.argv", ["to_f1", "--task", str(task), *map(str, options)])
    to_f1.main()
    *lines, last = capsys.readouterr().out.splitlines()
    for side in ("Trainer, fp32", "Trainer, bf16", "ours, fp32", "ours, bf16"):
        assert sum(f"{side} " in line and "passed after" in line for line in lines) == 1, lines
    assert json.loads(last)["to_f1_vs_best_trainer"] > 0
