"""Levels of an error analysis set side by side: the same gold, drawn as the table draws it."""

import warnings
from dataclasses import replace

import pytest
from made_runs import System, answers, examples, prediction

from harness.analysis import FinishedRun
from harness.analysis.comparison import compare
from harness.analysis.summary import analyse
from harness.analysis.system_answers import answers_by_system
from harness.analysis.system_levels import same_gold
from harness.report.sentences import buckets_of
from harness.report.tables import tables
from harness.report.wording import AS_WRITTEN

SEEDS = (13, 42, 87)


def row(name, rate=0.3, number=60, **change):
    """Three runs of a system; ``change`` gives fields of a prediction by its place and its seed."""
    system = System(name, rate)
    runs = []
    for seed in SEEDS:
        made = [prediction(one, system.answer(one, seed)) for one in examples(number, 8)]
        fields = [{key: of(place, seed) for key, of in change.items()} for place in range(number)]
        changed = [one.model_copy(update=new) for one, new in zip(made, fields, strict=True)]
        runs.append(answers(changed, name, seed))
    return runs


def levels_of(found, bucket):
    return [one for one in found.levels if one.bucket == bucket]


def cut(place, _seed):
    return (9,) if place % 3 else ()


def test_a_level_that_holds_other_gold_for_each_row_is_not_compared():
    whole, parts = row("whole"), row("parts", 0.1, borders=cut)
    assert levels_of(compare([*parts, *whole]), "edge") == []
    assert levels_of(compare([*row("other", borders=cut), *parts]), "edge")  # windows agree
    repaired = row("repaired", repairs=lambda place, seed: {"overlap": (place + seed) % 2})
    assert levels_of(compare([*repaired, *whole]), "repair") == []


def test_side_by_side_such_a_level_says_its_own_number_of_entities():
    whole, parts = row("whole"), row("parts", 0.1, borders=cut)
    held = answers_by_system([*whole, *parts])
    rows = {(one.title, one.level): one for one in tables(held, held, AS_WRITTEN).buckets}
    both = rows["units to a window edge", "one window"].cells
    assert all("; n = " in interval for _, interval in both)
    assert both[0][1].split("n = ")[1] != both[1][1].split("n = ")[1]
    assert not any("n = " in interval for _, interval in rows["type", "PER"].cells)


def test_sentences_are_not_filtered_by_windows_that_only_one_row_had():
    names = [one.name for one in buckets_of([*row("whole"), *row("parts", borders=cut)])]
    assert "edge" not in names
    assert "edge" in [one.name for one in buckets_of([*row("whole"), *row("other")])]


def test_a_level_without_gold_for_one_seed_is_not_scored_and_warns_of_nothing():
    uneven = row("uneven", repairs=lambda place, seed: {"overlap": int(seed == 13 and place < 5)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        [held] = answers_by_system(uneven)
        scores = {one.level: one for one in held.scores if one.bucket == "repair"}
    assert set(scores) == {"as answered"}
    assert scores["as answered"].f1 == pytest.approx(sum(scores["as answered"].seeds) / 3)


def test_the_tests_of_levels_swap_documents_where_these_are_known():
    def in_documents(number):
        place_of = {"document": lambda place, _: f"document {place % number}"}
        return [*row("one", 0.05, **place_of), *row("two", 0.7, **place_of)]

    assert min(one.p for one in compare([*row("one", 0.05), *row("two", 0.7)]).levels) < 0.05
    assert all(one.p == 1 for one in compare(in_documents(1)).levels)
    assert min(one.p for one in compare(in_documents(4)).levels) >= 0.125


def test_levels_are_drawn_alike_whichever_of_two_rows_names_the_documents():
    def in_documents(name, rate, number):
        return row(name, rate, document=lambda place, _: f"document {place % number}")

    named, coarse = in_documents("one", 0.05, 4), in_documents("two", 0.7, 1)
    for pair in ([*named, *coarse], [*coarse, *named], [*row("first", 0.05), *coarse]):
        assert all(one.p == 1 for one in compare(pair).levels)


def test_intervals_of_levels_draw_documents_where_these_are_known():
    spread = row("one", document=lambda place, _: f"document {place // 12}")
    [held], [alone] = answers_by_system(spread), answers_by_system(row("one"))
    wide, narrow = ({(x.bucket, x.level): x.high - x.low for x in y.scores} for y in (held, alone))
    assert wide.keys() == narrow.keys()
    assert sum(wide.values()) > sum(narrow.values())
    run: FinishedRun = spread[0]
    undocumented = replace(run, predictions=row("one")[0].predictions)
    assert analyse(run).buckets != analyse(undocumented).buckets


def test_gold_is_the_same_where_each_sentence_holds_as_much_of_it():
    [one], [other] = (answers_by_system(row(name)) for name in ("one", "two"))
    key = ("type", "PER")
    assert same_gold([one.levels[key], other.levels[key]])
    assert not same_gold([one.levels[key], other.levels["type", "LOC"]])
