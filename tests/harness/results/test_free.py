from dataclasses import replace

import made_runs
import pytest

from harness.analysis import analyse, load_all, load_with_free, repairs_by_kind, text
from harness.analysis.system_answers import answers_by_system
from harness.core import Example, Sentence, Span
from harness.errors import DataError
from harness.results import evaluate, store
from harness.results.stored import AnswerFile, digest_of

EXAMPLES = [
    Example(Sentence("s1", tuple("林晓去平湖")), (Span(0, 2, "PER"), Span(3, 5, "LOC"))),
    Example(Sentence("s2", tuple("何雨在家")), (Span(0, 2, "PER"),)),
    Example(Sentence("s3", tuple("天气很好")), ()),
]
RIGHT = [
    made_runs.prediction(EXAMPLES[0], ("B-PER", "I-PER", "O", "B-LOC", "I-LOC")),
    made_runs.prediction(EXAMPLES[1], ("B-PER", "I-PER", "O", "O")),
    made_runs.prediction(EXAMPLES[2], ("O",) * 4),
]
# The first answer was repaired into one right and one wrong entity, the second lost its entity.
WRITTEN = [
    made_runs.prediction(
        EXAMPLES[0], ("B-PER", "I-PER", "O", "B-ORG", "I-ORG"), raw="林 B_PER 晓 I_PER 平 B_ORG",
        raw_tags=("O",) * 5, repairs={"missing_unit": 2, "loop": 1},
    ),
    made_runs.prediction(
        EXAMPLES[1], ("O",) * 4, raw="何 O", raw_tags=("O",) * 4, repairs={"loop": 4},
    ),
    made_runs.prediction(
        EXAMPLES[2], ("O",) * 4, raw="天 O 气 O 很 O 好 O", raw_tags=("O",) * 4,
    ),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    lines = "".join(each.model_dump_json() + "\n" for each in WRITTEN)
    run = made_runs.answers(RIGHT, "t5")
    written = AnswerFile(tuple(WRITTEN), digest_of(lines.encode()))
    gold = evaluate.EvaluationSetup(made_runs.LABELS, "conlleval", "test")
    free = evaluate.count_again(gold, written, written).metrics.free
    run = replace(run, metrics=run.metrics.model_copy(update={"free": free}))
    folder = made_runs.store(tmp_path / "runs" / "t5", run)
    store.write(folder / "free.jsonl", lines)
    return tmp_path / "runs"


def test_free_answers_are_a_row_of_their_own_only_where_asked_for(folder):
    assert [run.name for run in load_all([folder])] == ["t5"]
    runs = load_all([folder], load_with_free)
    assert [row.name for row in answers_by_system(runs)] == ["t5", "t5 free"]
    assert [run.metrics.micro().f1 for run in runs] == [1.0, 0.4]


def test_classes_of_free_answers_add_up_to_the_stored_counts_after_repair(folder):
    scored, free = load_all([folder], load_with_free)
    counted = analyse(free).counts
    stored = scored.metrics.free.repaired.values()
    assert (counted.tp, counted.fp, counted.fn) == tuple(map(sum, zip(*stored, strict=True)))


def test_what_repair_made_is_told_apart_from_what_the_model_missed(folder):
    _, free = load_all([folder], load_with_free)
    kinds = {kind: tally.cases for kind, tally in analyse(free).kinds.items() if tally.cases}
    assert kinds == {"exact": 1, "repair": 1, "missed": 1}


def test_repairs_name_the_shortest_answer_that_needed_them(folder):
    found = repairs_by_kind(WRITTEN)
    assert [(repair.kind, repair.sentences, repair.times) for repair in found] == [
        ("loop", 2, 5), ("missing_unit", 1, 2),
    ]  # fmt: skip
    assert [repair.example.id for repair in found] == ["s2", "s1"]
    assert "何 O" in text.repairs(found)


def test_lost_free_answers_are_named(folder):
    (folder / "t5" / "free.jsonl").write_text("{}\n")
    with pytest.raises(DataError, match=r"free\.jsonl, line 1: .*Field required"):
        load_all([folder], load_with_free)
    (folder / "t5" / "free.jsonl").unlink()
    with pytest.raises(DataError, match=r"free\.jsonl"):
        load_all([folder], load_with_free)
