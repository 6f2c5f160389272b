"""One definition of a row: what is two rows in the table is two rows in every other place."""

import json
import re
from dataclasses import replace

import pytest
from stored_runs import SETTINGS, write_row, write_run

from harness import analysis
from harness.analysis.comparison import compare
from harness.analysis.suspects import independence
from harness.analysis.system_answers import answers_by_system
from harness.comparability import groups, systems
from harness.errors import DataError
from harness.leaderboard.build import build
from harness.report.figures import scores
from harness.report.page import data_block
from harness.report.room import PAGE
from harness.results import reader, verify

APART = {
    "precision": {"precision": "bf16"},
    "options": {"options": {"epochs": 9}},
    "weights": {"weights": "hfl/electra"},
    "windows": {"settings": SETTINGS | {"window_limit": 128}},
    "harness": {"harness": "0.2.0"},
    "bytes": {"training_digests": ("0" * 64,)},
}


@pytest.fixture(params=APART)
def folder(request, tmp_path):
    """Three seeds of a backend, and three that differ from them in one thing."""
    write_row(tmp_path, "bert-crf", sentences=12)
    write_row(tmp_path, "bert-crf", sentences=12, **APART[request.param])
    return tmp_path


@pytest.fixture
def runs(folder):
    return analysis.load_all([folder])


def test_the_table_has_two_rows_of_three_seeds(folder):
    table = build(reader.read([folder]), published=False)
    made = [row for block in table.blocks for row in block.rows]
    assert len({row.name for row in made}) == 2


def test_the_rows_of_the_analysis_are_those_of_the_table(runs):
    held = answers_by_system(runs)
    assert [[run.run.seed for run in row.runs] for row in held] == [[13, 42, 87]] * 2
    assert len({row.name for row in held}) == 2
    assert len({json.dumps(run.run.model_dump()["options"]) for run in held[0].runs}) == 1


def test_compare_sets_the_two_rows_against_each_other(runs):
    assert len(set(compare(runs).names)) == 2


def test_each_of_the_two_rows_has_a_vote_of_its_own_among_the_suspects(runs):
    assert len(independence(answers_by_system(runs))) == 2


def test_the_page_tells_the_two_rows_apart(runs):
    [study] = json.loads(data_block([answers_by_system(runs)], PAGE))
    assert len(set(study["rows"])) == 2
    assert [row for row, _ in study["runs"]] == [0, 0, 0, 1, 1, 1]


def test_a_figure_has_a_line_for_each_of_the_two_rows(runs):
    drawn = scores.seeds(answers_by_system(runs)).svg.decode()
    assert len(re.findall("bert-crf", drawn)) >= 2


def test_a_seed_that_is_there_twice_counts_once_and_is_listed(tmp_path):
    write_run(tmp_path / "a", sentences=6)
    write_run(tmp_path / "b", sentences=6, digest="0" * 64)
    found = analysis.find_finished([tmp_path])
    assert len(found.runs) == 1
    assert "seed 13 of this row is already in" in found.rejected[0].notice


def test_a_seed_that_is_there_twice_is_no_second_opinion(tmp_path):
    [run] = analysis.load_all([write_run(tmp_path, sentences=6)])
    with pytest.raises(DataError, match="#13 is there twice"):
        answers_by_system([run, replace(run)])


def test_rows_of_one_kind_are_compared_once(tmp_path, monkeypatch):
    """The rows of a large leaderboard differ in their options: who reads alike stands alike."""
    for number in range(12):
        for seed in (1, 2):
            write_run(tmp_path, "bert-crf", seed, variant=f"x={number}", sentences=6,
                      planned_seeds=(1, 2), digest=f"{number} {seed}")  # fmt: skip
    write_row(tmp_path, "bert-softmax", (1, 2), precision="bf16", sentences=6, planned_seeds=(1, 2))
    made, _ = systems.systems(verify.check(reader.read([tmp_path])).runs)
    compared, real = [], groups.may_stand_together
    monkeypatch.setattr(
        groups, "may_stand_together", lambda *both: compared.append(both) or real(*both)
    )
    assert sorted(map(len, groups.groups(made))) == [1, 12]
    assert len(compared) < 20
