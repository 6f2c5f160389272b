"""An ensemble of stored answers is a row: made without a model, certified through its members."""

import json

import pytest
from program import called
from stored_runs import (
    change,
    f1_of,
    mean_and_deviation,
    name_documents,
    seal,
    write_row,
    write_run,
)

from harness import api
from harness.archive.contributions import contributions
from harness.archive.ensemble import electorate
from harness.archive.voting import Voting
from harness.core import Counts
from harness.results import reader, verify
from harness.results.run_record import Cost, TrainingCourse
from harness.tags import decode

NAMES = ("bert-crf", "electra", "t5")
SENTENCES = 60


@pytest.fixture
def folder(tmp_path):
    for name in NAMES:
        write_row(tmp_path / "results", name, rate=0.3, sentences=SENTENCES)
    return tmp_path


def vote(folder, *more, code=0):
    return called("vote", "results", "-o", "results", *more, folder=folder, code=code)


def votes(folder):
    runs = verify.check(reader.read([folder / "results"])).runs
    return [run for run in runs if run.run.backend == "vote"]


def runs_of(folder, backend):
    runs = verify.check(reader.read([folder / "results"])).runs
    return sorted((r for r in runs if r.run.backend == backend), key=lambda r: r.run.seed)


def table(folder):
    return api.build_leaderboard(api.read(folder / "results"), published=False)


def row_of(table, kind="ranked"):
    """The row of the ensemble in the blocks of ``kind``."""
    rows = [row for block in table.blocks if block.kind == kind for row in block.rows]
    return next((row for row in rows if row.name.startswith("vote of ")), None)


def line_of(table, name):
    """The line of the certificate."""
    return next((c for block in table.blocks for c in block.certificate if c.name == name), None)


def by_hand(folder, names, seed):
    """F1 of the majority of ``names`` with ``seed``, from the files alone."""
    lines = [
        (next(r for r in runs_of(folder, name) if r.run.seed == seed).folder / "predictions.jsonl")
        .read_text(encoding="utf-8")
        .splitlines()
        for name in names
    ]
    total = Counts()
    for each in zip(*lines, strict=True):
        answers = [set(decode(json.loads(line)["tags"])) for line in each]
        gold = {tuple(span) for span in json.loads(each[0])["gold"]}
        kept = {
            (s.start, s.end, s.label)
            for s in set.union(*answers)
            if 2 * sum(s in answer for answer in answers) > len(names)
        }
        total += Counts(len(gold & kept), len(kept - gold), len(gold - kept))
    return total.f1


def test_each_seed_votes_and_the_row_is_ranked_with_its_members(folder):
    vote(folder)
    assert f1_of(folder, "vote") == pytest.approx(
        [by_hand(folder, NAMES, run.run.seed) for run in votes(folder)]
    )
    assert [run.run.seed for run in votes(folder)] == [13, 42, 87]
    row = row_of(table(folder))
    assert row.name == "vote of bert-crf + electra + t5"
    assert row.notes == ()
    called("verify", "results", folder=folder)


def test_systems_that_answer_alike_are_named(folder):
    assert "same answers" not in vote(folder)[1]
    write_row(folder / "results", "bert-crf", rate=0.3, sentences=SENTENCES, preset="copied")
    _, said = vote(folder)
    assert "gave the same answers: theirs are two votes of one system" in said
    assert said.count("bert-crf") == 2


def test_its_certificate_says_what_it_was_made_of(folder):
    vote(folder)
    line = line_of(table(folder), "members of ensembles")
    assert line.ok
    for name in NAMES:
        for run in runs_of(folder, name):
            assert f"seed {run.run.seed} {run.run.digest[:12]}" in line.value
    assert votes(folder)[0].run.members[0].run == runs_of(folder, "bert-crf")[0].run


def test_a_table_without_an_ensemble_has_no_line_about_members(folder):
    assert line_of(table(folder), "members of ensembles") is None


def test_a_member_that_stands_in_the_table_with_another_file_of_answers_is_named(folder):
    vote(folder)
    member = runs_of(folder, "t5")[0].folder
    path = member / "predictions.jsonl"
    path.write_bytes(path.read_bytes().replace(b'{"id":', b'{ "id":', 1))
    change(member / "metrics.json", "predictions_sha256",
           to=reader.one(member).answers().sha256)  # fmt: skip
    line = line_of(table(folder), "members of ensembles")
    words = f"{member.name} holds another file of answers than was put together"
    assert not line.ok
    assert line.differing == (("vote of bert-crf + electra + t5", words),)


def test_it_costs_what_its_members_cost_together(folder):
    vote(folder)
    run, members = votes(folder)[0].run, [runs_of(folder, name)[0].run for name in NAMES]
    assert run.parameters == sum(one.parameters for one in members)
    assert run.cost.seconds["predict"] == sum(one.cost.seconds["predict"] for one in members)
    assert run.cost.predict_peak_bytes == max(one.cost.predict_peak_bytes for one in members)


def test_what_was_measured_on_an_accelerator_is_known_of_the_vote_with_its_source(tmp_path):
    measured = {"train_units": 9, "predict_units": 9, "seconds": {"predict": 1.0}}
    for name, size, source in (("t5", 5, "counter"), ("gpt", 7, "sampled power")):
        cost = Cost(**measured, train_reserved_bytes=size, predict_reserved_bytes=size - 2,
                    joules=10.0 * size, energy_source=source)  # fmt: skip
        write_row(tmp_path / "results", name, rate=0.3, sentences=SENTENCES, cost=cost)
    vote(tmp_path)
    cost = votes(tmp_path)[0].run.cost
    assert (cost.train_reserved_bytes, cost.predict_reserved_bytes) == (7, 5)
    assert (cost.joules, cost.energy_source) == (120.0, "sampled power / counter")


def test_what_each_member_adds_is_the_vote_less_the_vote_of_the_others(folder):
    out, _ = vote(folder)
    line = next(line for line in out.splitlines() if line.startswith("| t5"))
    alone, others, gain = [float(cell) for cell in line.split("|")[2:5]]
    whole, _ = mean_and_deviation([by_hand(folder, NAMES, seed) for seed in (13, 42, 87)])
    rest, _ = mean_and_deviation([by_hand(folder, NAMES[:2], seed) for seed in (13, 42, 87)])
    mine, _ = mean_and_deviation(f1_of(folder, "t5"))
    assert [alone, others, gain] == pytest.approx(
        [100 * mine, 100 * rest, 100 * (whole - rest)], abs=0.006
    )


@pytest.mark.parametrize("naming", ["bert-crf", "t5"])
def test_a_vote_is_drawn_by_documents_whichever_member_names_them(folder, naming):
    for run in runs_of(folder, naming):
        name_documents(run.folder, 1)
    found = contributions(electorate(verify.check(reader.read([folder]))), Voting())
    assert {(one.gain.low, one.gain.high) for one in found.members} == {(-1, 1)}  # one document
    vote(folder)
    assert {run.documents for run in votes(folder)} == {("document 0",) * SENTENCES}


def test_the_best_choice_is_no_system_and_no_row(folder):
    out, _ = vote(folder)
    assert "No systems, since they look at gold" in out
    whole, _ = mean_and_deviation(f1_of(folder, "vote"))
    bounds = [
        float(word.rstrip(".,")) for word in out.splitlines()[-1].split() if word[0].isdigit()
    ]
    assert 100 * whole < bounds[0] < bounds[1] <= 100
    assert {run.run.backend for run in verify.check(reader.read([folder])).runs} == {*NAMES, "vote"}


def test_a_seed_that_a_member_lacks_is_missing_in_the_row(folder):
    lost = runs_of(folder, "electra")[1].folder
    (lost / "metrics.json").unlink()
    vote(folder)
    assert [run.run.seed for run in votes(folder)] == [13, 87]
    assert row_of(table(folder), "apart").notes == ("2 of 3 seeds; 1 missing",)


def damage(folder):
    path = runs_of(folder, "t5")[2].folder / "predictions.jsonl"
    path.write_bytes(path.read_bytes()[:-40])


def test_a_damaged_member_is_refused_and_nothing_is_written(folder):
    damage(folder)
    _, messages = vote(folder, code=3)
    assert "predictions.jsonl, line 60" in messages
    assert "nothing was put together" in messages
    assert votes(folder) == []


def test_members_that_read_other_data_are_refused(folder):
    write_row(folder / "results", "gpt", rate=0.3, sentences=SENTENCES - 1)
    _, messages = vote(folder, code=3)
    assert "answered 60 and 59 sentences" in messages
    write_row(folder / "other", "gpt", task="other", sentences=SENTENCES)
    _, messages = called("vote", "results", "other", folder=folder, code=3)
    assert "only runs on the same data can be compared" in messages


def test_an_ensemble_is_no_member_and_a_vote_taken_again_is_the_same(folder):
    first, _ = vote(folder)
    again, _ = vote(folder)
    assert first == again
    assert len(votes(folder)) == 3


def test_a_vote_needs_two_systems_and_a_seed_of_all(folder, tmp_path):
    write_row(tmp_path / "one", "electra")
    _, messages = called("vote", "one", folder=folder, code=2)
    assert "a vote needs two systems or more, and here is electra" in messages
    write_run(tmp_path / "one", "gpt", 5)
    _, messages = called("vote", "one", folder=folder, code=2)
    assert "electra: 13, 42, 87; gpt: 5" in messages


@pytest.mark.parametrize(("option", "known"), [("--over", "entities, tags"), ("--votes", "dev-f1")])
def test_another_way_to_vote_is_refused(folder, option, known):
    assert known in vote(folder, option, "loudly", code=2)[1]


def test_votes_by_development_f1_are_those_of_the_epoch_that_was_kept(folder):
    for name, f1 in zip(NAMES, (0.9, 0.3, 0.4), strict=True):
        for run in runs_of(folder, name):
            course = TrainingCourse(epochs=3, updates=9, units=9, dev_f1=(0.1, f1, 0.2))
            change(run.folder / "run.json", "training", to=course.model_dump())
            change(run.folder / "run.json", "best_epoch", to=2)
            seal(run.folder)
    vote(folder, "--votes", "dev-f1")
    assert [member.weight for member in votes(folder)[0].run.members] == [0.9, 0.3, 0.4]
    assert f1_of(folder, "vote") == f1_of(folder, "bert-crf")  # its vote outweighs the others
    assert row_of(table(folder)).name == "vote of bert-crf + electra + t5, by dev F1"


def test_a_vote_by_development_f1_names_those_that_have_none(folder):
    write_row(folder / "results", "dictionary", rate=0.3, sentences=SENTENCES, training=None)
    _, messages = vote(folder, "--votes", "dev-f1", code=2)
    assert "no development F1 above 0 is recorded of dictionary" in messages
    assert votes(folder) == []


def test_an_ensemble_with_a_member_of_another_kind_stands_apart_with_the_reason(folder):
    write_row(folder / "results", "gpt", rate=0.3, sentences=SENTENCES, precision="bf16")
    vote(folder)
    assert row_of(table(folder)) is None
    out, _ = called("leaderboard", "results", folder=folder)
    assert "Not ranked, since it differs in precision: fp32 / bf16, above fp32." in out


def test_what_a_member_did_not_record_is_not_recorded_of_the_ensemble(folder):
    write_row(folder / "results", "gpt", rate=0.3, sentences=SENTENCES, code=None)
    vote(folder)
    assert row_of(table(folder)) is None


def test_a_training_that_was_cut_marks_the_ensemble(folder):
    rising = TrainingCourse(epochs=6, updates=9, units=9, dev_f1=(0.1, 0.2, 0.3, 0.4, 0.5, 0.6))
    write_row(folder / "results", "gpt", rate=0.3, sentences=SENTENCES, training=rising)
    vote(folder)
    assert "development F1 still rose by 10.00 per epoch" in row_of(table(folder)).notes


def test_every_ensemble_that_was_tried_is_a_trial(folder):
    vote(folder)
    vote(folder, "--over", "tags")
    assert {run.run.trials for run in votes(folder) if run.run.preset == "tags"} == {2}


def test_nothing_can_predict_with_an_ensemble_or_run_it_again(folder):
    vote(folder)
    ensemble = votes(folder)[0].folder
    (folder / "text.txt").write_text("北京", encoding="utf-8")
    _, messages = called("predict", ensemble, "text.txt", folder=folder, code=4)
    assert "predict with the models of its members" in messages
    _, messages = called("reproduce", ensemble, folder=folder, code=2)
    assert "reproduce its members" in messages


def test_the_voters_are_in_the_order_of_their_names_wherever_they_lie(folder):
    found = verify.check(reader.read([folder]))
    turned = verify.Checked(tuple(reversed(found.runs)))
    assert [one.name for one in electorate(turned).systems] == [*NAMES]
    assert Voting("tags", "dev-f1").name == "tag by tag, by dev F1"
