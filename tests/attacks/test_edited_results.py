"""Result files edited by hand: nothing that their answers do not give reaches a table."""

import json
import re
import shutil

import made_runs
import pytest
from built_tables import built
from made_runs import LABELS
from program import called
from stored_runs import change, write_row, write_run

from harness.archive.merging import merge
from harness.archive.reproduction import stored as to_reproduce
from harness.errors import DataError
from harness.leaderboard.render import FORMATS
from harness.results import evaluate, reader, stored, verify

PERFECT = {label: [99, 0, 0] for label in LABELS}


@pytest.fixture
def folder(tmp_path):
    """An honest row, and one of three seeds whose first seed is the adversary's."""
    write_row(tmp_path, "honest", rate=0.1, sentences=12)
    write_row(tmp_path, "forged", rate=0.5, sentences=12)
    return tmp_path


@pytest.fixture
def forged(folder):
    return next(run.folder for run in reader.read([folder]).runs if run.run.backend == "forged")


def assert_not_believed(folder, forged, words, kind="unsound"):
    """The run is a lost seed of its row, the row has no rank, and reason and folder are named."""
    table = built(folder)
    [ranked] = [block for block in table.blocks if block.kind == "ranked"]
    assert [row.name.split()[0] for row in ranked.rows] == ["honest"]
    [notice] = [line for line in table.notices if forged.name in line]
    assert f"({kind})" in notice
    assert words in notice
    if kind == "unsound":
        line = next(one for one in ranked.certificate if one.name.startswith("counted again"))
        assert not line.ok
        assert "forged" in line.differing[0][0]
        assert words in line.differing[0][1]


def test_counts_edited_to_a_perfect_score(folder, forged):
    for policy in ("conlleval", "strict", "discard"):
        change(forged / "metrics.json", "types", policy, to=PERFECT)
    assert_not_believed(folder, forged, "types: metrics.json says")


def test_counts_edited_to_a_perfect_score_with_the_support_of_the_gold(folder, forged):
    gold = json.loads((forged / "run.json").read_text(encoding="utf-8"))["data"]["support"]
    for policy in ("conlleval", "strict", "discard"):
        perfect = {label: [n, 0, 0] for label, n in gold.items()}
        change(forged / "metrics.json", "types", policy, to=perfect)
    assert_not_believed(folder, forged, "types: metrics.json says")


NO_FLOAT_HOLDS = {
    "a rate": (("cost", "seconds"), {"train": 5e-324, "predict": 5e-324}),
    "a sum": (("cost", "seconds"), {"train": 1e308, "predict": 1e308}),
}


@pytest.mark.parametrize("name", NO_FLOAT_HOLDS)
def test_a_measure_that_no_float_holds_is_not_known_and_ends_no_table(folder, name):
    keys, value = NO_FLOAT_HOLDS[name]
    for run in reader.read([folder]).runs:
        change(run.folder / "run.json", *keys, to=value)
    columns = ["system", "f1", "train_seconds", "predict_rate"]
    table = built(folder, columns=columns)
    for render in FORMATS.values():
        assert "honest" in render(table)
    lost = {"a rate": 3, "a sum": 2}[name]
    for row in table.blocks[0].rows:
        assert row.cells[lost].text == "n/a"


def test_a_count_that_no_counter_reaches(folder, forged):
    change(forged / "run.json", "parameters", to=10**400)
    assert_not_believed(folder, forged, "parameters", kind="corrupt")


def test_negative_counts(folder, forged):
    change(forged / "metrics.json", "types", "conlleval", "PER", to=[3, -5, 0])
    assert_not_believed(folder, forged, "greater than or equal to 0", kind="corrupt")


@pytest.mark.parametrize(
    ("key", "value"),
    [("units", 1), ("sentences", 1), ("correct_units", 9999), ("invalid_transitions", 0),
     ("quarters", [[0, 9]] * 4), ("predictions_sha256", "0" * 64), ("unseen", {"PER": [1, 0, 0]})],
)  # fmt: skip
def test_any_other_number_of_the_metrics(folder, forged, key, value):
    change(forged / "metrics.json", key, to=value)
    assert_not_believed(folder, forged, f"{key}: metrics.json says")


def test_answers_corrected_after_they_were_scored(folder, forged):
    path = forged / "predictions.jsonl"
    answers = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for one in answers:
        one["tags"] = ["O"] * len(one["tags"])
        for start, end, label in one["gold"]:
            one["tags"][start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    path.write_text("".join(json.dumps(one) + "\n" for one in answers), encoding="utf-8")
    assert_not_believed(folder, forged, "its answers give")


def test_answers_deleted_so_that_nothing_can_be_counted(folder, forged):
    (forged / "predictions.jsonl").unlink()
    assert_not_believed(folder, forged, "predictions.jsonl cannot be read")


def test_a_test_set_cut_to_the_easy_sentences(folder, forged):
    path = forged / "predictions.jsonl"
    kept = path.read_bytes().split(b"\n")[:6]
    content = b"\n".join(kept) + b"\n"
    path.write_bytes(content)
    file = stored.answers(path)
    setup = evaluate.EvaluationSetup(LABELS, "conlleval", "test")
    again = evaluate.count_again(setup, file, None).metrics
    (forged / "metrics.json").write_text(again.model_dump_json(), encoding="utf-8")
    assert_not_believed(folder, forged, "gold: run.json says")


def test_free_decoding_that_was_edited(folder, forged):
    path = forged / "free.jsonl"
    shutil.copy(forged / "predictions.jsonl", path)
    file = stored.answers(path)
    setup = evaluate.EvaluationSetup(LABELS, "conlleval", "test")
    free = evaluate.count_again(setup, file, file).metrics.free
    change(forged / "metrics.json", "free", to=free.model_dump(mode="json"))
    assert len(verify.check(reader.read([folder])).runs) == 6
    change(forged / "metrics.json", "free", "repaired", to=PERFECT)
    assert_not_believed(folder, forged, "free: metrics.json says")


def test_free_decoding_that_was_never_stored(folder, forged):
    free = {"raw": PERFECT, "repaired": PERFECT, "repairs": {}, "malformed_sentences": 0,
            "quarters": [[0, 9]] * 4, "predictions_sha256": ""}  # fmt: skip
    change(forged / "metrics.json", "free", to=free)
    assert_not_believed(folder, forged, "free.jsonl cannot be read")


def test_a_row_of_which_every_seed_was_edited_is_in_the_table_without_a_score(folder):
    for run in reader.read([folder]).runs:
        if run.run.backend == "forged":
            change(run.folder / "metrics.json", "units", to=1)
    lost = built(folder).blocks[-1]
    assert lost.rows[0].cells[0].text == "forged tiny [0 of 3 seeds; 3 unsound]"
    assert lost.rows[0].cells[1].text == "n/a"


def test_a_table_of_edited_results_alone_ranks_nothing(tmp_path):
    change(write_run(tmp_path, sentences=6) / "metrics.json", "units", to=1)
    table = built(tmp_path)
    assert [block.kind for block in table.blocks] == ["apart"]
    assert "0 of 3 seeds; 1 unsound; 2 missing" in table.blocks[0].rows[0].notes


def test_two_results_of_one_configuration_are_both_left_out(folder, forged):
    other = write_run(folder / "elsewhere", "forged", 13, rate=0.1, sentences=12)
    assert reader.one(other).run.digest == reader.one(forged).run.digest
    table = built(folder)
    lines = [line for line in table.notices if "(contradictory)" in line]
    assert len(lines) == 2
    assert all("a DIFFERENT result of the same configuration is in" in line for line in lines)
    [ranked] = [block for block in table.blocks if block.kind == "ranked"]
    assert [row.name.split()[0] for row in ranked.rows] == ["honest"]


def test_an_edited_copy_does_not_take_the_sound_one_along(folder, forged):
    copy = shutil.copytree(forged, folder / "a_copy")
    change(copy / "metrics.json", "units", to=1)
    found = verify.check(reader.read([folder]))
    assert forged in {run.folder for run in found.runs}
    assert [one.folder for one in found.rejected] == [copy]


def test_a_folder_that_merge_had_half_copied(folder, forged):
    shutil.copytree(forged, forged.with_name(f".{forged.name}.tmp"))
    found = reader.read([folder])
    assert (len(found.runs), found.rejected) == (6, ())


def test_merging_edited_results(folder, forged):
    change(forged / "metrics.json", "units", to=1)
    with pytest.raises(DataError, match=r"unsound: units: metrics\.json says 1"):
        merge([folder], folder / "all")
    assert not list((folder / "all").rglob("metrics.json"))


def test_reproducing_an_edited_result_begins_with_its_answers(folder, forged):
    change(forged / "metrics.json", "types", "conlleval", to=PERFECT)
    with pytest.raises(DataError, match=r"types: metrics\.json says"):
        to_reproduce(forged)


@pytest.mark.parametrize("command", ["analyse", "compare", "score"])
def test_no_other_command_prints_an_edited_score(folder, forged, command):
    change(forged / "metrics.json", "types", "conlleval", to=PERFECT)
    out, messages = called(command, folder, folder=folder)
    assert not re.search(r"(?<![\d.])99(?![\d.])", out)  # the count, not part of another figure
    assert forged.name in messages
    assert "unsound" in messages


def test_a_report_of_edited_results_alone_is_refused(folder, forged, tmp_path):
    change(forged / "metrics.json", "types", "conlleval", to=PERFECT)
    _, messages = called("report", forged, "-o", tmp_path / "page.html", folder=folder, code=3)
    assert "unsound, types: metrics.json says" in messages
    assert not (tmp_path / "page.html").exists()


def test_rescoring_leaves_an_edited_result_out_and_says_so_in_its_exit_code(folder, forged):
    change(forged / "metrics.json", "types", "conlleval", to=PERFECT)
    out, messages = called(
        "rescore", folder, "--policy", "strict", "-o", "again", folder=folder, code=3
    )
    assert len(out.splitlines()) == 5
    assert forged.name in messages


def test_an_answer_and_its_analysis_agree_whoever_wrote_the_metrics(folder):
    """What the analysis counts is what the table prints: both count the same answers."""
    from harness.analysis import analyse, load_all

    for run in load_all([folder]):
        assert analyse(run).counts == run.metrics.micro()
        assert run.metrics.types == made_runs.metrics(run.predictions).types
