from dataclasses import replace

import made_runs
import pytest

from harness.analysis.comparison import compare
from harness.analysis.system_answers import answers_by_system
from harness.core import Counts, Example, Sentence, Span
from harness.errors import DataError
from harness.tags import encode

GOLD = (Span(0, 2, "PER"), Span(3, 5, "LOC"), Span(6, 8, "ORG"), Span(9, 11, "T"))
EXAMPLE = Example(Sentence("s", tuple("字" * 14)), GOLD)


def run(backend, *found, seed=1, example=EXAMPLE):
    tags = encode([Span(*span) for span in found], len(example.sentence))
    return made_runs.answers([made_runs.prediction(example, tags)], backend, seed)


def test_every_instance_has_one_verdict():
    one = run("a", (0, 2, "PER"), (3, 5, "LOC"), (6, 7, "ORG"), (9, 11, "PER"), (12, 13, "T"))
    other = run("b", (0, 2, "PER"), (6, 7, "ORG"), (9, 10, "T"), (13, 14, "T"))
    found = compare([one, other])
    (pair,) = found.differences
    assert (pair.both_right, pair.only_first, pair.only_second) == (1, 1, 0)
    assert (pair.wrong_alike, pair.wrong_differently) == (1, 1)
    assert (pair.invented_by_first, pair.invented_by_second, pair.invented_by_both) == (1, 1, 0)
    assert pair.sentences == 1
    assert found.union == Counts(2, 5, 2)
    assert found.intersection == Counts(1, 1, 3)
    assert found.complementarity == ((0.0, 0.0), (1 / 3, 0.0))


def test_a_row_says_what_most_of_its_seeds_say():
    runs = [
        run("a", (0, 2, "PER"), (3, 5, "LOC"), seed=1),
        run("a", (0, 2, "PER"), (3, 6, "LOC"), seed=2),
        run("a", (0, 3, "PER"), (3, 5, "LOC"), seed=3),
        run("b", seed=1),
    ]
    first, second = answers_by_system(runs)
    assert first.found == ((Span(0, 2, "PER"), Span(3, 5, "LOC")),)
    assert second.found == ((),)


def named(backend, preset, variant):
    given = run(backend)
    record = given.run.model_copy(update={"preset": preset, "variant": variant})
    return replace(given, run=record)


def test_rows_are_named_by_what_tells_them_apart():
    runs = [
        named("a chat model", "default", "read back"),
        named("t5", "tiny", "epochs=12"),
        named("t5", "tiny", "epochs=12 free"),
        named("gpt", "tiny", ""),
        named("gpt", "base", ""),
    ]
    names = [row.name for row in answers_by_system(runs)]
    assert names == ["a chat model", "t5", "t5 free", "gpt tiny", "gpt base"]


def test_a_level_that_holds_all_of_the_gold_is_no_place_to_differ():
    found = compare([run("a", (0, 2, "PER")), run("b", (3, 5, "LOC"))])
    assert {level.bucket for level in found.levels} == {"type", "position"}


def test_only_the_same_gold_can_be_compared():
    other = Example(EXAMPLE.sentence, GOLD[:2])
    with pytest.raises(DataError, match="same data"):
        compare([run("a"), run("b", example=other)])


def test_one_system_is_no_comparison():
    with pytest.raises(DataError, match="two systems"):
        compare([run("a", seed=1), run("a", seed=2)])


def test_verdicts_add_up_to_the_gold_and_differences_to_the_scores():
    runs = made_runs.study([made_runs.System("a", 0.2), made_runs.System("b", 0.4)], seeds=(1,))
    found = compare(runs)
    (pair,) = found.differences
    support = runs[0].metrics.micro().support
    verdicts = (pair.both_right, pair.only_first, pair.only_second)
    assert sum((*verdicts, pair.wrong_alike, pair.wrong_differently)) == support
    assert pair.both_right + pair.only_first == runs[0].metrics.micro().tp
    by_type = {level.level: level for level in found.levels if level.bucket == "type"}
    for label, level in by_type.items():
        gap = runs[0].metrics.counts()[label].f1 - runs[1].metrics.counts()[label].f1
        assert level.difference == pytest.approx(gap)
        assert level.n == runs[0].metrics.counts()[label].support


def test_a_large_difference_is_significant_and_none_is_not():
    better, worse = made_runs.System("a", 0.02), made_runs.System("b", 0.5)
    found = compare(made_runs.study([better, worse], number=120, seeds=(1,)))
    lengths = [level for level in found.levels if level.bucket == "length" and not level.small]
    assert all(level.difference > 0 for level in lengths)
    assert max(level.p for level in lengths) < 0.05
    same = [run("a", (0, 2, "PER")), run("b", (0, 2, "PER"))]
    assert all(level.p == 1.0 for level in compare(same).levels)
