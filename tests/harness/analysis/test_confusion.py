from itertools import chain

import made_runs
import pytest

from harness.analysis.confusion import by_tag, by_type
from harness.analysis.taxonomy import cases
from harness.core import Example, Sentence, Span
from harness.tags import encode


def prediction(gold, found, size=10):
    example = Example(Sentence("s", tuple("字" * size)), tuple(Span(*span) for span in gold))
    return made_runs.prediction(example, encode([Span(*span) for span in found], size))


def test_by_type_with_missed_and_spurious():
    one = prediction([(0, 2, "PER"), (3, 5, "PER"), (6, 8, "LOC")], [(0, 2, "LOC"), (9, 10, "PER")])
    matrix = by_type(cases(one), ("PER", "LOC"))
    assert matrix.names == ("PER", "LOC", "O")
    assert matrix.rows == ((0, 1, 1), (0, 0, 1), (1, 0, 0))
    assert matrix.shares[0] == (0.0, 0.5, 0.5)


def test_rows_and_columns_sum_to_gold_and_found():
    (run,) = made_runs.study([made_runs.System("a", 0.4)], seeds=(1,))
    judged = chain.from_iterable(map(cases, run.predictions))
    matrix = by_type(judged, run.labels)
    for position, label in enumerate(run.labels):
        counts = run.metrics.counts()[label]
        assert sum(matrix.rows[position]) == counts.support
        assert sum(row[position] for row in matrix.rows) == counts.tp + counts.fp


def test_by_tag_counts_every_unit_and_rows_are_normalised():
    (run,) = made_runs.study([made_runs.System("a", 0.4)], seeds=(1,))
    matrix = by_tag(run.predictions, run.labels)
    assert matrix.names[0] == "O"
    assert sum(map(sum, matrix.rows)) == run.metrics.units
    diagonal = sum(matrix.rows[i][i] for i in range(len(matrix.names)))
    assert diagonal == run.metrics.correct_units
    for row in matrix.shares:
        assert row[0] is None or sum(row) == pytest.approx(1)


def test_a_label_outside_the_set_has_its_own_row():
    one = prediction([(0, 2, "PER")], [(0, 2, "MISC")])
    assert by_tag([one], ("PER",)).names == ("O", "B-PER", "I-PER", "B-MISC", "I-MISC")
    assert by_type(cases(one), made_runs.answers([one], labels=("PER",)).labels).rows[0][1] == 1
