"""A line changed between two seeds, in the harness, in a backend or in a library: two rows."""

import pytest
from program import called, harness
from stored_runs import change, write_row

from harness.leaderboard.build import build
from harness.results import reader

LUCKY = """
from harness.core import Tags
from harness.protocol import FitReport

class Backend:
    family = "adversary"

    def __init__(self, context):
        self.context = context

    def fit(self, train, dev):
        return FitReport("none", 0, 0)

    def predict(self, sentences):
        return [Tags(("O",) * len(s)) for s in sentences]

    def save(self, folder): pass
    def load(self, folder): pass
"""


def rows_of(table):
    return [row for block in table.blocks for row in block.rows]


@pytest.mark.slow
def test_a_plugin_whose_line_changed_between_two_seeds_is_two_rows(task, offer, tmp_path):
    site = offer("lucky", LUCKY)
    run = ("run", "--backend", "lucky", "--task", task, "--seed")
    harness(*run, 1, folder=tmp_path, paths=[site])
    source = site / "lucky" / "__init__.py"
    source.write_text(LUCKY.replace('("O",)', '("B-PER",)'), encoding="utf-8")
    harness(*run, 2, folder=tmp_path, paths=[site])
    table = build(reader.read([tmp_path / "results"]), published=False)
    assert [row.name for row in rows_of(table)] == ["lucky", "lucky #2"]
    out, _ = called("leaderboard", "results", folder=tmp_path)
    assert "DIFFERS: one code for each distribution" in out


@pytest.mark.slow
def test_a_changed_line_is_run_again_and_no_stale_folder_answers_for_it(task, offer, tmp_path):
    site = offer("lucky", LUCKY)
    run = ("run", "--backend", "lucky", "--task", task, "--seed", 1)
    harness(*run, folder=tmp_path, paths=[site])
    (site / "lucky" / "__init__.py").write_text(LUCKY.replace('("O",)', '("B-PER",)'))
    _, messages = harness(*run, folder=tmp_path, paths=[site])
    assert "done before" not in messages


MEDDLING = LUCKY.replace(
    "    def fit(self, train, dev):\n",
    "    def fit(self, train, dev):\n"
    "        import pathlib\n"
    "        path = pathlib.Path(__file__)\n"
    "        path.write_text(path.read_text() + '# one line more\\n')\n",
)


@pytest.mark.slow
def test_code_that_changes_while_it_runs_is_not_recorded_and_not_ranked(task, offer, tmp_path):
    site = offer("meddling", MEDDLING)
    out, _ = harness("run", "--backend", "meddling", "--task", task, "--seed", 1,
                     folder=tmp_path, paths=[site])  # fmt: skip
    assert "code of the harness (recorded): not recorded" in out
    assert "Not ranked, since it is not recorded" in out


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("code", "harness"), "0" * 64),
        (("code", "backend"), "0" * 64),
        (("versions", "torch"), "2.11.0"),
        (("versions", "what-a-plugin-needs"), "1.0"),
    ],
    ids=["harness", "backend", "torch", "another library"],
)
def test_seeds_of_two_codes_are_two_rows(tmp_path, keys, value):
    write_row(tmp_path, "bert-crf", (13, 42), planned_seeds=(13, 42), sentences=6)
    (path,) = tmp_path.glob("*/*_s42/run.json")
    change(path, *keys, to=value)
    assert len(rows_of(build(reader.read([tmp_path]), published=False))) == 2


def test_rows_of_two_training_loops_are_not_ranked_together(tmp_path):
    for backend in ("bert-crf", "electra"):
        write_row(tmp_path, backend, (13, 42), planned_seeds=(13, 42), sentences=6)
    for path in tmp_path.glob("*/*/run.json"):
        if '"electra"' in path.read_text(encoding="utf-8"):
            change(path, "code", "backend", to="0" * 64)
    ranked, apart = build(reader.read([tmp_path]), published=False).blocks
    assert len(ranked.rows) == len(apart.rows) == 1
    assert "code of the built-in backends" in apart.captions[0]


def test_a_plugin_has_code_of_its_own_and_is_ranked_with_the_others(tmp_path):
    write_row(tmp_path, "bert-crf", (13, 42), planned_seeds=(13, 42), sentences=6)
    write_row(tmp_path, "theirs", (13, 42), planned_seeds=(13, 42), sentences=6,
              origin={"distribution": "theirs"})  # fmt: skip
    for path in tmp_path.glob("*/*/run.json"):
        if '"theirs"' in path.read_text(encoding="utf-8"):
            change(path, "code", "backend", to="1" * 64)
    (ranked,) = build(reader.read([tmp_path]), published=False).blocks
    assert len(ranked.rows) == 2
    lines = {check.name: check for check in ranked.certificate}
    assert lines["one code for each distribution"].ok


def test_records_of_before_say_not_recorded_and_equal_nothing(tmp_path):
    for backend in ("bert-crf", "electra"):
        write_row(tmp_path, backend, (13, 42), planned_seeds=(13, 42), sentences=6)
    for path in tmp_path.glob("*/*/run.json"):
        for key in ("code", "training", "trials"):
            change(path, key, to=None)
        change(path, "data", "overlap", to=None)
    table = build(reader.read([tmp_path]), published=False)
    assert all(block.kind == "apart" for block in table.blocks)
    lines = {check.name: check for check in table.blocks[0].certificate}
    for name in ("code of the harness", "overlap of test, dev and train"):
        assert (lines[name].ok, lines[name].value) == (False, "not recorded")
    assert (lines["trials of tuning"].ok, lines["trials of tuning"].value) == (
        False, "not measured",
    )  # fmt: skip
    assert dict(lines["end of training"].differing).popitem()[1] == "not recorded"
