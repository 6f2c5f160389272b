"""A template, a lexicon or a description of labels edited in its place: seen wherever it can be."""

import json
from dataclasses import replace

import pytest
from built_tables import blocks, built
from program import called, harness
from stored_runs import SETTINGS, write_row, write_run

from harness.data.task import load
from harness.errors import DataError
from harness.registry import Plugin
from harness.runs.config import Options, Settings
from harness.runs.plan import Request, cells_of
from harness.runs.run import execute

LEXICAL = """
import json
from pathlib import Path
from harness.core import Tags
from harness.protocol import FitReport

class Backend:
    family = "adversary"

    def __init__(self, context, *, lexicon: str = "", meddles: bool = False):
        self.path, self.meddles = Path(lexicon), meddles

    def fit(self, train, dev):
        self.known = json.loads(self.path.read_text())
        if self.meddles:
            self.path.write_text("[]")
        return FitReport("none", 0, 0)

    def predict(self, sentences):
        return [Tags(["B-PER" if u in self.known else "O" for u in s.units]) for s in sentences]

    def save(self, folder): pass
    def load(self, folder): pass
"""


def of_prompt(content, **more):
    """What a record says of a run whose option ``prompt`` names a file that held ``content``."""
    named = {"prompts": {"prompt": content * 64}}
    return {"settings": SETTINGS | named, "options": {"prompt": "tpl.txt"}, "sentences": 12} | more


def names(table):
    return [row.name for block in table.blocks for row in block.rows]


def lines(table):
    return {check.name: check for check in table.blocks[0].certificate}


def test_a_prompt_that_was_edited_between_two_seeds_is_two_rows(tmp_path):
    write_row(tmp_path, "gpt", (13, 42), **of_prompt("a"))
    write_row(tmp_path, "gpt", (87,), **of_prompt("b"))
    table = built(tmp_path)
    assert names(table) == ["gpt tiny (scratch)", "gpt tiny (scratch) #2"]
    check = lines(table)["one content for each named file"]
    assert not check.ok
    assert dict(check.differing) == {"gpt tiny (scratch) #2": "prompt=tpl.txt bbbbbbbbbbbb"}


def test_four_contents_of_one_file_are_four_rows_and_no_contradiction(tmp_path):
    for place, content in enumerate("abcd"):
        for seed in (13, 42):
            write_run(tmp_path, "gpt", seed, **of_prompt(content), planned_seeds=(13, 42),
                      rate=0.1 + place / 10, digest=f"{content}{seed}" * 20)  # fmt: skip
    table = built(tmp_path)
    assert len(names(table)) == 4
    assert lines(table)["one result for each seed"].ok
    assert table.notices == ()


def test_rows_of_one_content_hold_the_line_and_rows_without_files_have_none(tmp_path):
    write_row(tmp_path / "with", "gpt", **of_prompt("a"))
    write_row(tmp_path / "with", "bert-crf", sentences=12)
    check = lines(built(tmp_path / "with"))["one content for each named file"]
    assert (check.ok, check.value) == (True, "prompt=tpl.txt aaaaaaaaaaaa")
    write_row(tmp_path / "without", "bert-crf", sentences=12)
    assert not {"one content for each named file", "label descriptions"} & set(
        lines(built(tmp_path / "without"))
    )


def test_rows_that_were_told_other_things_of_the_labels_are_not_ranked_together(tmp_path):
    described = {"descriptions": {"PER": "a person"}}
    write_row(tmp_path, "gpt", sentences=12, settings=SETTINGS | described)
    write_row(tmp_path, "t5", sentences=12)
    ranked, apart = blocks(built(tmp_path), "ranked"), blocks(built(tmp_path), "apart")
    assert len(ranked) == len(apart) == 1
    assert "label descriptions" in apart[0].captions[0]


def test_seeds_that_were_told_other_things_of_the_labels_are_two_rows(tmp_path):
    for seed, told in ((13, "a person"), (42, "a person or a pet")):
        described = {"descriptions": {"PER": told}}
        write_row(tmp_path, "gpt", (seed,), sentences=12, settings=SETTINGS | described)
    assert len(names(built(tmp_path))) == 2


@pytest.fixture
def planned(task, tmp_path):
    """A run that was planned on a template."""
    template = tmp_path / "tpl.txt"
    template.write_text("A", encoding="utf-8")
    request = Request((str(task),), (), (1,), ("tiny",), (), Settings(), tmp_path / "results")
    plugin = Plugin("dictionary", "backends.dictionary:Dictionary", "ner-harness", "0.1.0")
    options = Options("tiny", {"prompt": str(template)}, "")
    (cell,) = cells_of(request, str(task), load(task), [(plugin, options)])
    return cell, template


@pytest.mark.parametrize("now", ["B", None], ids=["edited", "removed"])
def test_a_template_that_changes_between_the_plan_and_the_run_is_refused(planned, now):
    cell, template = planned
    if now:
        template.write_text(now, encoding="utf-8")
    else:
        template.unlink()
    with pytest.raises(DataError, match="its option prompt names changed after the run was plan"):
        execute(cell, lambda progress: None)
    assert not (cell.folder / "metrics.json").exists()


def test_a_run_that_ended_under_its_template_stays_done_when_the_file_is_edited(planned):
    cell, template = planned
    options = replace(cell.options, values={})
    assert execute(replace(cell, options=options, files=type(cell.files)()), lambda progress: None)
    template.write_text("B", encoding="utf-8")
    assert not execute(cell, lambda progress: None)


@pytest.fixture
def lexical(task, offer, tmp_path):
    """Runs the program with a plugin whose option names a file."""
    site = offer("lexical", LEXICAL)
    (tmp_path / "lex.json").write_text('["张"]', encoding="utf-8")

    def run(*more, code=0):
        return harness("run", "--backend", "lexical", "--task", task, "--seed", 1,
                       "--set", "lexicon=lex.json", *more, folder=tmp_path, paths=[site],
                       code=code)  # fmt: skip

    run.site = site
    return run


@pytest.mark.slow
def test_a_file_of_a_plugin_that_was_edited_is_another_run_and_another_row(lexical, tmp_path):
    lexical()
    assert "done before" in lexical()[1]
    (tmp_path / "lex.json").write_text('["李"]', encoding="utf-8")
    assert "done before" not in lexical()[1]
    out, _ = called("leaderboard", "results", folder=tmp_path)
    assert "DIFFERS: one content for each named file" in out
    assert "lexicon=lex.json" in out


@pytest.mark.slow
def test_a_file_that_changes_while_the_run_goes_on_is_no_result(lexical, tmp_path):
    _, messages = lexical("meddles=true", code=3)
    assert "its option lexicon names changed after the run was planned" in messages
    assert not list(tmp_path.glob("results/tiny/*/metrics.json"))


@pytest.mark.slow
def test_reproduce_names_the_file_that_changed(lexical, tmp_path):
    lexical()
    (tmp_path / "lex.json").write_text('["李"]', encoding="utf-8")
    (made,) = tmp_path.glob("results/tiny/*")
    out, _ = harness("reproduce", made, folder=tmp_path, paths=[lexical.site])
    assert any(line.startswith("file of lexicon: ") for line in out.splitlines())
    (record,) = tmp_path.glob("results/tiny/*/run.json")
    assert list(json.loads(record.read_text())["settings"]["files"]) == ["lexicon"]
