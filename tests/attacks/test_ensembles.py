"""An ensemble is no way round a line: what any of its members read, it has read."""

import json

import pytest
from made_runs import examples, metrics, prediction
from program import called
from stored_runs import NO_OVERLAP, change, write_row

from harness import api
from harness.analysis import FACTS, load_all, train_facts
from harness.archive.data_of_members import data_of_all, seen_by_any
from harness.data.overlap import Overlap
from harness.results import hashes, reader, verify
from harness.results.record import Prediction
from harness.results.run_record import Data
from harness.results.store import COMPLETE, PREDICTIONS, RUN

SENTENCES = 60


@pytest.fixture
def folder(tmp_path):
    """Two systems, the first by name after a part of train that has 2 of the test sentences."""
    for name in ("bert-crf", "dictionary"):
        write_row(tmp_path / "results", name, rate=0.3, sentences=SENTENCES)
    read(tmp_path, "bert-crf", sentences=10, seen=range(2), train_share=0.02, train_draw=0)
    read(tmp_path, "dictionary", sentences=520, seen=range(SENTENCES), train_share=1.0)
    return tmp_path


def read(folder, backend, sentences, seen, nearly=0, **settings):
    """Let ``backend`` have learned from so many sentences, with the ``seen`` ones of test."""
    for path in (folder / "results").rglob(RUN):
        if json.loads(path.read_text(encoding="utf-8"))["backend"] == backend:
            mark(path.with_name(PREDICTIONS), seen)
            told = Overlap("test", "train", SENTENCES, len(seen) - nearly, nearly, 9, 5)
            change(path, "data", "overlap",
                   to=[{name: getattr(one, name) for name in Overlap.__slots__}
                       for one in (told, *NO_OVERLAP[1:])])  # fmt: skip
            change(path, "data", "sentences", "train", to=sentences)
            for name, value in settings.items():
                change(path, "settings", name, to=value)


def mark(path, seen):
    """Let the answers of a run, and its metrics, say which sentences are in its train."""
    lines = path.read_text(encoding="utf-8").splitlines()
    answers = [
        Prediction.model_validate_json(line).model_copy(update={"seen": place in seen})
        for place, line in enumerate(lines)
    ]
    path.write_bytes("".join(one.model_dump_json() + "\n" for one in answers).encode())
    unseen = metrics([one for one in answers if not one.seen]).types["conlleval"]
    claimed = metrics(answers).model_copy(update={"unseen": unseen})
    path.with_name(COMPLETE).write_text(claimed.model_dump_json(), encoding="utf-8")


def vote(folder):
    called("vote", "results", "-o", "votes", folder=folder)
    return verify.check(reader.read([folder / "votes"])).runs


def seen_of(run):
    return [one.seen for one in run.result.answers().predictions]


def table(folder, *parts):
    return api.build_leaderboard(api.read(*(folder / part for part in parts)), published=False)


def line_of(table, name):
    return next(c for block in table.blocks for c in block.certificate if c.name == name)


def test_a_sentence_that_any_member_saw_is_seen(folder):
    [run, *_] = vote(folder)
    assert seen_of(run) == [True] * SENTENCES
    assert sum(map(sum, run.metrics.unseen.values())) == 0


def test_what_all_members_saw_together_is_the_overlap_of_their_ensemble(folder):
    read(folder, "dictionary", sentences=260, seen=range(1, 31), train_share=0.5, train_draw=1)
    [run, *_] = vote(folder)
    assert seen_of(run) == [True] * 31 + [False] * 29
    assert run.run.data.overlap[0].words == "31 of 60 test sentences are in train"


def test_what_a_member_saw_nearly_is_not_called_exact(folder):
    read(folder, "dictionary", sentences=260, seen=range(20), nearly=15)
    [run, *_] = vote(folder)
    assert run.run.data.overlap[0].words == "5 of 60 test sentences are in train, 15 more nearly"


def test_an_ensemble_with_a_member_that_read_the_test_set_is_marked_and_red(folder):
    vote(folder)
    made = table(folder, "votes")
    words = f"{SENTENCES} of {SENTENCES} test sentences are in train"
    [row] = [row for block in made.blocks for row in block.rows]
    assert words in row.notes
    line = line_of(made, "overlap of test, dev and train")
    assert not line.ok
    assert words in line.value


def test_members_that_read_more_or_less_of_train_are_both_read_in_the_certificate(folder):
    vote(folder)
    made = table(folder, "votes")
    assert line_of(made, "sentences per split").value == (
        "dev 50, test 60, train 10 / dev 50, test 60, train 520"
    )
    assert line_of(made, "training").value == "on 2 % (draw 0) of train / on train"
    [row, *_] = vote(folder)
    assert row.run.data.sentences["train"] == 520


def test_an_ensemble_that_hides_what_a_member_saw_is_unsound(folder):
    """As they were made when the first member by name spoke for all."""
    for run in vote(folder):
        first = run.run.members[0].run.data.model_dump()
        change(run.folder / RUN, "data", to=first)
        mark(run.folder / PREDICTIONS, range(2))
    found = verify.check(reader.read([folder / "votes"]))
    assert found.runs == ()
    assert {one.reason for one in found.rejected} == {
        "sentences in train: run.json says 60, predictions.jsonl holds 2"
    }


def test_a_limit_of_any_member_marks_the_ensemble(folder):
    for path in (folder / "results").rglob(RUN):
        if json.loads(path.read_text(encoding="utf-8"))["backend"] == "dictionary":
            change(path, "data", "limit", to=600)
            change(path, "settings", "limit", to=600)
    [run, *_] = vote(folder)
    assert run.run.data.limit == 600
    assert line_of(table(folder, "votes"), "limits").value == "none / 600"


def of_sets(*overlaps):
    """What a member read, whose test is of two sets; None where nobody looked for an overlap."""
    told = tuple(Overlap(part, "train", *counts, 9, 5) for part, *counts in overlaps)
    return Data(task="t", fingerprint="f", policy="conlleval", split="test", support={},
                sentences={"train": 9, "test": 4}, malformed={}, overlap=told or None)  # fmt: skip


def asked(*seen):
    """The sentences of the sets ``near`` and ``far`` in turn: seen, unseen, or not looked at."""
    return [
        prediction(one, "O" * len(one.sentence), seen=known, test_set=name)
        for one, known, name in zip(examples(4), seen, ("near", "far") * 2, strict=True)
    ]


def test_of_several_test_sets_each_has_the_overlap_of_all_members():
    one = of_sets(("test", 4, 1, 0), ("test/near", 2, 1, 0), ("test/far", 2, 0, 0))
    other = of_sets(("test", 4, 1, 0), ("test/near", 2, 0, 0), ("test/far", 2, 1, 0))
    found = data_of_all([one, other], asked(True, True, False, False)).overlap
    assert [(each.part, each.exact) for each in found] == [
        ("test", 2), ("test/near", 1), ("test/far", 1),
    ]  # fmt: skip


def test_where_a_member_did_not_look_the_overlap_is_not_recorded():
    known = of_sets(("test", 4, 1, 0))
    assert data_of_all([known, of_sets()], asked(True, None, None, None)).overlap is None
    sides = [[each] for each in asked(True, False, None, None)]
    assert [seen_by_any(side + sides[2]) for side in sides[:3]] == [True, None, None]


PARTS = {10: train_facts(examples(10)), 520: train_facts(examples(50))}


@pytest.fixture
def known(folder):
    """The same runs, with what their parts of train say of it."""
    for path in (folder / "results").rglob(RUN):
        train = json.loads(path.read_text(encoding="utf-8"))["data"]["sentences"]["train"]
        path.with_name(FACTS).write_text(PARTS[train].to_json(), encoding="utf-8")
    return folder


def test_an_ensemble_knows_of_train_what_a_member_on_all_of_it_knows(known):
    """The part of the first by name is within that, and was taken for all."""
    [run, *_] = vote(known)
    assert run.result.facts() == PARTS[520]


def test_an_ensemble_of_members_on_other_parts_of_train_says_nothing_of_train(known):
    read(known, "dictionary", sentences=520, seen=range(9), train_share=0.5, train_draw=1)
    [run, *_] = vote(known)
    assert run.result.facts() is None
    write_row(known / "more", "t5", rate=0.3, sentences=SENTENCES)
    for path in (known / "more").rglob(RUN):
        path.with_name(FACTS).write_text(PARTS[520].to_json(), encoding="utf-8")
    loaded = load_all([known / "votes", known / "more"])
    assert {one.run.backend: one.facts for one in loaded} == {"vote": None, "t5": PARTS[520]}


def test_an_ensemble_of_members_on_one_part_of_train_knows_that_part(known):
    for backend in ("bert-crf", "dictionary"):
        read(known, backend, sentences=10, seen=range(2), train_share=0.02, train_draw=0)
    for path in (known / "results").rglob(FACTS):
        path.write_text(PARTS[10].to_json(), encoding="utf-8")
    [run, *_] = vote(known)
    assert run.result.facts() == PARTS[10]


def test_members_that_read_the_same_say_what_each_of_them_says(folder):
    read(folder, "bert-crf", sentences=520, seen=range(3), nearly=1)
    read(folder, "dictionary", sentences=520, seen=range(3), nearly=1)
    [run, *_] = vote(folder)
    assert run.run.data == run.run.members[0].run.data == run.run.members[1].run.data
    assert hashes.of_folder(run.folder) == run.result.files
