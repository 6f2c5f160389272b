"""A package that hangs, exits or crashes as it is imported is one line and a code in every command.

The commands are those that the program has: a new one has to say here how it meets a package.
"""

import json

import pytest
import tiny_task
from plugin_site import made_site
from program import ROOT, called
from stored_runs import change, seal, write_run
from typer.main import get_command

from harness.cli import app

CRASH = 41  # of the whole test run too, where a command imports the package itself
SOURCES = {
    "hangs": "import time; time.sleep(20); (here / 'woke').touch()",
    "exits": "import sys; sys.exit(0)",
    "crashes": f"import os; os._exit({CRASH})",
}
SAID = {
    "hangs": "backend 'hangs' of ner-hangs 0.1 was not imported within 0.5 seconds",
    "exits": "backend 'exits' of ner-exits 0.1 fails to import (made_exits:Backend): SystemExit: 0",
    "crashes": f"of ner-crashes 0.1 ended its process as it was imported (exit code {CRASH})",
}
STUDY = """\
question: Which?
tasks: [tiny.yaml]
backends: [NAME]
preset: tiny
seeds: [1]
axes:
  window_limit: {values: [128, 254]}
"""

# Commands that need the package: what they are asked.
MEETING = {
    "run": "run --task tiny.yaml --backend NAME --seed 1",
    "study": "study study.yaml",
    "formats": "formats --task tiny.yaml --backend NAME",
    "tune": "tune --task tiny.yaml --backend NAME --space space.yaml -o tuned",
    "oracle": "oracle --task tiny.yaml --backend NAME",
    "list": "list NAME",
    "predict": "predict RUN text.txt",
    "export-model": "export-model RUN -o exported",
    "serve": "serve RUN --port 0",
    "reproduce": "reproduce RUN",
    "pretrain": "pretrain text.txt --backend NAME -o weights --task tiny.yaml --characters 2000",
}
# Commands that have no use for it: they do their work on a result of it all the same.
WITHOUT = {
    "check-data": "check-data tiny.yaml",
    "score": "score results",
    "leaderboard": "leaderboard results",
    "analyse": "analyse results",
    "compare": "compare results",
    "suspects": "suspects results -o suspects.csv",
    "report": "report results -o report.html",
    "figures": "figures results -o figures",
    "verify": "verify results",
    "rescore": "rescore results -o again",
    "merge": "merge results -o together",
    "vote": "vote results -o voted",
    "clean": "clean results --dry-run",
    "schema": "schema -o schema",
    "import-predictions": "import-predictions answers.conll --task tiny.yaml --name other -o new",
    "robustness": "robustness --task tiny.yaml",
    "export-data": "export-data tiny.yaml --to conll -o gold",
    "export-predictions": "export-predictions RUN --to conll -o found.conll",
    "suggest": "suggest tagged.jsonl",
    "new-backend": "new-backend mine -o ner-mine",
    "fuzz": "fuzz --count 10 --workers 1",
}

# A command that examines a package says more of it than one line: what is tested where.
EXAMINING = {"check": "tests/harness/conformance/test_examination.py"}


@pytest.fixture(params=SOURCES)
def broken(request, tmp_path, monkeypatch):
    """The name of a package that breaks, and a result of it, in a folder of its own."""
    name = request.param
    noted = f"import pathlib; here = pathlib.Path({str(tmp_path)!r}); (here / 'imported').touch()\n"
    monkeypatch.syspath_prepend(str(made_site(tmp_path, {name: noted + SOURCES[name]})))
    monkeypatch.setenv("NER_HARNESS_IMPORT_SECONDS", "0.5" if name == "hangs" else "60")
    tiny_task.make(tmp_path)
    (tmp_path / "study.yaml").write_text(STUDY.replace("NAME", name), encoding="utf-8")
    (tmp_path / "space.yaml").write_text("width: {low: 0.0, high: 1.0}\n", encoding="utf-8")
    found = {"start": 0, "end": 2, "label": "PER", "text": "张三", "confidence": 0.5}
    tagged = json.dumps({"text": "张三在北京。", "entities": [found]}, ensure_ascii=False)
    (tmp_path / "tagged.jsonl").write_text(f"{tagged}\n", encoding="utf-8")
    (tmp_path / "text.txt").write_text("张三在北京。\n" * 40, encoding="utf-8")
    rows = ("\n".join(f"{unit} O" for unit in text) for text, _ in tiny_task.TEST)
    (tmp_path / "answers.conll").write_text("\n\n".join(rows) + "\n", encoding="utf-8")
    return name


@pytest.fixture
def run(broken, tmp_path):
    """A finished run of the package, with a model, on a task that is here."""
    folder = write_run(tmp_path / "results", broken, planned_seeds=(13,))
    (folder / "model").mkdir()
    (folder / "model" / "weights").touch()
    change(folder / "run.json", "settings", "task_file", to="tiny.yaml")
    change(folder / "run.json", "settings", "separator", to="_")
    seal(folder)
    return folder


def asked(command, name, run):
    return [{"NAME": name, "RUN": str(run)}.get(word, word) for word in command.split()]


def test_every_command_says_how_it_meets_a_package():
    known = MEETING.keys() | WITHOUT.keys() | EXAMINING.keys()
    assert set(get_command(app).commands) == known
    assert all((ROOT / test).is_file() for test in EXAMINING.values())


@pytest.mark.parametrize("command", MEETING)
def test_a_command_that_needs_the_package_ends_with_one_line_and_code_5(
    command, broken, run, tmp_path
):
    _, messages = called(*asked(MEETING[command], broken, run), folder=tmp_path, code=5)
    assert SAID[broken] in messages
    assert len(messages.strip().splitlines()) == 1
    assert not (tmp_path / "woke").exists(), "it waited for what hangs"
    assert not (tmp_path / "weights").exists()


@pytest.mark.parametrize("said", ["soon", "nan", "0", "-1", "inf"])
def test_a_deadline_that_is_no_time_is_one_message(said, tmp_path, monkeypatch):
    monkeypatch.setenv("NER_HARNESS_IMPORT_SECONDS", said)
    _, messages = called("list", "dictionary", folder=tmp_path, code=2)
    assert f"NER_HARNESS_IMPORT_SECONDS={said}: expected the seconds" in messages


@pytest.mark.parametrize("broken", ["exits"], indirect=True)
def test_commands_that_have_no_use_for_the_package_do_not_import_it(broken, run, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra [plots] is not installed")
    write_run(tmp_path / "results", "electra", planned_seeds=(13,))
    for command in WITHOUT.values():
        called(*asked(command, broken, run), folder=tmp_path)
    called("list", folder=tmp_path)
    assert not (tmp_path / "imported").exists()
