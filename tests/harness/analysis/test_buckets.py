import made_runs
import pytest

from harness.analysis import TrainFacts, train_facts
from harness.analysis.bucket_table import bucket_counts, bucket_table
from harness.analysis.buckets import BUCKETS, Place, available
from harness.core import Counts, Example, Sentence, Span
from harness.errors import DataError
from harness.statistics.proportion import SMALL


def example(text, *spans):
    return Example(Sentence("s", tuple(text)), tuple(Span(*span) for span in spans))


TRAIN = [
    example("周雨在松岭", (0, 2, "PER"), (3, 5, "LOC")),
    example("松岭队赢了松岭", (0, 2, "ORG"), (5, 7, "LOC")),
    example("Q4财报", (0, 2, "T")),
]
FACTS = train_facts(TRAIN)


def level(name, text, span, borders=(), gold=None, **more):
    spans = [Span(*span)] if gold is None else [Span(*each) for each in gold]
    prediction = made_runs.prediction(
        Example(Sentence("s", tuple(text)), tuple(spans)), ("O",) * len(text),
        borders=borders, **more,
    )  # fmt: skip
    (bucket,) = (bucket for bucket in BUCKETS if bucket.name == name)
    found = bucket.level(Place(Span(*span), prediction, FACTS))
    assert not bucket.levels or found in bucket.levels
    return found


@pytest.mark.parametrize(
    ("name", "text", "span", "expected"),
    [
        ("type", "周雨来", (0, 2, "PER"), "PER"),
        ("length", "周雨来", (0, 1, "PER"), "1"),
        ("length", "周" * 9, (0, 5, "PER"), "4–5"),
        ("length", "周" * 10, (0, 10, "PER"), "10+"),
        ("seen", "周雨来", (0, 2, "PER"), "seen"),
        ("seen", "周雨来", (0, 2, "ORG"), "other type"),
        ("seen", "去松岭", (1, 3, "LOC"), "ambiguous"),
        ("seen", "去桃溪", (1, 3, "LOC"), "unseen"),
        ("frequency", "去松岭", (1, 3, "LOC"), "2–4"),
        ("frequency", "周雨来", (0, 2, "PER"), "1"),
        ("frequency", "去桃溪", (1, 3, "LOC"), "0"),
        ("consistency", "去松岭", (1, 3, "LOC"), "half or more"),
        ("consistency", "去松岭", (1, 3, "ORG"), "under half"),
        ("consistency", "去松岭", (1, 3, "PER"), "never"),
        ("consistency", "周雨来", (0, 2, "PER"), "always"),
        ("sentence", "周" * 25, (0, 2, "PER"), "11–25"),
        ("density", "周雨来了", (0, 2, "PER"), "26–50 %"),
        ("position", "周雨来了吗", (0, 2, "PER"), "first unit"),
        ("position", "他说周雨来", (2, 4, "PER"), "middle third"),
        ("new units", "去桃溪", (1, 3, "LOC"), "2+"),
        ("new units", "去松溪", (1, 3, "LOC"), "1"),
        ("script", "在3号", (1, 3, "LOC"), "digits"),
        ("script", "在３号", (1, 3, "LOC"), "digits"),
        ("script", "Q4好", (0, 2, "T"), "digits and Latin"),
        ("script", "Bo好", (0, 2, "PER"), "Latin"),
        ("script", "Ｂｏ好", (0, 2, "PER"), "Latin"),
        ("script", "松岭好", (0, 2, "LOC"), "neither"),
        ("edge", "松岭好", (0, 2, "LOC"), "one window"),
        ("repair", "松岭好", (0, 2, "LOC"), "as answered"),
    ],
)
def test_a_level_is_read_off_the_span_and_its_sentence(name, text, span, expected):
    assert level(name, text, span) == expected


@pytest.mark.parametrize(
    ("border", "expected"), [(4, "across"), (5, "1–2"), (8, "3–8"), (20, "9–32"), (38, "33+")]
)
def test_the_distance_to_a_window_edge(border, expected):
    assert level("edge", "字" * 40, (3, 5, "LOC"), borders=(border,)) == expected


def test_a_repaired_sentence_and_a_density_of_gold_elsewhere():
    assert level("repair", "松岭好", (0, 2, "LOC"), repairs={"loop": 1}) == "repaired"
    assert level("repair", "松岭好", (0, 2, "LOC"), repairs={"loop": 0}) == "as answered"
    assert level("density", "松岭好", (0, 2, "LOC"), gold=[]) == "0 %"


def test_at_least_twelve_buckets_and_seven_without_train_facts():
    assert len(available(FACTS)) >= 12
    assert all(not bucket.asks_train for bucket in available(None))
    assert len(available(None)) >= 7


def test_the_levels_of_a_bucket_add_up_to_the_scorers_counts():
    for run in made_runs.study([made_runs.System("a", 0.3)], seeds=(1,)):
        table, total = bucket_table(run), run.metrics.micro()
        assert {row.bucket for row in table} == {bucket.name for bucket in BUCKETS}
        for bucket in BUCKETS:
            rows = [row.counts for row in table if row.bucket == bucket.name]
            assert sum(rows, Counts()) == total


def test_the_types_bucket_equals_the_scores_by_type():
    (run,) = made_runs.study([made_runs.System("a", 0.3)], seeds=(1,))
    by_type = {row.level: row.counts for row in bucket_table(run) if row.bucket == "type"}
    assert by_type == run.metrics.counts()


def test_intervals_hold_the_score_and_small_levels_are_marked():
    (run,) = made_runs.study([made_runs.System("a", 0.3)], number=200, seeds=(1,))
    for row in bucket_table(run):
        assert row.small == (row.n < SMALL)
        if not row.small:
            assert row.f1_interval[0] <= row.counts.f1 <= row.f1_interval[1]
            assert row.recall_interval[0] <= row.counts.recall <= row.recall_interval[1]


def test_without_facts_the_train_buckets_are_left_out():
    run = made_runs.answers([made_runs.prediction(TRAIN[0], ("O",) * 5)])
    assert {bucket for bucket, _ in bucket_counts([run])[0]}.isdisjoint({"seen", "frequency"})


def test_facts_survive_json_and_equal_data_give_equal_bytes():
    facts = train_facts([*TRAIN, Example(Sentence("w", ("New", "York", "𠮷"), " "), ())])
    again = TrainFacts.from_json(facts.to_json())
    assert again == facts
    assert again.to_json() == facts.to_json()
    assert facts.lengths == {5: 1, 7: 1, 4: 1, 3: 1}
    assert facts.transitions["O"]["B-PER"] == 1
    assert facts.labels == {"PER": 1, "LOC": 2, "ORG": 1, "T": 1}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"characters": "a"}'])
def test_a_damaged_facts_file_is_refused(text):
    with pytest.raises(DataError, match=r"train_facts\.json"):
        TrainFacts.from_json(text)
