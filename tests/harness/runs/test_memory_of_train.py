"""What was trained on is let go before it is read again to be scored: train is not there twice."""

import tiny_task
from plugin_site import made_site

from harness.data.task import load
from harness.registry import Plugin
from harness.results import store
from harness.runs import run
from harness.runs.config import Options, Settings
from harness.runs.plan import Request, cells_of

LOOKS_BACK = """
import weakref
from harness.core import Tags
from harness.protocol import FitReport

class Backend:
    family = "made"
    def __init__(self, context): ...
    def fit(self, train, dev):
        self.first = weakref.ref(train[0].sentence)
        return FitReport(weights="none", parameters=0, trained=0)
    def predict(self, sentences):
        assert self.first() is None, "train is still there"
        return [Tags(("O",) * len(sentence)) for sentence in sentences]
    def save(self, folder): ...
    def load(self, folder): ...
"""


def test_a_run_holds_no_sentence_of_train_after_training(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(made_site(tmp_path, {"looks_back": LOOKS_BACK})))
    plugin = Plugin("looks_back", "made_looks_back:Backend", "ner-looks_back", "0.1")
    task = str(tiny_task.make(tmp_path))
    request = Request((task,), (), (1,), ("tiny",), (), Settings(), tmp_path / "results")
    [cell] = cells_of(request, task, load(task), [(plugin, Options("tiny", {}, ""))])

    run.execute(cell, lambda _: None)
    assert store.is_complete(cell.folder)
