"""A grid has one parent, goes on after failures, and ends with the code that they share."""

import json
import multiprocessing

import pytest
import tiny_task
from plugin_site import made_site

from harness.data.task import load
from harness.errors import GridError, HarnessError
from harness.registry import Plugin
from harness.results import store
from harness.runs import grid, hardware, processes
from harness.runs.child import Event
from harness.runs.config import Options, Settings
from harness.runs.logbook import Logbook
from harness.runs.plan import Request, cells_of

DIES = """
import os
import numpy
from harness.protocol import FitReport

class Backend:
    def __init__(self, context, *, how: str = "killed") -> None:
        self.how = how
    def fit(self, train, dev):
        if self.how == "killed":
            os.kill(os.getpid(), 9)
        if self.how == "starves":
            numpy.empty(2**60, "u1")
        raise RuntimeError("a fault of its own")
    def predict(self, sentences): ...
    def save(self, folder): ...
    def load(self, folder): ...
"""
DICTIONARY = Plugin("dictionary", "backends.dictionary:Dictionary", "ner-harness", "0.1.0")
DYING = Plugin("dies", "made_dies:Backend", "ner-dies", "0.1")


@pytest.fixture
def cells(tmp_path, monkeypatch):
    """A cell that is well, one killed, one that raises, one that starves, one of another."""
    monkeypatch.syspath_prepend(str(made_site(tmp_path, {"dies": DIES})))
    task = str(tiny_task.make(tmp_path))
    request = Request((task,), (), (1,), ("tiny",), (), Settings(), tmp_path / "results")
    asked = {
        "well": (DICTIONARY, Options("tiny", {"shortest": 2}, "")),
        "killed": (DYING, Options("tiny", {"how": "killed"}, "")),
        "raises": (DYING, Options("tiny", {"how": "raises"}, "how=raises")),
        "starves": (DYING, Options("tiny", {"how": "starves"}, "how=starves")),
        "held": (DICTIONARY, Options("tiny", {"shortest": 1}, "shortest=1")),
    }
    made = cells_of(request, task, load(task), list(asked.values()))
    return dict(zip(asked, made, strict=True))


def failure_of(cell):
    return json.loads((cell.folder / store.FAILED).read_text(encoding="utf-8"))


@pytest.mark.slow
def test_a_grid_goes_on_after_failures_and_tells_each_of_them(cells):
    processes.prepare([], threads=1)
    heard = []
    with (
        store.locked(cells["held"].folder, cells["held"].digest),
        pytest.raises(GridError) as caught,
    ):
        grid.Grid(list(cells.values()), 2, heard.append).run()
    assert caught.value.exit_code == 7
    assert "4 of 5 cells failed" in str(caught.value)
    codes = {event.cell.folder: event.exit_code for event in heard if event.done}
    assert codes == {
        cells["well"].folder: 0, cells["killed"].folder: 6, cells["raises"].folder: 1,
        cells["starves"].folder: 6, cells["held"].folder: 75,
    }  # fmt: skip
    assert store.is_complete(cells["well"].folder)
    assert failure_of(cells["killed"])["exit_code"] == 6
    assert "RuntimeError: a fault of its own" in failure_of(cells["raises"])["error"]
    assert "a fault of its own" in (cells["raises"].folder / store.LOG).read_text()
    assert failure_of(cells["starves"])["error"].startswith("out of memory: Unable to allocate")
    assert not (cells["held"].folder / store.FAILED).exists(), "it is another's"


def failing(cells, *codes):
    """What is noted of ``cells`` after the failures ``codes``, None for a cell that is well."""
    made = Logbook()
    made.opened(cells)
    for cell, code in zip(cells, codes, strict=True):
        made.note(cell, Event(cell, done=True, error="e" if code else "", exit_code=code or 0))
    return made


@pytest.mark.parametrize(
    ("codes", "code"),
    [((75,), 75), ((6,), 6), ((1, None), 7), ((75, None), 7), ((6, 6), 6), ((6, 1), 7)],
)
def test_the_exit_code_of_a_grid(cells, codes, code):
    some = list(cells.values())[: len(codes)]
    with pytest.raises(HarnessError) as caught:
        failing(some, *codes).close(some)
    assert caught.value.exit_code == code


def test_a_grid_without_failures_raises_nothing(cells):
    some = list(cells.values())[:2]
    failing(some, None, None).close(some)


def test_a_gpu_is_named_as_it_was_made_visible(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-77")
    assert [hardware.visible_gpu(index) for index in (0, 1)] == ["3", "GPU-77"]
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert hardware.visible_gpu(1) == "1"


def test_a_run_gets_the_gpu_that_its_number_stands_for(cells, monkeypatch):
    started = []
    process = type("Process", (), {"start": lambda process: None})

    class Server:
        def Pipe(self, duplex):  # noqa: N802
            return multiprocessing.Pipe(duplex)

        def Process(self, **given):  # noqa: N802
            started.append(given["args"][1])
            return process()

    monkeypatch.setattr(processes, "forkserver", Server)
    monkeypatch.setattr(grid, "accelerators", lambda: ("a GPU", "another"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    made = grid.Grid(list(cells.values()), 2, print)
    for cell in list(cells.values())[:2]:
        made._start(cell)
    assert started == ["3", "5"]
    for child in made.children.values():
        child.pipe.close()
