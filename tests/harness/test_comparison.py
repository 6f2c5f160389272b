import made_runs
import numpy as np
import pytest
from scipy.stats import permutation_test

from harness.analysis.comparison import compare
from harness.analysis.resampling import f1, f1_intervals, holm, paired
from harness.analysis.rows import rows
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
    first, second = rows(runs)
    assert first.found == ((Span(0, 2, "PER"), Span(3, 5, "LOC")),)
    assert second.found == ((),)


def test_only_the_same_gold_can_be_compared():
    other = Example(EXAMPLE.sentence, GOLD[:2])
    with pytest.raises(DataError, match="same data"):
        compare([run("a"), run("b", example=other)])


def test_one_row_is_no_comparison():
    with pytest.raises(DataError, match="two rows"):
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


def test_holm_equals_the_definition():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_the_paired_test_agrees_with_scipy():
    random = np.random.default_rng(1)
    one = random.integers(0, 3, size=(60, 1, 3)).astype(float)
    other = np.clip(one + random.integers(-1, 2, size=one.shape) * [-1, 1, 1], 0, None)
    other[:20] = one[:20]

    rows_of = np.arange(60)

    def statistic(x, y, axis):  # the axis of the pairs is the last of x
        both = np.concatenate([one[:, 0], other[:, 0]])
        return f1(both[x].sum(axis=-2)) - f1(both[y].sum(axis=-2))

    witness = permutation_test(
        (rows_of, rows_of + 60), statistic, permutation_type="samples", vectorized=True,
        n_resamples=4999, rng=np.random.default_rng(2),
    )  # fmt: skip
    assert paired(one, other)[0] == pytest.approx(witness.pvalue, abs=0.03)


def test_the_bootstrap_agrees_with_scipy():
    from scipy.stats import bootstrap

    counts = np.random.default_rng(3).integers(0, 3, size=(80, 1, 3)).astype(float)
    witness = bootstrap(
        (counts[:, 0, 0], counts[:, 0, 1], counts[:, 0, 2]),
        lambda tp, fp, fn, axis: f1(np.stack([side.sum(axis=axis) for side in (tp, fp, fn)], -1)),
        paired=True, vectorized=True, n_resamples=4000, method="percentile",
        rng=np.random.default_rng(4),
    ).confidence_interval  # fmt: skip
    ((low, high),) = f1_intervals(counts, draws=4000)
    assert (low, high) == pytest.approx((witness.low, witness.high), abs=0.01)


def test_an_undefined_score_has_no_interval():
    assert f1_intervals(np.zeros((5, 2, 3))) == [None, None]
    assert f1_intervals(np.zeros((0, 1, 3))) == [None]
