"""The documents say what the tree holds."""

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
import refresh
from plugin_site import made_plugin
from program import harness

from harness.data.task import load
from harness.errors import DataError
from harness.oracle.foreign_rules import RULES
from harness.oracle.rule_ceilings import lines
from harness.resources import folder

ROOT = Path(__file__).parents[1]
REMEDY = "run `python docs/refresh.py`, and `python docs/refresh.py run` for the table of README"
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = (ROOT / "docs" / "pitfalls.md").read_text(encoding="utf-8")
PAGES = sorted((ROOT / "docs").glob("*.md"))
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_contributing_prints_the_plugin_that_the_tests_install():
    plugin = ROOT / "tests" / "plugin"
    assert (plugin / "ner_gazetteer" / "__init__.py").read_text(encoding="utf-8") in CONTRIBUTING
    assert (plugin / "pyproject.toml").read_text(encoding="utf-8") in CONTRIBUTING


MAP = refresh.rooms(refresh.map_of_rooms(README))


def test_the_map_in_readme_names_every_folder_on_top_and_every_room_and_no_other():
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    tops = {Path(line).parts[0] for line in tracked if "/" in line}
    rooms = {
        path.parent.relative_to(ROOT)
        for package in ("harness", "backends")
        for path in (ROOT / package).glob("*/__init__.py")
    }
    assert set(MAP) == {Path(top) for top in tops if not top.startswith(".")} | rooms
    files = [line.split()[0] for line in refresh.map_of_rooms(README) if "/" not in line.split()[0]]
    assert all((ROOT / name).is_file() for name in files)


@pytest.mark.parametrize("folder", MAP, ids=str)
def test_the_purpose_of_a_room_is_what_its_package_says(folder):
    assert MAP[folder] == (refresh.purpose(folder) or MAP[folder]), REMEDY


def test_every_purpose_of_a_package_in_the_map_is_its_own():
    assert len({MAP[folder] for folder in MAP}) == len(MAP)
    assert refresh.purpose(Path("harness/scoring")).startswith("From gold")
    assert refresh.purpose(Path("docs")) is None


def test_every_file_that_readme_links_to_exists():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_heading_that_a_page_links_to_exists(page):
    for target, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", page.read_text("utf-8")):
        there = page.parent / target if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


def anchors(page):
    """What links may name in a page: its headings, in small letters and with dashes."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_test_that_a_page_names_is_there():
    defined = re.compile(r"^\s*def (test_\w+)\(", re.MULTILINE)
    files = [*(ROOT / "tests").rglob("test_*.py")]
    found = {name for file in files for name in defined.findall(file.read_text(encoding="utf-8"))}
    found |= {file.stem for file in files}
    named = {
        name
        for page in PAGES
        for name in re.findall(r"(?<=[`/])test_\w+", page.read_text(encoding="utf-8"))
    }
    assert "test_negative_counts" in named
    assert named <= found


def test_the_first_page_of_docs_leads_to_every_other():
    listed = re.findall(r"\]\((\S+?\.md)\)", (ROOT / "docs" / "README.md").read_text("utf-8"))
    assert set(listed) == {page.name for page in PAGES if page.name != "README.md"}


def test_the_first_page_of_docs_shows_rules_of_others_as_they_were_measured():
    page = (ROOT / "docs" / "README.md").read_text("utf-8")
    shown = re.findall(r"^\|.* \d+\.\d\d \|$", page, re.MULTILINE)
    assert len(shown) > 5
    assert set(shown) < set(DOCS.splitlines())


@pytest.mark.slow
def test_the_pages_are_a_site_without_a_dead_link(tmp_path):
    """Strict: a link to a page or a heading that is not there is an error."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = {path.parent.name for path in tmp_path.glob("*/index.html")}
    assert {page.stem for page in PAGES} - made == {"README"}
    assert "../" not in re.sub(r'(href|src)="[^"]*"', "", (tmp_path / "index.html").read_text())


def test_every_exit_code_is_told_of():
    from harness import errors

    page = (ROOT / "docs" / "exit-codes.md").read_text(encoding="utf-8")
    told = {int(n) for row in re.findall(r"^\| ([\d, ]+) \|", page, re.MULTILINE)
            for n in row.split(",")}  # fmt: skip
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    codes = {one.exit_code for one in kinds if issubclass(one, errors.HarnessError)}
    assert codes <= told
    assert {errors.Interrupted(number).exit_code for number in (1, 2, 15)} <= told


def test_the_modules_that_a_plugin_may_import_have_what_the_page_on_plugins_says():
    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    told = re.findall(r"^- (`harness\.\w+(?:\.\w+)*`.*?): .*?: (.*)$", page, re.MULTILINE)
    assert len(told) >= 6
    for modules, names in told:
        found = [import_module(name) for name in re.findall(r"`([\w.]+)`", modules)]
        for name in re.findall(r"`(\w+)`", names):
            assert any(hasattr(module, name) for module in found), name


def test_the_page_on_plugins_names_all_that_is_promised_to_them():
    import backends.plugin
    from harness import registry

    page = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    table = page[page.index("| name |") : page.index("With them come")]
    assert sorted(re.findall(r"`(\w+)`(?=[^|]* \| )", table)) == sorted(backends.plugin.__all__)
    groups = set(re.findall(r"^\| `(harness\.\w+)` \|", page, re.MULTILINE))
    assert groups == set(registry.KINDS)


def columns(table):
    """The columns of a pipe table by their heads."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {head: cells for head, _, *cells in zip(*rows, strict=True)}


((COMMAND, TABLE),) = refresh.blocks(DOCS).items()
TABLE = TABLE.splitlines()
TASKS = list(columns(TABLE))[1:]


def test_the_table_of_docs_has_the_tasks_of_the_command_above_it():
    command = f"python -m harness oracle --rules --task {' '.join(TASKS)}"
    assert command + " | sed '/^$/,$d'" == COMMAND
    assert TASKS[0] == "demo"


@pytest.mark.parametrize(
    "task", ["demo", *(pytest.param(t, marks=pytest.mark.slow) for t in TASKS[1:])]
)
def test_the_table_of_docs_holds_what_the_command_prints(task):
    """The demo everywhere, the other sets where they are."""
    try:
        load(task)
    except DataError:
        assert task != "demo"
        pytest.skip(f"the data of {task} is not here")
    printed = columns(list(lines([task], None))[: len(RULES) + 3])
    shown = columns(TABLE)
    assert shown["rule"] == printed["rule"]
    assert shown[task] == printed[task]


def test_docs_say_what_each_rule_does_in_the_words_of_the_program():
    described = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", DOCS, re.MULTILINE)
    assert described[-len(RULES) :] == [(rule.name, rule.meaning) for rule in RULES]


def test_the_help_page_is_what_the_program_prints():
    assert refresh.HELP.read_text(encoding="utf-8") == refresh.help_page(), REMEDY


def test_the_table_of_formats_is_what_the_program_has():
    text = refresh.FORMATS.read_text(encoding="utf-8")
    assert text == refresh.with_formats(text), REMEDY
    assert "| `brat` | folder |" in text


def test_the_pages_of_options_checks_and_columns_are_what_the_program_has():
    assert refresh.OPTIONS.read_text(encoding="utf-8") == refresh.options_page(), REMEDY
    assert refresh.CHECKS.read_text(encoding="utf-8") == refresh.checks_page(), REMEDY
    assert refresh.COLUMNS.read_text(encoding="utf-8") == refresh.columns_page(), REMEDY


def test_the_page_of_backends_has_every_backend_and_every_preset_of_ours():
    from harness import registry

    text = refresh.BACKENDS.read_text(encoding="utf-8")
    assert text == refresh.backends_page(text), REMEDY
    described, listed = text.split("<!-- presets -->")
    ours = {plugin.name for plugin in registry.installed() if plugin.is_own}
    assert ours == set(re.findall(r"^\| `([\w-]+)` \|", described.split("## Presets")[0], re.M))
    presets = set(re.findall(r"`([\w-]+)`", listed.split("<!-- end -->")[0])) - ours
    assert presets - {"preset"} <= set(re.findall(r"`([\w-]+)`", described))


def test_every_extra_and_every_variable_of_ours_is_told_of():
    page = (ROOT / "docs" / "extras.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)`", page, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["optional-dependencies"]) == {name for name in told if name.islower()}
    code = [path for room in ("harness", "backends") for path in (ROOT / room).rglob("*.py")]
    read = {
        name
        for path in code
        for name in re.findall(r'"(NER_HARNESS_\w+)"', path.read_text(encoding="utf-8"))
    }
    assert read == {name for name in told if name.startswith("NER_HARNESS_")}


def test_every_setting_and_option_of_ours_says_what_it_is():
    rows = [line for line in refresh.OPTIONS.read_text("utf-8").splitlines() if line[:3] == "| `"]
    assert len(rows) > 50
    assert not [row for row in rows if row.endswith("|  |")]


def test_a_block_is_refreshed_by_what_its_command_prints_and_others_stay():
    text = "a\n<!-- $ echo one -->\nold\n<!-- end -->\n<!-- $ echo two -->\nold\n<!-- end -->\n"
    made = refresh.refreshed(text, "one")
    assert refresh.blocks(made) == {"echo one": "one\n", "echo two": "old\n"}
    assert made.startswith("a\n")


PYTHON = re.search(r"```python\n(.*?)```", README, re.DOTALL)[1]


@pytest.mark.slow
def test_the_python_of_readme_runs_and_prints_what_it_says(tmp_path):
    """As a script: what follows # is what the last line prints."""
    *_, said = PYTHON.strip().split("\n")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PYTHON], cwd=tmp_path, env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *table, entities = done.stdout.strip().split("\n")
    assert f"# {entities}" == said
    assert table[0] == "### demo"
    assert len([line for line in PYTHON.strip().split("\n") if line and line[0] != "#"]) == 5


(RUN,) = (text for command, text in refresh.blocks(README).items() if "harness run" in command)


def shape(lines):
    """Lines with every number as #, and one name for every row, so that only the words are left."""
    return [re.sub(r"[\d.,]+\d|\d", "#", line).strip() for line in lines]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What a real run of two quick backends on the demo prints, one of them a third party's."""
    folder = tmp_path_factory.mktemp("readme")
    out, _ = harness(
        "run", "--backend", "dictionary", "gazetteer", folder=folder,
        paths=[ROOT, made_plugin(folder)],
    )  # fmt: skip
    return re.search(r"^\| rank.*?^Certificate.*?$", out, re.DOTALL | re.MULTILINE)[0]


@pytest.mark.slow
def test_the_table_of_readme_has_the_columns_and_the_words_that_a_run_prints(printed):
    shown, made = ([x for x in text.split("\n") if x.strip()] for text in (RUN, printed))
    heads = [[cell.strip() for cell in lines[0].split("|")] for lines in (shown, made)]
    assert heads[0] == heads[1], REMEDY
    words = [shape(line for line in lines if line[0] != "|") for lines in (shown, made)]
    assert words[0] == words[1], REMEDY


@pytest.mark.slow
def test_the_dictionary_of_readme_scores_what_a_run_of_it_scores(printed):
    assert scores_of(RUN)["dictionary"] == scores_of(printed)["dictionary"], REMEDY


def test_the_scores_of_readme_are_those_of_the_board_of_the_demo():
    """Costs are not: they are those of another session."""
    board = json.loads((ROOT / "results/leaderboards/demo.json").read_text(encoding="utf-8"))
    there = {
        row["name"]: [row["cells"][key]["text"] for key in ("f1", "seeds", "precision", "recall")]
        for row in board["blocks"][0]["rows"]
    }
    shown = scores_of(RUN)
    *trained, _ = shown
    assert trained == ["bert-crf pretrained (bert-zh-mini)", "bert-crf tiny (scratch)"]
    for name, found in shown.items():
        assert found == there[name], name


def scores_of(text):
    """F1, seeds, precision and recall of each row of a table in Markdown."""
    table = columns(line.replace("*", "") for line in text.split("\n") if line[:1] == "|")
    rows = zip(*(table[head] for head in ("F1", "seeds", "P", "R")), strict=True)
    return dict(zip(table["backend"], map(list, rows), strict=True))


def test_readme_sets_up_with_two_commands_and_the_second_is_what_ci_runs():
    commands = re.findall(r"^(pip install .*)$", README, re.MULTILINE)
    assert len(commands) == 2
    assert "python -m harness run --backend" in commands[0]
    assert "pytest" in commands[1]
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted((folder("configs") / "backends").glob("*.yaml")), ids=str)
def test_every_preset_is_accepted_by_its_backend(path):
    from harness import registry
    from harness.runs import config

    name, preset, _ = path.name.split(".")
    options = config.options(name, registry.find(name).load(), preset, ())
    assert options.preset == preset
