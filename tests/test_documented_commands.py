"""Every command that the documents show is run: as it stands, or with its options on tiny data.

What stands in neither table below is run as it is, in a folder with a task, a text and a run.
"""

import contextlib
import re
import shlex
from pathlib import Path

import pytest
import tiny_task
from program import called, harness

from harness import registry
from harness.cli import program
from harness.commands.several import spread

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "examples/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROGRAM = ("python -m harness ", "ner-harness ")


def commands(path):
    """The lines of the shell blocks of a document, those of ``&&`` and pipes apart."""
    blocks = BLOCK.findall(path.read_text(encoding="utf-8"))
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    parts = [part.strip() for line in lines for part in re.split(r"&&|\|\|?", line)]
    return [part for part in parts if part and not part.startswith("#")]


SHOWN = {part: path.name for path in DOCUMENTS for part in commands(path)}
OURS = [part for part in SHOWN if part.startswith(PROGRAM)]

# With the same options on tiny settings: what is put in the place of what.
TINY = {
    "--seed 13 42 87": "--seed 13 42 87 --dry-run",
    "--preset base --set model=path/to/weights": "--preset base --set model=. --dry-run",
    "--backend dictionary bert-crf": "--backend dictionary bert-crf --dry-run",
    "--backend hidden-markov lstm dictionary": "--backend dictionary",
    "--backend dictionary crf": "--backend dictionary crf --seed 13",
    "--backend my-model": "--backend dictionary",
    "--backend gazetteer dictionary --set gazetteer.minimum=2": "--backend dictionary",
    "--backend gazetteer": "--backend dictionary",
    "study shortest.yaml --page shortest.html": "study shortest.yaml --dry-run",
    "study layers --task mine.yaml --page layers.html": "study layers --task mine.yaml --dry-run",
    "--backend hidden-markov": "--backend dictionary",
}
# What is not run here, and where it is.
ELSEWHERE = {
    "pip install": "installs into the environment; .ci/run does it, and tests/test_packaging.py",
    "ruff": "the checks of the house, which run these tests",
    "mypy": "the same",
    "lint-imports": "the same",
    "pytest": "the same",
    "echo": "a word of the shell",
    "ner-harness --install-completion": "writes into the home; see the test below",
    "python -m harness pretrain": "tests/harness/pretraining/test_run.py",
    "python -m harness export-model": "needs a trained encoder: tests/harness/exports",
    "python -m harness serve": "never ends: tests/harness/serving",
    "curl": "asks what serve serves",
    "export": "a word of the shell",
    "python -m harness run --task mine.yaml --backend served":
        "asks a server: tests/backends/test_served_model.py",
    "python -m harness run --task mine.yaml --backend gliner": "tests/test_gliner_example.py",
    "python -m harness check-data hub:": "needs a network: tests/harness/data/test_hub_task.py",
    "python -m harness run --backend bert-crf --task hub:": "the same",
    "python -m harness run --task mine.yaml --backend dictionary --preset tuning/":
        "needs what tune left: tests/harness/tuning/test_tune.py",
    "python -m harness suggest one.jsonl": "needs answers: tests/harness/labelling",
    "python -m harness import-predictions": "needs answers: tests/harness/archive/test_imports.py",
    "accelerate launch": "starts processes that meet: tests/harness/runs/test_launch.py",
    "ray start": "starts a server that stays",
    "python -m harness run --task mine.yaml --backend all --preset base --executor ray":
        "needs a cluster: tests/attacks/test_lost_nodes.py",
    "python -m harness run --task mine.yaml --backend bert-crf --preset pretrained":
        "needs weights that pretrain left: tests/backends/pretraining/test_from_text.py",
}  # fmt: skip


def place(command):
    """Why a command is not run here; None for one that is."""
    return next((why for begin, why in ELSEWHERE.items() if command.startswith(begin)), None)


def tiny(command):
    """The command as it is run."""
    for old, new in TINY.items():
        if old in command:
            return command.replace(old, new)
    return command


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What a reader of the tutorial has: a task with data, a text, and a finished run."""
    made = tmp_path_factory.mktemp("reader")
    text = tiny_task.make(made).read_text(encoding="utf-8").replace("name: tiny", "name: mine")
    (made / "mine.yaml").write_text(text, encoding="utf-8")
    (made / "text.txt").write_text("张三去了上海。\n", encoding="utf-8")
    prompt = (ROOT / "docs" / "prompts.md").read_text(encoding="utf-8")
    template = re.search(r"```text\n(.*?)```", prompt, re.DOTALL)[1]
    (made / "my.prompt.v1.txt").write_text(template, encoding="utf-8")
    page = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
    study = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1]
    (made / "shortest.yaml").write_text(study, encoding="utf-8")
    harness("run", "--task", "mine.yaml", "--backend", "dictionary", "--seed", 13, folder=made)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("command", {tiny(one): one for one in OURS if not place(one)}.values())
def test_a_command_of_the_documents_ends_well(command, folder):
    words = shlex.split(tiny(command))
    arguments = words[3:] if words[0] == "python" else words[1:]
    (run,) = (folder / "results" / "mine").glob("dictionary_tiny_s13*")
    arguments = [re.sub(r"results/\w+/RUN", str(run), word) for word in arguments]
    called(*arguments, folder=folder)


@pytest.mark.parametrize("command", OURS)
def test_the_options_of_a_command_of_the_documents_exist(command):
    """Also of those that are not run here: read by the program itself, and not carried out."""
    words = shlex.split(command)
    words = words[3:] if words[0] == "python" else words[1:]
    name, *arguments = spread(program(), words)
    if name.startswith("-"):
        assert any(name in option.opts for option in program().params), name
        return
    program().commands[name].make_context(name, [*arguments])


def test_every_other_command_of_the_documents_is_known_here():
    others = {part for part in SHOWN if not part.startswith(PROGRAM)}
    unknown = {part: SHOWN[part] for part in others if place(part) is None}
    modules = {part for part in unknown if part.startswith(("python -m benchmarks", "bash "))}
    for part in modules:
        path = part.split()[-1] if part.startswith("bash") else part.split()[2].replace(".", "/")
        assert (ROOT / path).exists() or (ROOT / f"{path}.py").exists(), part
    assert set(unknown) - modules <= {"mkdocs serve"}


def test_the_tutorial_installs_first_what_its_backends_need():
    page = ROOT / "docs" / "tutorial.md"
    install, *after = commands(page)
    words = {word for line in after for word in shlex.split(line)}
    named = [plugin.load() for plugin in registry.installed() if plugin.name in words]
    needed = [how for one in named for how in getattr(one, "needs", {}).values()]
    assert needed, "the linear CRF needs a package of its own"
    assert all(re.search(r"\[(.*)\]", how)[1] in install for how in needed), install


def test_no_exception_has_lost_its_command():
    for begin in ELSEWHERE:
        assert any(part.startswith(begin) for part in SHOWN), begin
    for old in TINY:
        assert any(old in part for part in OURS), old


def test_the_installed_command_completes_in_a_shell(monkeypatch, capsys):
    from harness import cli

    monkeypatch.setattr("sys.argv", ["/usr/local/bin/ner-harness"])
    words = {"_NER_HARNESS_COMPLETE": "complete_bash", "COMP_WORDS": "ner-harness check-",
             "COMP_CWORD": "1"}  # fmt: skip
    for name, value in words.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cli, "_listen", lambda: None)
    with contextlib.suppress(SystemExit):
        cli.main()
    assert capsys.readouterr().out.split() == ["check-data"]
