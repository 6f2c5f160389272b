"""Result folders with one damaged file, and every command that reads results.

A damaged file is one notice: commands end with a stated exit code and a message, never with a
traceback, and what they say of the sound runs beside it they still say.
"""

import json
import shutil

from program import called
from stored_runs import write_run

from harness.data.train_facts import FACTS

STATED = range(8)  # the exit codes of harness/errors.py


def _rewrite(change):
    """Damage that changes what a JSON file (or its first line) says."""

    def damage(path):
        if not path.is_file():
            path.write_text("{}", encoding="utf-8")
        first, *rest = path.read_text(encoding="utf-8").split("\n")
        whole = path.suffix == ".json"
        content = json.loads("\n".join([first, *rest]) if whole else first or "{}")
        changed = json.dumps(change(content))
        path.write_text(changed if whole else "\n".join([changed, *rest]), encoding="utf-8")

    return damage


def _bytes(change):
    def damage(path):
        content = path.read_bytes() if path.is_file() else b'{"a": 1}'
        path.write_bytes(change(content))

    return damage


def _gone(path):
    path.unlink(missing_ok=True)


def _folder(path):
    _gone(path)
    path.mkdir()


def _endless_link(path):
    _gone(path)
    path.symlink_to(path.name)


def _with_kinds(content, value):
    """``content`` with ``value`` in the place of every field."""
    return dict.fromkeys(content, value) if isinstance(content, dict) else value


DAMAGE = {
    "gone": _gone,
    "empty": _bytes(lambda content: b""),
    "a newline": _bytes(lambda content: b"\n"),
    "half": _bytes(lambda content: content[: len(content) // 2]),
    "zeros": _bytes(lambda content: bytes(len(content) + 1)),
    "not UTF-8": _bytes(lambda content: b"\xff\xfe" + content),
    "a flipped bit": _bytes(
        lambda c: b"".join((c[: len(c) // 2], bytes([c[len(c) // 2] ^ 4]), c[len(c) // 2 + 1 :]))
    ),
    "twice": _bytes(lambda content: content + content),
    "null": _bytes(lambda content: b"null\n"),
    "a list": _bytes(lambda content: b"[1, 2]\n"),
    "a number": _bytes(lambda content: b"1e999\n"),
    "deep": _bytes(lambda content: b"[" * 100_000),
    "a long number": _bytes(lambda content: b'{"seed": ' + b"9" * 5000 + b"}\n"),
    "half a character": _bytes(lambda content: b'{"backend": "\\ud800", "task": "\\ud800"}\n'),
    "no fields": _rewrite(lambda content: {}),
    "texts everywhere": _rewrite(lambda content: _with_kinds(content, "x")),
    "nulls everywhere": _rewrite(lambda content: _with_kinds(content, None)),
    "lists everywhere": _rewrite(lambda content: _with_kinds(content, [[]])),
    "numbers everywhere": _rewrite(lambda content: _with_kinds(content, -1)),
    "a folder": _folder,
    "an endless link": _endless_link,
}  # fmt: skip
FILES = (
    "metrics.json", "run.json", "predictions.jsonl", "history.jsonl", FACTS, "claim.json",
    "failed.json", "free.jsonl",
)  # fmt: skip
COMMANDS = {
    "leaderboard": ["leaderboard", "results", "--format", "json"],
    "score": ["score", "results"],
    "analyse": ["analyse", "results"],
    "compare": ["compare", "results"],
    "suspects": ["suspects", "results", "-o", "suspects.csv"],
    "report": ["report", "results", "-o", "report.html"],
    "verify": ["verify", "results"],
    "rescore": ["rescore", "results", "-o", "again"],
    "merge": ["merge", "results", "-o", "together"],
    "predict": ["predict", "RUN", "text.txt"],
    "reproduce": ["reproduce", "RUN", "--output", "reproduced"],
}


def made(folder):
    """A folder with sound runs of two backends, and one to be damaged; gives the latter."""
    (folder / "text.txt").write_text("张三在北京。\n", encoding="utf-8")
    for backend in ("electra", "dictionary"):
        write_run(folder / "results", backend, 13, planned_seeds=(13,), sentences=6)
    return write_run(folder / "results", "bert-crf", 13, planned_seeds=(13,), sentences=6)


def damaged(folder, file, damage):
    """Damage ``file`` of a run in ``folder``; a run that never ended has a claim and a failure."""
    run = made(folder)
    if file in ("claim.json", "failed.json"):
        (run / "metrics.json").unlink()
        about = {"backend": "bert-crf", "preset": "tiny", "variant": "", "task": "demo", "seed": 13}
        (run / file).write_text(json.dumps(about), encoding="utf-8")
    DAMAGE[damage](run / file)
    return run


def tried(folder, run, command, codes=STATED):
    """What ``command`` says; whatever it raises is raised, and its exit code is among ``codes``."""
    arguments = [str(run) if word == "RUN" else word for word in COMMANDS[command]]
    for made_by_others in ("again", "together", "reproduced"):
        shutil.rmtree(folder / made_by_others, ignore_errors=True)
    return called(*arguments, folder=folder, code=codes)
