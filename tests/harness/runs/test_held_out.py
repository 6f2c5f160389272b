"""Whether a test set was held out of what the weights read is told by their own record."""

import json
import shutil

import pytest
from program import TREE

from harness.results.pretraining import COMPLETE
from harness.runs.weights import held_out

SHIPPED = TREE / "weights" / "zh" / "ner_weights_zh" / "weights" / "bert-zh-mini" / COMPLETE
DEMO = json.loads(SHIPPED.read_text(encoding="utf-8"))["text"]["compared"]["demo"]


@pytest.fixture
def recorded(tmp_path):
    folder = tmp_path / "recorded"
    folder.mkdir()
    shutil.copy(SHIPPED, folder)
    return str(folder)


@pytest.fixture
def unrecorded(tmp_path):
    folder = tmp_path / "unrecorded"
    folder.mkdir()
    return str(folder)


def test_data_that_pretraining_compared_were_held_out_and_no_others(recorded):
    assert held_out([recorded], DEMO) is True
    assert held_out([recorded], "0" * 64) is False


def test_where_there_is_no_record_nothing_is_said(unrecorded, tmp_path):
    assert held_out([], DEMO) is None
    assert held_out([unrecorded], DEMO) is None
    (tmp_path / "unrecorded" / COMPLETE).write_text("{}", encoding="utf-8")
    assert held_out([unrecorded], DEMO) is None


def test_the_record_of_any_weights_of_a_run_counts(recorded, unrecorded):
    assert held_out([unrecorded, recorded], DEMO) is True
    assert held_out([unrecorded, recorded], "0" * 64) is False
