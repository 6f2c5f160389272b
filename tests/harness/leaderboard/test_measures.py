"""What stands in each column of numbers."""

import json

import made_runs
import pytest
from built_tables import built, row_of
from made_runs import LABELS, metrics, prediction
from stored_runs import SETTINGS, change, write_row, write_run

from harness.core import Example, Sentence, Span
from harness.leaderboard.render import FORMATS
from harness.results import evaluate, reader, stored
from harness.results.run_record import Calibration
from harness.tags import decode


def test_scores_of_the_policies_differ_as_the_counts_do(tmp_path):
    made = write_run(tmp_path, rate=0.5, sentences=60)
    types = json.loads((made / "metrics.json").read_text(encoding="utf-8"))["types"]
    [block] = built(tmp_path).blocks
    for key, policy in (("f1", "conlleval"), ("strict_f1", "strict"), ("discard_f1", "discard")):
        tp, fp, fn = (sum(counts[i] for counts in types[policy].values()) for i in range(3))
        assert row_of(block, "bert-crf")[key].value == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert types["conlleval"] != types["strict"]


def test_macro_and_weighted_f1_agree_with_their_definitions(tmp_path):
    made = write_run(tmp_path, rate=0.5, sentences=60)
    counts = json.loads((made / "metrics.json").read_text(encoding="utf-8"))["types"]["conlleval"]
    f1 = {label: 2 * tp / (2 * tp + fp + fn) for label, (tp, fp, fn) in counts.items()}
    support = {label: tp + fn for label, (tp, _, fn) in counts.items()}
    row = row_of(built(tmp_path).blocks[0], "bert-crf")
    weighted = sum(f1[label] * support[label] for label in f1) / sum(support.values())
    assert row["macro_f1"].value == pytest.approx(sum(f1.values()) / 4)
    assert row["weighted_f1"].value == pytest.approx(weighted)


def test_the_table_has_the_scorers_macro_f1_where_a_type_was_found_that_the_gold_lacks(tmp_path):
    text = Sentence("s", tuple("甲乙丙丁"))
    gold = Example(text, (Span(0, 1, "PER"), Span(1, 2, "ORG")))
    answer = prediction(gold, ("B-PER", "O", "B-T", "B-T"))
    made_runs.store(tmp_path / "run", made_runs.answers([answer], "a"))
    row = row_of(built(tmp_path).blocks[0], "a")
    assert (row["macro_f1"].text, row["weighted_f1"].text, row["f1"].text) == (
        "50.00", "50.00", "40.00",
    )  # fmt: skip


def test_a_score_with_nothing_to_find_is_not_known(tmp_path):
    write_run(tmp_path, sentences=2, rate=0.0)
    assert row_of(built(tmp_path).blocks[0], "bert-crf")["f1:LOC"].text == "n/a"


def test_a_mean_over_the_measured_seeds_alone_is_not_given(tmp_path):
    write_row(tmp_path, "bert-crf", (13, 42, 87))
    path = reader.read([tmp_path]).runs[0].folder / "run.json"
    for phase in ("train_peak_bytes", "predict_peak_bytes"):
        change(path, "cost", phase, to=None)
    [block] = built(tmp_path, columns=["memory", "train_seconds"]).blocks
    assert row_of(block, "bert-crf")["memory"].text == "n/a"
    assert row_of(block, "bert-crf")["train_seconds"].text != "n/a"


MEBIBYTES = 2**20


def with_shared(folder, **shared):
    """The stored rows, each with bytes that it shared with other processes."""
    for one in reader.read([folder]).runs:
        if one.run.backend in shared:
            value = shared[one.run.backend]
            change(one.folder / "run.json", "cost", "shared_bytes", to=value * MEBIBYTES)
    return folder


def test_memory_that_a_row_shares_is_marked_and_never_the_best(tmp_path):
    write_row(tmp_path, "forked", (13, 42))
    write_row(tmp_path, "alone", (13, 42))
    for one in reader.read([tmp_path]).runs:
        if one.run.backend == "forked":
            change(one.folder / "run.json", "cost", "train_peak_bytes", to=300 * MEBIBYTES)
            change(one.folder / "run.json", "cost", "predict_peak_bytes", to=200 * MEBIBYTES)
    assert row_of(built(tmp_path).blocks[0], "forked")["memory"].bold
    [block] = built(with_shared(tmp_path, forked=190, alone=9)).blocks
    forked, alone = (row_of(block, name) for name in ("forked", "alone"))
    assert (forked["memory"].shown, forked["memory"].bold) == ("300*", False)
    assert (alone["memory"].shown, alone["memory"].bold) == ("900", True)
    assert (forked["shared_memory"].text, alone["shared_memory"].text) == ("190", "9")
    said = "* Memory of a run that shared up to 190 MiB"
    assert any(line.startswith(said) for line in block.captions)


def test_a_table_of_rows_that_all_share_has_no_best_memory(tmp_path):
    write_row(tmp_path, "one", (13, 42))
    write_row(tmp_path, "two", (13, 42))
    [block] = built(with_shared(tmp_path, one=170, two=180)).blocks
    assert not any(row_of(block, name)["memory"].bold for name in ("one", "two"))
    assert any("shared up to 180 MiB" in line for line in block.captions)


def test_of_memory_that_is_not_shown_nothing_is_said(tmp_path):
    write_row(tmp_path, "one", (13, 42))
    [block] = built(with_shared(tmp_path, one=170), columns=["f1"]).blocks
    assert not any("shared" in line for line in block.captions)


def with_confidence(folder, sure):
    """The stored rows, each with the one confidence that all of its entities have."""
    for path in folder.rglob("predictions.jsonl"):
        lines = [*map(json.loads, path.read_text(encoding="utf-8").splitlines())]
        backend = json.loads(path.with_name("run.json").read_text(encoding="utf-8"))["backend"]
        for line in lines:
            line["confidence"] = [sure[backend]] * len(decode(line["tags"]))
        content = "".join(json.dumps(line) + "\n" for line in lines).encode()
        path.write_bytes(content)
        digest = stored.digest_of(content)
        change(path.with_name("metrics.json"), "predictions_sha256", to=digest)
    return folder


FITTED = Calibration(temperature=1.0, entities=10, right=9)


def test_confidences_for_which_nothing_was_fitted_are_marked_and_never_the_best(tmp_path):
    """What its backend gave is another quantity than what was scaled on dev."""
    write_row(tmp_path, "fitted", calibration=FITTED)
    write_row(tmp_path, "given")
    [block] = built(with_confidence(tmp_path, {"fitted": 0.5, "given": 0.9})).blocks
    fitted, given = (row_of(block, name)["ece"] for name in ("fitted", "given"))
    assert given.value < fitted.value
    assert (given.mark, given.bold) == ("*", False)
    assert (fitted.mark, fitted.bold) == ("", True)
    (line,) = [line for line in block.captions if line.startswith("*")]
    assert line == (
        "* ECE of confidences as their backend gave them: nothing was fitted on dev for such rows, "
        "and they are not compared by it."
    )


def test_of_confidences_that_were_all_fitted_nothing_is_said(tmp_path):
    write_row(tmp_path, "fitted", calibration=FITTED)
    [block] = built(with_confidence(tmp_path, {"fitted": 0.5})).blocks
    assert row_of(block, "fitted")["ece"].bold
    assert not any(line.startswith("*") for line in block.captions)


def test_each_kind_of_mark_has_its_own_words(tmp_path):
    write_row(tmp_path, "one")
    with_shared(with_confidence(tmp_path, {"one": 0.9}), one=170)
    said = [line for line in built(tmp_path).blocks[0].captions if line.startswith("*")]
    assert [line[2:8] for line in said] == ["Memory", "ECE of"]


@pytest.mark.parametrize(
    ("name", "marked"),
    [("markdown", "900\\*"), ("latex", "900{*}"), ("csv", '"memory mark"'),
     ("json", '"mark": "*"'), ("html", "900*")],
)  # fmt: skip
def test_every_format_shows_the_mark(tmp_path, name, marked):
    write_row(tmp_path, "one", (13, 42))
    assert marked not in FORMATS[name](built(tmp_path))
    assert marked in FORMATS[name](built(with_shared(tmp_path, one=170)))


def test_what_free_generation_did_has_its_columns(tmp_path):
    made = write_run(tmp_path, sentences=4, rate=0.0)
    written = [*map(json.loads, (made / "predictions.jsonl").read_text().splitlines())]
    units = sum(len(one["units"]) for one in written)
    gold = sum(len(one["gold"]) for one in written)
    lost = written[2]  # malformed, then repaired but for its last entity
    lost["raw_tags"] = ["O"] * len(lost["units"])
    lost["repairs"] = {"close": 3}
    start, end, _ = lost["gold"][-1]
    lost["tags"][start:end] = ["O"] * (end - start)
    write_free(made, written)
    change(made / "run.json", "cost", "seconds", "generate", to=3.0)
    row = row_of(built(tmp_path).blocks[0], "bert-crf")
    entities = len(lost["gold"])
    assert row["raw_f1"].value == pytest.approx(f1(gold - entities, 0, entities))
    assert row["repaired_f1"].value == pytest.approx(f1(gold - 1, 0, 1))
    assert row["repairs"].value == pytest.approx(1000 * 3 / units)
    assert row["malformed"].text == "25.00"
    quarters = metrics(stored.answers(made / "free.jsonl").predictions).quarters
    shares = [wrong / every for wrong, every in quarters]
    assert row["drift"].value == pytest.approx(shares[-1] - shares[0]) != 0
    assert row["free_rate"].value == pytest.approx(units / 3.0)


def f1(tp: int, fp: int, fn: int) -> float:
    return 2 * tp / (2 * tp + fp + fn)


def write_free(folder, answers) -> None:
    """Free answers beside a run, with what its metrics say of them counted by the scorer."""
    lines = "".join(json.dumps(one) + "\n" for one in answers).encode()
    (folder / "free.jsonl").write_bytes(lines)
    file = stored.answers(folder / "free.jsonl")
    gold = evaluate.EvaluationSetup(LABELS, "conlleval", "test")
    free = evaluate.count_again(gold, file, file).metrics.free
    change(folder / "metrics.json", "free", to=free.model_dump(mode="json"))


def test_speed_and_operations_are_of_characters_whatever_a_unit_is(tmp_path):
    made = write_run(tmp_path, sentences=8, planned_seeds=(13,),
                     settings=SETTINGS | {"joiner": " "})  # fmt: skip
    path = made / "predictions.jsonl"
    predictions = [*map(json.loads, path.read_text(encoding="utf-8").splitlines())]
    for one in predictions:
        one["units"], one["joiner"] = ["word"] * len(one["units"]), " "
    content = "".join(json.dumps(one) + "\n" for one in predictions).encode()
    path.write_bytes(content)
    change(made / "metrics.json", "predictions_sha256", to=stored.digest_of(content))
    change(made / "run.json", "cost", "flops_per_unit", to=6e6)
    characters = sum(5 * len(one["units"]) - 1 for one in predictions)
    units = sum(len(one["units"]) for one in predictions)
    row = row_of(built(tmp_path, columns=["predict_rate", "flops"]).blocks[0], "bert-crf")
    assert row["predict_rate"].value == pytest.approx(characters / 2.0)
    assert row["flops"].value == pytest.approx(6 * units / characters)
