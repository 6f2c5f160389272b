import csv
import io
import json
import random

import made_runs
import pytest

from harness.analysis.export import to_csv, to_jsonl
from harness.analysis.suspects import independence, suspects
from harness.analysis.system_answers import answers_by_system
from harness.analysis.taxonomy import overlap
from harness.core import Example, Sentence, Span
from harness.tags import encode

BACKENDS = (
    made_runs.System("bert-crf", 0.10, 0.4),
    made_runs.System("bert-softmax", 0.11, 0.4),
    made_runs.System("electra", 0.14, 0.4),
    made_runs.System("t5", 0.2, 0.3),
    made_runs.System("gpt", 0.22, 0.3),
)


def planted(examples, share, seed):
    """``examples`` with errors in a share of the gold entities, and where they are."""
    draw = random.Random(seed)
    wrong, places = [], set()
    for example in examples:
        spans = []
        for span in example.spans:
            if draw.random() >= share:
                spans.append(span)
                continue
            places.add((example.sentence.id, span.start, span.end))
            spans += spoiled(span, draw)
        wrong.append(Example(example.sentence, tuple(spans)))
    return wrong, places


def spoiled(span, draw):
    """What a tired annotator makes of an entity."""
    kind = draw.choice(("dropped", "type", "short"))
    if kind == "type" or len(span) == 1:
        others = [label for label in made_runs.LABELS if label != span.label]
        return [Span(span.start, span.end, draw.choice(others))]
    return [Span(span.start, span.end - 1, span.label)] if kind == "short" else []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_precision_at_50_with_two_percent_of_planted_errors(seed):
    true = made_runs.examples(1500, seed)
    gold, places = planted(true, 0.02, seed)
    runs = [
        made_runs.answers(
            [
                made_runs.prediction(shown, system.answer(example, seed))
                for shown, example in zip(gold, true, strict=True)
            ],
            system.name, seed,
        )
        for system in BACKENDS
        for seed in (1, 2)
    ]  # fmt: skip
    assert len(places) > 50
    first = suspects(runs)[:50]
    hits = sum(
        any(
            identity == one.prediction.id and overlap(span, Span(start, end, "x"))
            for identity, start, end in places
            for span in one.gold + one.suggested
        )
        for one in first
    )
    assert hits / 50 >= 0.6


EXAMPLE = Example(Sentence("s", tuple("𠮷田在=松岭说好")), (Span(0, 2, "ORG"), Span(6, 7, "PER")))


def run(backend, *found, seed=1, example=EXAMPLE):
    tags = encode([Span(*span) for span in found], len(example.sentence))
    return made_runs.answers([made_runs.prediction(example, tags)], backend, seed)


def test_a_claim_is_a_change_a_new_entity_or_a_removal():
    found = [(0, 2, "PER"), (4, 6, "LOC")]
    claims = {(one.gold, one.suggested) for one in suspects([run("a", *found), run("b", *found)])}
    assert claims == {
        ((Span(0, 2, "ORG"),), (Span(0, 2, "PER"),)),
        ((), (Span(4, 6, "LOC"),)),
        ((Span(6, 7, "PER"),), ()),
    }


def test_what_few_say_is_no_suspicion_and_votes_are_kept():
    right = [(0, 2, "ORG"), (6, 7, "PER")]
    said = [(0, 2, "PER"), (6, 7, "PER")]
    runs = [run("a", *said, seed=1), run("a", *right, seed=2), run("b", *right), run("c", *right)]
    assert suspects(runs) == []
    (one,) = suspects([run("a", *said), run("b", *said), run("c", *right)])
    assert one.votes == {"a": 1.0, "b": 1.0}


def test_copies_of_one_backend_weigh_as_much_as_one():
    examples = made_runs.examples(200, 5)

    def answered(name, system):
        tags = [system.answer(example, 1) for example in examples]
        given = map(made_runs.prediction, examples, tags)
        return made_runs.answers(list(given), name)

    one, other = made_runs.System("x", 0.3, 0.0), made_runs.System("y", 0.3, 0.0)
    runs = [answered("a", one), answered("copy", one), answered("b", other)]
    weights = independence(answers_by_system(runs))
    assert weights["a"] == weights["copy"] == pytest.approx(0.5, abs=0.06)
    assert weights["b"] > 0.85


def test_the_weight_of_a_backend_without_errors_is_defined():
    perfect = [(span.start, span.end, span.label) for span in EXAMPLE.spans]
    assert independence(answers_by_system([run("a", *perfect), run("b", *perfect)])) == {
        "a": 1.0,
        "b": 1.0,
    }


def test_equal_support_is_ranked_by_what_the_rest_of_the_data_say():
    texts = ["松岭好", "松岭美", "河东好"]
    gold = [Span(0, 2, "PER"), Span(0, 2, "LOC"), Span(0, 2, "PER")]
    examples = [
        Example(Sentence(str(index), tuple(text)), (span,))
        for index, (text, span) in enumerate(zip(texts, gold, strict=True))
    ]
    tags = encode([Span(0, 2, "LOC")], 3)
    given = [made_runs.prediction(example, tags) for example in examples]
    found = suspects([made_runs.answers(given, name) for name in "ab"])
    assert [one.prediction.id for one in found] == ["0", "2"]
    assert found[0].consistency > found[1].consistency


def test_the_jsonl_holds_offsets_in_code_points():
    found = suspects([run("a", (0, 2, "PER"), (6, 7, "PER")), run("b", (0, 2, "PER"))])
    entries = [json.loads(line) for line in to_jsonl(found).split("\n") if line]
    assert entries[0]["text"] == "𠮷田在=松岭说好"
    assert entries[0]["suggested"] == [{"start": 0, "end": 2, "label": "PER", "text": "𠮷田"}]
    assert entries[0]["label"] == [[0, 2, "ORG"], [6, 7, "PER"]]
    for entry in entries:
        for span in entry["gold"] + entry["suggested"]:
            assert entry["text"][span["start"] : span["end"]] == span["text"]


def test_the_csv_holds_no_formula_and_survives_a_reader():
    example = Example(Sentence("s", tuple('=SUM("A",1)')), ())
    found = suspects([run(name, (0, 4, "PER"), example=example) for name in "ab"])
    (header, row) = csv.reader(io.StringIO(to_csv(found)))
    assert header[0] == "rank"
    assert row[-1] == '\'=SUM("A",1)'
    told = dict(zip(header, row, strict=True))
    assert told["suggested"] == "'=SUM PER 0:4"
    assert told["task"] == found[0].task != ""
