"""Third-party backends that break, each in its own way: it is named, and nobody else is harmed."""

import sys
import time
from pathlib import Path

import pytest
import tiny_task
from plugin_site import made_site
from program import harness

from harness.data.task import load
from harness.errors import BackendError
from harness.registry import Plugin
from harness.results import reader, verify
from harness.runs.config import Options, Settings
from harness.runs.plan import Request, cells_of
from harness.runs.run import execute

GOOD = """
import os, sys, threading, time
from harness.core import Tags, Text
from harness.protocol import FitReport

class Backend:
    family = "third"
    def __init__(self, context, *, width: int = 1) -> None:
        self.context = context
    def fit(self, train, dev):
        return FitReport("none", 0, 0)
    def predict(self, sentences):
        return [Tags(("O",) * len(s)) for s in sentences]
    def save(self, folder): pass
    def load(self, folder): pass
"""
AT_IMPORT = {
    "exits": ("import sys; sys.exit(0)", "SystemExit: 0"),
    "raises": ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
    "crashes": ("import os; os.abort()", "crashed as it was imported (SIGABRT)"),
    "vanishes": ("import os; os._exit(0)", "ended its process as it was imported (exit code 0)"),
    "needy": ("import no_such_package", "No module named 'no_such_package'"),
    "odd": ("class Backend:\n    def __init__(self, context, *, width) -> None: ...",
            "option 'width' needs a type and a default"),
}  # fmt: skip


@pytest.fixture
def task(tmp_path):
    return tiny_task.make(tmp_path)


def run(task, site, *backends, code=0, **more):
    command = ("run", "--task", task, "--seed", 1, "--backend", *backends)
    return harness(*command, folder=task.parent, code=code, paths=[site], **more)


@pytest.mark.slow
def test_packages_that_break_at_import_are_listed_and_the_others_run(task):
    sources = {name: source for name, (source, _) in AT_IMPORT.items()}
    site = made_site(task.parent, {**sources, "good": GOOD})
    out, messages = run(task, site, *AT_IMPORT, "good", "dictionary", code=7)
    assert "| good " in out.replace("*", "")
    assert "100.00" in out, "dictionary"
    assert "6 backends could not be used" in messages
    for name, (_, words) in AT_IMPORT.items():
        assert f"backend '{name}' of ner-{name} 0.1 " in messages or name == "odd"
        assert words in messages
        assert not list(task.parent.glob(f"results/tiny/{name}*"))
    run(task, site, "exits", "vanishes", code=5)
    harness("list", folder=task.parent, paths=[site])


@pytest.mark.slow
def test_a_package_that_hangs_at_import_is_ended_at_its_deadline(task, monkeypatch):
    monkeypatch.setenv("NER_HARNESS_IMPORT_SECONDS", "3")
    source = (
        "import pathlib, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(task.parent / 'child')!r}).write_text(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    site = made_site(task.parent, {"hangs": source})
    started = time.monotonic()
    out, messages = run(task, site, "hangs", "dictionary", code=7)
    assert time.monotonic() - started < 120
    assert "backend 'hangs' of ner-hangs 0.1 was not imported within 3" in messages
    assert "100.00" in out, "dictionary"
    pid = int((task.parent / "child").read_text())
    assert not alive(pid)


def alive(pid):
    """Whether a process runs; one that is dead and not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.slow
def test_a_mistake_in_the_options_of_a_plugin_is_the_users_and_not_the_plugins(task):
    site = made_site(task.parent, {"good": GOOD})
    more = ("--set", "good.width=wide")
    _, messages = run(task, site, "good", "dictionary", *more, code=2)
    assert "width: Input should be a valid integer, found 'wide'" in messages
    _, messages = run(task, site, "good", "dictionary", "--set", "good.widht=2", code=2)
    assert "widht" in messages
    assert not (task.parent / "results").exists()


LEAVES = """
import os, subprocess, sys, threading, time
print("printed at import")
os.system("echo shouted at import")
os.environ["OMP_NUM_THREADS"] = "nonsense"
threading.Thread(target=time.sleep, args=(600,), daemon=False).start()
os.chdir("/")
""" + GOOD.replace("def fit(self, train, dev):", """def fit(self, train, dev):
        print("printed in fit"); os.system("echo shouted in fit"); os.chdir("/")
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()""")  # fmt: skip


@pytest.mark.slow
def test_what_a_package_prints_and_leaves_behind_reaches_no_other_run(task):
    site = made_site(task.parent, {"leaves": LEAVES})
    out, messages = run(task, site, "leaves", "dictionary")
    assert "100.00" in out, "dictionary"
    for words in ("printed at import", "shouted at import", "printed in fit", "shouted in fit"):
        assert words not in out
        assert words in messages
    folders = {
        path.parent.name.split("_")[0] for path in task.parent.glob("results/*/*/metrics.json")
    }
    assert folders == {"leaves", "dictionary"}
    (task.parent / "text.txt").write_text("张三在北京。\n", encoding="utf-8")
    (left,) = task.parent.glob("results/*/leaves*")
    for command in (("predict", left, "text.txt"), ("list", "leaves")):
        out, messages = harness(*command, folder=task.parent, paths=[site])  # and does not wait
        assert "printed" not in out
        assert "shouted" not in out
        assert "printed at import" in messages


ANSWERS = {
    "nothing from fit": ("return FitReport(\"none\", 0, 0)", "return None",
                         "fit of backend 'bad' returned nothing, not a harness.protocol.FitReport"),
    "a dict from fit": ("return FitReport(\"none\", 0, 0)", "return {}", "returned a dict, not a"),
    "negative sizes": ("FitReport(\"none\", 0, 0)", "FitReport(\"none\", -1, 0)",
                       "a report with trained=0 of parameters=-1"),
    "no name of weights": ("FitReport(\"none\", 0, 0)", "FitReport(None, 0, 0)",
                           "a report with weights: Input should be a valid string"),
    "an epoch of nobody": ("FitReport(\"none\", 0, 0)", "FitReport(\"none\", 0, 0, best_epoch=3)",
                           "a report with best_epoch=3 of 0 epochs"),
    "a loss that is no number": (
        'return FitReport("none", 0, 0)',
        "from harness.protocol import Epoch; nan = float('nan')\n"
        "        epoch = Epoch(1, nan, None, None, None, (), 1.0, 1.0, 1, 1, '')\n"
        '        return FitReport("none", 0, 0, epochs=(epoch,))',
        "a report with loss=nan in epoch 1",
    ),
    "nothing from predict": ("return [Tags", "return None and [Tags",
                             "predict of backend 'bad' returned nothing, not a list of Tags"),
    "a generator": ("return [Tags((\"O\",) * len(s)) for s in sentences]",
                    "return (Tags((\"O\",) * len(s)) for s in sentences)",
                    "returned a generator, not a list of Tags, Text or Spans"),
    "a text": ("return [Tags", "return 'OOO' or [Tags", "returned a str, not a list"),
    "too few": ("for s in sentences]", "for s in sentences][:-1]", "outputs for 3 sentences"),
    "one letter for each tag": ("Tags((\"O\",) * len(s))", "Tags(\"O\" * len(s))",
                                "what Tags hold is tuple, not str"),
    "numbers for tags": ("(\"O\",)", "(0,)", "a tag is str, not int"),
    "tags of no scheme": ("(\"O\",)", "(\"PER\",)", "'PER' is not a BIO tag"),
    "lists": ("Tags((\"O\",) * len(s))", "[\"O\"] * len(s)",
              "must be Tags, Text or Spans, not list"),
    "bytes of text": ("Tags((\"O\",) * len(s))", "Text(b\"O\", \"tags\")",
                      "the text of a Text is str, not bytes"),
    "a format of nobody": ("Tags((\"O\",) * len(s))", "Text(\"O\", \"mine\")", "mine"),
    "an exit in fit": ("return FitReport", "sys.exit(0); return FitReport",
                       "fit of backend 'bad' called sys.exit(0); it has to raise"),
    "an exit in predict": ("return [Tags", "sys.exit(3); return [Tags", "called sys.exit(3)"),
    "an exit in the constructor": ("self.context = context", "sys.exit(0)",
                                   "the constructor of backend 'bad' called sys.exit(0)"),
    "changed training data": ("return FitReport", "object.__setattr__(train[0], 'spans', ()); "
                              "return FitReport", "changed the sentences that it was given"),
    "changed questions": ("return [Tags", "object.__setattr__(sentences[0], 'units', ('x',)); "
                          "return [Tags", "changed the sentences that it was given"),
    "no method": ("def save(self, folder): pass", "", "lacks the methods save"),
    "a method that is none": ("def load(self, folder): pass", "load = None",
                              "lacks the methods load"),
}  # fmt: skip


@pytest.fixture
def child(task, monkeypatch):
    """Runs one cell of the backend ``bad`` of a source, in this process."""

    def start(source, report=lambda progress: None):
        monkeypatch.syspath_prepend(str(made_site(task.parent, {"bad": source})))
        monkeypatch.delitem(sys.modules, "made_bad", raising=False)
        plugin = Plugin("bad", "made_bad:Backend", "ner-bad", "0.1")
        request = Request((str(task),), ("bad",), (1,), "tiny", (), Settings(), task.parent / "r")
        pairs = [(plugin, Options("tiny", {"width": 1}, ""))]
        (cell,) = cells_of(request, str(task), load(task), pairs)
        execute(cell, report)
        return cell

    return start


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_breaks_the_protocol_is_named_with_its_rule(child, name):
    old, new, words = ANSWERS[name]
    assert old in GOOD
    with pytest.raises(BackendError) as caught:
        child(GOOD.replace(old, new, 1))
    assert words in str(caught.value)
    assert caught.value.exit_code == 5


def test_types_that_the_task_does_not_have_are_counted_as_wrong_and_named(child):
    notes = []
    source = GOOD.replace('("O",) * len(s)', '("B-PRE", *["O"] * (len(s) - 1))', 1)
    cell = child(source, lambda progress: notes.append(progress.note))
    assert any("PRE" in note and "'PER'" in note for note in notes), notes
    (run,) = verify.check(reader.read([cell.folder])).runs
    assert run.metrics.counts()["PRE"].fp == 3


@pytest.mark.parametrize("change", ["sort", "reverse", "clear", "append"])
def test_the_sentences_that_are_handed_out_cannot_be_reordered(child, change):
    argument = "sentences[0]" if change == "append" else ""
    source = GOOD.replace("return [Tags", f"sentences.{change}({argument}); return [Tags", 1)
    with pytest.raises(AttributeError, match=f"'tuple' object has no attribute '{change}'"):
        child(source)


def test_what_a_backend_forges_in_its_own_folder_is_no_part_of_its_result(child):
    source = GOOD.replace("return FitReport", """folder = self.context.folder
        (folder / "model").mkdir()
        (folder / "model" / "forged").touch()
        (folder / "free.jsonl").write_text("forged")
        (folder / "metrics.json").write_text("{}")
        return FitReport""", 1)  # fmt: skip
    cell = child(source)
    assert not (cell.folder / "model" / "forged").exists()
    assert not (cell.folder / "free.jsonl").exists()
    assert verify.check(reader.read([cell.folder])).runs


def test_a_backend_that_moves_elsewhere_still_writes_where_it_was_asked_to(child, monkeypatch):
    source = GOOD.replace("return FitReport", "os.chdir('/'); return FitReport", 1)
    here = Path.cwd()
    cell = child(source)
    assert Path.cwd() == here
    assert (cell.folder / "metrics.json").is_file()
