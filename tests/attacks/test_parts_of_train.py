"""Runs that learned from other parts of train: each is judged by what it learned from itself."""

from dataclasses import replace

import made_runs
import pytest
from made_runs import System, answers, examples, prediction

from harness.analysis import load_all, train_facts
from harness.analysis.answers import read_most
from harness.analysis.comparison import compare
from harness.analysis.summary import analyse
from harness.analysis.suspects import suspects
from harness.analysis.system_answers import answers_by_system
from harness.report import figures
from harness.report.sentences import buckets_of
from harness.report.tables import tables
from harness.report.wording import AS_WRITTEN

SEEDS = (13, 42)
TRAIN = examples(90, seed=7)
WHOLE, PART = train_facts(TRAIN), train_facts(TRAIN[:3])
OF_TRAIN = {"seen", "frequency", "consistency", "new units"}


def row(name, facts, **settings):
    """Two runs of a system that learned from the sentences that ``facts`` count."""
    runs = []
    for seed in SEEDS:
        told = [prediction(one, System(name, 0.3).answer(one, seed)) for one in examples(60, 8)]
        run = answers(told, name, seed, facts=facts)
        runs.append(replace(run, run=run.run.model_copy(update={"settings": settings})))
    return runs


def stored(folder, *runs):
    """The runs as they are read again, all at once."""
    for place, run in enumerate(runs):
        made_runs.store(folder / f"{place:02}", run)
    return load_all([folder])


def buckets_of_train(run):
    return {one for one in analyse(run).buckets if one.bucket in OF_TRAIN}


@pytest.mark.parametrize("turned", [False, True])
def test_a_run_is_judged_by_its_own_part_of_train_whatever_is_read_beside_it(turned, tmp_path):
    one, other = row("crf", PART, train_share=0.1), row("lstm", WHOLE, train_share=1.0)
    runs = stored(tmp_path, *([*other, *one] if turned else [*one, *other]))
    assert {run.name: run.facts for run in runs} == {"crf": PART, "lstm": WHOLE}
    [alone, *_] = [run for run in runs if run.name == "crf"]
    assert buckets_of_train(alone) == buckets_of_train(one[0])


@pytest.mark.parametrize(
    "settings",
    [{"train_share": 0.1, "train_draw": 0}, {"train_share": 0.1, "train_draw": 2}, {}],
    ids=["another share", "another draw", "all of train"],
)
def test_facts_are_lent_by_runs_on_the_same_part_of_train_alone(settings, tmp_path):
    lent = {"train_share": 0.2, "train_draw": 2}
    lacking = [*row("a", None, **lent), *row("b", None, **settings)]
    runs = stored(tmp_path, *lacking, *row("c", PART, **lent))
    assert {run.name: run.facts for run in runs} == {"a": PART, "b": None, "c": PART}


def test_all_of_train_is_one_part_whatever_was_recorded_of_it(tmp_path):
    """An older run has no share in its settings, and the draw of a whole draws nothing."""
    runs = stored(tmp_path, *row("a", None), *row("b", None, train_share=1.0, train_draw=3),
                  *row("c", WHOLE, train_share=1.0, train_draw=0))  # fmt: skip
    assert all(run.facts == WHOLE for run in runs)
    assert all(run.facts is runs[0].facts for run in runs)  # and kept once


def levels_of_train(*runs):
    return {one.bucket for one in compare(runs).levels} & OF_TRAIN


def test_rows_on_other_parts_of_train_are_not_compared_by_what_is_in_it():
    part, whole, same = row("part", PART), row("whole", WHOLE), row("same", WHOLE)
    assert levels_of_train(*whole, *same) >= {"seen", "frequency"}
    assert levels_of_train(*part, *whole) == set()
    assert {one.bucket for one in compare([*part, *whole]).levels} >= {"type", "length"}


def test_of_several_pairs_those_on_the_same_part_are_compared_by_it():
    found = compare([*row("part", PART), *row("whole", WHOLE), *row("same", WHOLE)])
    pairs = {(one.first, one.second) for one in found.levels if one.bucket in OF_TRAIN}
    assert pairs == {("whole", "same")}


def test_where_nobody_knows_what_one_row_learned_from_the_pair_is_not_compared_by_it():
    assert levels_of_train(*row("unknown", None), *row("whole", WHOLE)) == set()


def test_parts_of_train_that_put_the_gold_on_the_same_levels_are_still_two():
    """What is found may lie on others: here the second part has one more name, and no test does."""
    more = replace(WHOLE, mentions={**WHOLE.mentions, "未見": {"PER": 1}})
    assert levels_of_train(*row("one", WHOLE), *row("two", more)) == set()


def test_what_is_told_of_the_data_is_told_by_the_run_that_read_most():
    part, whole, same = row("part", PART), row("whole", WHOLE), row("same", WHOLE)
    assert read_most([*part, *whole, *same]) is whole[0]
    assert read_most(row("unknown", None)).facts is None
    scores = [[one.score for one in suspects(runs)] for runs in ([*part, *whole], [*whole, *part])]
    assert scores[0] == pytest.approx(scores[1])


def test_figures_of_train_are_of_the_run_that_read_most():
    held = answers_by_system([*row("part", PART), *row("whole", WHOLE)])
    labels, lengths, *_ = figures.counted(held)
    assert (labels.name, lengths.name) == ("labels", "lengths")
    assert "90 sentences" in lengths.caption


def test_side_by_side_each_row_has_the_levels_of_its_own_part():
    part, whole = row("part", PART), row("whole", WHOLE)
    held = answers_by_system([*part, *whole])
    rows = {(one.title, one.level): one for one in tables(held, held, AS_WRITTEN).buckets}
    mine, theirs = rows["mention seen in train", "seen"].cells
    assert mine[1].split("n = ")[1] != theirs[1].split("n = ")[1]


def test_sentences_are_not_filtered_by_train_where_rows_learned_from_other_parts():
    part, whole = row("part", PART), row("whole", WHOLE)
    assert OF_TRAIN & {one.name for one in buckets_of([*part, *whole])} == set()
    assert OF_TRAIN - {"new units"} <= {one.name for one in buckets_of([*whole, *row("a", WHOLE)])}
