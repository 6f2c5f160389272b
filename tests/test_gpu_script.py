"""benchmarks/gpu.sh without a GPU: its commands are the program's, and a call ends in its time.

What it would start is noted, or stands in its place: a shell script that the variable PYTHON names.
"""

import os
import re
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest
from program import called

from benchmarks import gpu
from benchmarks._usage import Report

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "gpu.sh"
STAGES = ("check", "demo", "resume", "people", "pretrain", "large", "speed", "profile")
FAMILIES = ("bert-crf", "bert-softmax", "span", "electra", "t5", "gpt")
every_stage = pytest.mark.parametrize("stage", STAGES)
dry_or_not = pytest.mark.parametrize("dry", [(), ("--dry",)], ids=["whole", "dry"])
CUT = 124

NOTED = r"""printf '%s\0' "$@" >"$CALLS/$$" """
# A run with one cell that is finished and one with a checkpoint; then it works for a minute.
AT_WORK = """
place=${@: -1}
while (($#)); do case $1 in --output | -o) place=$2 ;; esac; shift; done
mkdir -p "$place/one" "$place/two/unfinished"
echo done >"$place/one/metrics.json" && echo half >"$place/two/unfinished/state"
echo $$ >"$CALLS/$$"
exec sleep 60
"""


class Place:
    """A folder to call the script in, with what stands in the place of Python."""

    def __init__(self, folder, body):
        self.out, self.work, self.calls = (folder / name for name in ("out", "work", "calls"))
        self.calls.mkdir(parents=True)
        self.python = folder / "python"
        self.python.write_text(f"#!/usr/bin/env bash\n{body}")
        self.python.chmod(0o755)

    def call(self, *arguments, code=0, **variables):
        """The script's standard error."""
        told = {"OUT": self.out, "WORK": self.work, "PYTHON": self.python, "CALLS": self.calls}
        environment = os.environ | {name: str(value) for name, value in (told | variables).items()}
        done = subprocess.run(
            ["bash", str(SCRIPT), *arguments],
            env=environment, capture_output=True, text=True, timeout=50, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr

    def noted(self):
        """The arguments of each command, in any order."""
        return [path.read_text().split("\0")[:-1] for path in self.calls.iterdir()]


@pytest.fixture
def noting(tmp_path):
    return Place(tmp_path / "noting", NOTED)


@pytest.fixture
def at_work(tmp_path):
    return Place(tmp_path / "at-work", AT_WORK)


@pytest.fixture
def texts(tmp_path):
    """What .data/text is: text of which weights may be shipped."""
    folder = tmp_path / "texts"
    folder.mkdir()
    demo = ROOT / "configs" / "tasks" / "demo" / "train.txt"
    (folder / "a.txt").write_text(demo.read_text(encoding="utf-8"), encoding="utf-8")
    head = "file\tlicence\tweights trained on it may be shipped\tsha256 of the text\n"
    (folder / "MANIFEST.tsv").write_text(f"{head}a.txt\tCC0 1.0\tyes\t\n", encoding="utf-8")
    return folder


def planned(arguments, texts, folder):
    """Read the command by the program itself, up to where work would begin."""
    module, command, *rest = arguments[1:]
    if module == "pytest":
        assert (command, *rest) == ("-m", "gpu", "tests/backends")
    elif command == "run":
        rest = [re.sub(r"\.model=.*", ".model=.", word) for word in rest]
        rest[rest.index("--task") + 1] = "demo"
        plan, _ = called("run", *rest, "--dry-run", folder=folder)
        assert "keep_model: false" in plan
    elif command == "pretrain":
        rest[rest.index("--characters") + 1] = "4096"
        text = rest[0] if Path(rest[0]).exists() else texts
        called("pretrain", ROOT / text, *rest[1:], "--task", "demo", "--dry-run", folder=folder)
    else:
        return command, rest
    return None


@every_stage
@dry_or_not
def test_the_commands_of_a_stage_are_commands_of_the_program(
    stage, dry, noting, texts, tmp_path, monkeypatch
):
    noting.call(*dry, stage)
    for arguments in noting.noted():
        if own := planned(arguments, texts, tmp_path):
            monkeypatch.setattr("sys.argv", ["gpu.py", own[0], *own[1]])
            assert gpu.given().stage == stage


@dry_or_not
@pytest.mark.parametrize("stage", ["demo", "resume", "people", "large"])
def test_all_families_are_in_one_table_and_share_the_gpu(stage, dry, noting):
    noting.call(*dry, stage)
    runs = [words for words in noting.noted() if "run" in words]
    assert len(runs) == (2 if stage == "large" else 1)
    for words in runs:
        first = words.index("--backend") + 1
        assert tuple(words[first : first + 6]) == FAMILIES
        assert words[words.index("--runs-per-gpu") + 1] == "6"


def test_tables_begin_with_the_weights_of_their_stage(noting):
    noting.call("large")
    learned = {w[w.index("--backend") + 1]: w[w.index("-o") + 1]
               for w in noting.noted() if "pretrain" in w}  # fmt: skip
    assert set(learned) == {"bert-crf", "electra", "t5", "gpt"}
    learned |= dict.fromkeys(("bert-softmax", "span"), learned["bert-crf"])
    for words in (words for words in noting.noted() if "run" in words):
        assert {f"{name}.model={folder}" for name, folder in learned.items()} < set(words)


def test_a_call_ends_in_its_time_with_what_is_finished_and_says_how_to_go_on(at_work):
    told = at_work.call("demo", "bert-crf", LIMIT=2, code=CUT)
    assert "cut after 2 s: the same call goes on" in told
    with tarfile.open(at_work.out / "demo-bert-crf.tar.gz") as archive:
        names = archive.getnames()
    assert "./one/metrics.json" in names
    assert not any("unfinished" in name for name in names)
    # On this machine the next call finds what was half done, too.
    assert (at_work.work / "runs" / "two" / "unfinished" / "state").exists()


def test_pretraining_of_all_families_ends_in_its_time_and_no_table_is_begun(at_work):
    at_work.call("large", LIMIT=3, code=CUT)
    started = [int(path.read_text()) for path in at_work.calls.iterdir()]
    assert len(started) == 4
    assert not any(Path(f"/proc/{number}").exists() for number in started)


def test_a_family_that_fails_is_told_and_the_others_read_to_their_end(tmp_path):
    fails_or_learns = """
folder= family=
while (($#)); do case $1 in -o) folder=$2 ;; --backend) family=$2 ;; esac; shift; done
if [[ $family == gpt ]]; then echo "error: no such option" >&2; exit 2; fi
sleep 1; mkdir -p "$folder"; echo '{}' >"$folder/pretraining.json"
"""
    place = Place(tmp_path, fails_or_learns)
    place.call("pretrain", code=2)
    records = {path.name for path in place.out.glob("*.json")}
    assert records == {f"pretrain-{name}.json" for name in ("bert-crf", "electra", "t5")}
    assert "no such option" in (place.out / "pretrain-gpt.txt").read_text()


@dry_or_not
def test_archives_of_another_machine_are_gone_on_with_and_dry_runs_touch_none(dry, noting):
    noting.work.mkdir()
    with tarfile.open(noting.work / "demo-t5.tar.gz", "w:gz") as archive:
        archive.add(SCRIPT, "demo/one/metrics.json")
    noting.call(*dry, "demo", "t5")
    whole = noting.work / "runs" / "demo" / "one" / "metrics.json"
    assert list(noting.work.rglob("metrics.json")) == ([] if dry else [whole])


def test_a_stage_that_does_not_exist_is_refused(noting):
    assert "no stage is called 'larg': check, demo" in noting.call("larg", code=2)


def test_what_a_stage_needs_is_listed_before_it():
    """The machine has no network: what is missing there ends a stage that somebody paid for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [re.split(r"[^\w-]", line)[0].lower() for line in project["dependencies"]]
    head = SCRIPT.read_text(encoding="utf-8").split("set -euo")[0].lower()
    words = set(re.findall(r"[a-z0-9][\w-]*", head))
    lacking = [
        name for name in (*needed, "pytest", "hypothesis", "scikit-learn") if name not in words
    ]
    assert lacking == []


def test_a_row_that_was_measured_is_not_measured_again_by_the_same_call(tmp_path):
    def cut():
        raise KeyboardInterrupt

    first = Report(tmp_path / "speed.txt", "a GPU")
    first.once("bert-crf", lambda: first.line("bert-crf 100") or 100)
    with pytest.raises(KeyboardInterrupt):
        first.once("gpt", cut)
    second = Report(tmp_path / "speed.txt", "a GPU")
    assert second.once("bert-crf", cut) == 100
    second.once("gpt", lambda: second.line("gpt 50") or 50)
    assert (tmp_path / "speed.txt").read_text() == "a GPU\nbert-crf 100\ngpt 50\n"


def test_on_another_machine_all_is_measured_anew(tmp_path):
    Report(tmp_path / "speed.txt", "a GPU").once("bert-crf", lambda: 100)
    other = Report(tmp_path / "speed.txt", "another GPU")
    assert other.once("bert-crf", lambda: 200) == 200
    assert (tmp_path / "speed.txt").read_text() == "another GPU\n"


def test_speed_goes_on_behind_the_row_at_which_it_was_cut(tmp_path, monkeypatch):
    asked = []

    def row(name, precision, size, report):
        asked.append((name, precision))
        if asked[-1] == ("gpt", "fp32") and asked.count(("gpt", "fp32")) == 1:
            raise KeyboardInterrupt
        return 100.0

    monkeypatch.setattr(gpu, "row", row)
    with pytest.raises(KeyboardInterrupt):
        gpu.speed(["t5", "gpt"], gpu.DRY, Report(tmp_path / "speed.txt", "a GPU"))
    gpu.speed(["t5", "gpt"], gpu.DRY, Report(tmp_path / "speed.txt", "a GPU"))
    every = [(name, precision) for name in ("t5", "gpt") for precision in ("bf16", "fp32")]
    assert asked == [*every, ("gpt", "fp32")]


def test_checks_that_were_cut_begin_anew_and_that_is_said(at_work):
    assert "the same call begins anew: give it more time" in at_work.call(
        "check", LIMIT=2, code=CUT
    )
