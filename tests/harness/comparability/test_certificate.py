"""Field by field: one flipped value in one result file turns its line red."""

import hashlib
import json
from pathlib import Path

import pytest
from stored_runs import SETTINGS, change, name_documents, seal_all, write_row, write_run

from harness.comparability.certificate import RowReadings, certify
from harness.comparability.check import Check, summary
from harness.comparability.fields import FIELDS, MISSING
from harness.errors import DataError
from harness.leaderboard.build import build
from harness.leaderboard.table import Block
from harness.results import reader

SERVED = {
    "models": ["another"], "first": "2026-11-22", "last": "2026-11-22", "api": "chat",
    "structure": "free, repaired", "prompt": "json.zh.shots.v1 (0)", "prompts_tried": 1, "shots": 0,
    "requests": 9, "prompt_tokens": 9, "reply_tokens": 9, "counted": True, "seconds": 1.0,
    "latency": 1.0, "refusals": 0,
}  # fmt: skip
FLIPS = {
    "data fingerprint": ("run.json", ("data", "fingerprint"), "0" * 64),
    "split": ("run.json", ("data", "split"), "holdout"),
    "stated, not recorded": ("run.json", ("settings", "stated"), ["selection"]),
    "sentences per split": ("run.json", ("data", "sentences", "train"), 299),
    "labels": ("metrics.json", ("labels",), ["PER", "LOC", "ORG", "T"]),
    "label descriptions": ("run.json", ("settings", "descriptions"), {"PER": "a person"}),
    "gold read under": ("run.json", ("data", "policy"), "discard"),
    "malformed gold tags": ("run.json", ("data", "malformed", "test"), 2),
    "tag policy": ("run.json", ("settings", "rescored"), "read as strict"),
    "repair policy": ("run.json", ("settings", "repair"), "none"),
    "window policy": ("run.json", ("settings", "window_limit"), 128),
    "window policy, margin": ("run.json", ("settings", "window_margin"), 1),
    "selection rule": ("run.json", ("settings", "selection"), "test F1"),
    "document context": ("run.json", ("settings", "document_context"), True),
    "training": ("run.json", ("trained",), 0),
    "limits": ("run.json", ("settings", "limit"), 100),
    "limits in data": ("run.json", ("data", "limit"), 100),
    "precision": ("run.json", ("precision",), "bf16"),
    "code of the harness": ("run.json", ("code", "harness"), "0" * 64),
    "code of the built-in backends": ("run.json", ("code", "backend"), "0" * 64),
    "libraries": ("run.json", ("versions", "torch"), "2.11.0"),
    "harness version": ("run.json", ("harness",), "0.2.0"),
    "bytes consumed per epoch": ("run.json", ("training_digests",), ["1" * 64, "2" * 64, "2" * 64]),
    "seeds planned": ("run.json", ("planned_seeds",), [13, 42]),
    "served model": ("run.json", ("served",), SERVED),
    "hardware": ("run.json", ("hardware", "processor"), "another"),
    "device and threads": ("run.json", ("settings", "threads"), 16),
    "device and threads, halved": ("run.json", ("halved",), [512, 256]),
}
# What two files of a run hold, which must agree for the run to be believed.
ALSO = {"split": ("split",), "gold read under": ("policy",)}
OWN_TESTS = {"gold support", "scored text", "documents"}
RECORDED = {
    "repair policy": "repair", "window policy": "window_limit", "selection rule": "selection",
    "limits": "limit", "device and threads": "threads",
}  # fmt: skip


def line_of(name: str) -> str:
    """The line a flip is about: what stands before the comma or the file."""
    if name in {field.name for field in FIELDS}:
        return name
    return name.partition(",")[0].partition(" in ")[0]


def flip(folder: Path, name: str) -> None:
    """Change one field of a run as if it had been run so."""
    file, keys, value = FLIPS[name]
    if name == "seeds planned":
        value = [13, 42, 99]
    change(folder / file, *keys, to=value)
    if name in ALSO:
        change(folder / "metrics.json", *ALSO[name], to=value)


def built(folder: Path) -> Block:
    """The first block, which carries the certificate."""
    return build(reader.read([folder]), published=False).blocks[0]


def lines(folder: Path) -> dict[str, Check]:
    return {check.name: check for check in built(folder).certificate}


@pytest.fixture
def rows(tmp_path):
    """Three rows of two seeds; the one to be changed is electra's."""
    for backend in ("bert-crf", "bert-softmax", "electra"):
        write_row(
            tmp_path,
            backend,
            (13, 42),
            planned_seeds=(
                13,
                42,
            ),
            sentences=6,
        )
    return tmp_path


def one_of(folder: Path, backend: str) -> Path:
    runs = reader.read([folder]).runs
    return next(run.folder for run in runs if run.run.backend == backend)


def test_runs_of_one_study_hold_every_line(rows):
    seal_all(rows)
    checks = lines(rows)
    assert len(checks) >= 12
    assert [check.words for check in checks.values() if not check.ok] == []


def test_every_line_has_a_flip():
    covered = {line_of(name) for name in FLIPS} | OWN_TESTS
    assert covered == {field.name for field in FIELDS}


@pytest.mark.parametrize("name", FLIPS)
def test_one_flipped_field_turns_its_line_red_and_names_the_row(rows, name):
    flip(one_of(rows, "electra"), name)
    check = lines(rows)[line_of(name)]
    assert not check.ok
    assert any("electra" in row for row, _ in check.differing)


def test_agreement_is_not_enough_where_every_row_is_only_stated(rows):
    for run in reader.read([rows]).runs:
        change(run.folder / "run.json", "settings", "stated", to=["selection"])
    check = lines(rows)["stated, not recorded"]
    assert not check.ok
    assert check.differing == ()


SEPARATING = {field.name for field in FIELDS if field.separates}


@pytest.mark.parametrize("name", [name for name in FLIPS if line_of(name) in SEPARATING])
def test_a_row_that_differs_is_not_ranked_with_the_others(rows, name):
    for run in reader.read([rows]).runs:
        if run.run.backend == "electra":
            flip(run.folder, name)
    table = build(reader.read([rows]), published=False)
    ranked, apart = table.blocks
    assert [row.name for row in ranked.rows if "electra" in row.name] == []
    assert [row.name.split()[0] for row in apart.rows] == ["electra"]
    assert "rank" not in {column.key for column in apart.columns}
    assert line_of(name) in apart.captions[0]
    assert line_of(name) in apart.rows[0].differs


@pytest.mark.parametrize(("line", "key"), RECORDED.items())
def test_what_was_not_recorded_is_red_even_if_no_run_has_it(tmp_path, line, key):
    settings = {name: value for name, value in SETTINGS.items() if name != key}
    write_row(tmp_path, "bert-crf", (13,), planned_seeds=(13,), settings=settings, sentences=6)
    check = lines(tmp_path)[line]
    assert (check.ok, check.value) == (False, MISSING)


def test_no_training_digest_is_red_for_a_trained_family(rows):
    change(one_of(rows, "electra") / "run.json", "training_digests", to=[])
    assert MISSING in dict(lines(rows)["bytes consumed per epoch"].differing).values()


def test_a_family_without_weights_or_epochs_is_ranked_with_the_others(rows):
    write_row(rows, "dictionary", (13, 42), planned_seeds=(13, 42), weights="none",
              training_digests=(), sentences=6)  # fmt: skip
    assert "dictionary" in {row.name for row in built(rows).rows}
    assert lines(rows)["bytes consumed per epoch"].ok


def test_more_epochs_on_the_same_bytes_are_no_difference(rows):
    path = one_of(rows, "electra") / "run.json"
    digests = json.loads(path.read_text(encoding="utf-8"))["training_digests"]
    change(path, "training_digests", to=digests * 2)
    assert lines(rows)["bytes consumed per epoch"].ok


def test_text_of_another_size_is_a_red_line(tmp_path):
    write_row(tmp_path, "electra", (13, 42), planned_seeds=(13, 42), sentences=6)
    cut = write_run(tmp_path, "bert-crf", sentences=5)
    for keys in (("data", "limit"), ("settings", "limit")):
        change(cut / "run.json", *keys, to=5)
    check = lines(tmp_path)["scored text"]
    assert not check.ok
    assert [value for _, value in check.differing] == ["5 sentences, 138 units"]


def in_documents(folder: Path, numbers: dict[str, int]) -> None:
    """Write a row of each backend of ``numbers``, whose sentences lie in so many documents."""
    for backend, number in numbers.items():
        write_row(folder / backend, backend, (13, 42), planned_seeds=(13, 42), sentences=12)
        if number:
            name_documents(folder / backend, number)


@pytest.mark.parametrize("number", [0, 3])
def test_rows_whose_sentences_lie_in_other_documents_are_not_ranked_together(tmp_path, number):
    in_documents(tmp_path, {"bert-crf": 4, "electra": number})
    ranked, apart = build(reader.read([tmp_path]), published=False).blocks
    check = {one.name: one for one in ranked.certificate}["documents"]
    assert (check.ok, check.evidence) == (False, "proven")
    assert [row.name.split()[0] for row in (*ranked.rows, *apart.rows)] == ["bert-crf", "electra"]
    said = f"{number} (" if number else "none named"
    assert f"documents: {said}" in apart.captions[0]
    assert "above 4 (" in apart.captions[0]


def test_rows_in_the_same_documents_are_ranked_whatever_these_are_called(tmp_path):
    in_documents(tmp_path, {"bert-crf": 4, "electra": 4})
    for path in (tmp_path / "electra").rglob("predictions.jsonl"):
        content = path.read_bytes().replace(b'"document ', b'"page ')
        path.write_bytes(content)
        change(path.with_name("metrics.json"), "predictions_sha256",
               to=hashlib.sha256(content).hexdigest())  # fmt: skip
    [block] = build(reader.read([tmp_path]), published=False).blocks
    assert {one.name: one.ok for one in block.certificate}["documents"]


def test_a_table_without_documents_has_no_line_of_them(rows):
    assert "documents" not in lines(rows)


def test_seeds_of_a_row_that_lie_in_other_documents_are_two_rows(tmp_path):
    for seed in (13, 42):
        write_run(tmp_path / str(seed), "electra", seed, planned_seeds=(13, 42), sentences=12)
    name_documents(tmp_path / "42", 4)
    made = build(reader.read([tmp_path]), published=False)
    assert sum(len(block.rows) for block in made.blocks) == 2


def test_other_gold_support_makes_no_table_and_names_both_runs(tmp_path):
    first = write_run(tmp_path, "bert-crf", sentences=6)
    other = write_run(tmp_path, "electra", sentences=7)
    with pytest.raises(DataError) as error:
        build(reader.read([tmp_path]))
    assert first.name in str(error.value)
    assert other.name in str(error.value)


def test_sentences_that_differ_make_no_table_even_with_equal_support(rows):
    for run in reader.read([rows]).runs:
        if run.run.backend == "electra":
            path = run.folder / "predictions.jsonl"
            content = path.read_bytes().replace(b'"id":"s0"', b'"id":"t0"')
            path.write_bytes(content)
            change(run.folder / "metrics.json", "predictions_sha256",
                   to=hashlib.sha256(content).hexdigest())  # fmt: skip
    with pytest.raises(DataError, match="sentences or the gold"):
        build(reader.read([rows]))


def test_unfinished_seeds_are_a_red_line(rows):
    (one_of(rows, "electra") / "metrics.json").unlink()
    check = lines(rows)["seeds finished"]
    assert not check.ok
    assert [value for _, value in check.differing] == ["1 of 2"]


def test_a_line_is_no_stronger_than_its_weakest_row():
    values = dict.fromkeys((field.name for field in FIELDS), "same")
    ours, theirs = RowReadings("ours", (values,)), RowReadings("theirs", (values,), imported=True)
    alone = {check.name: check.evidence for check in certify([ours], [])}
    both = {check.name: check.evidence for check in certify([ours], [theirs])}
    assert alone["gold support"] == both["gold support"] == "proven"
    assert alone["data fingerprint"] == both["data fingerprint"] == "recorded"
    assert (alone["window policy"], both["window policy"]) == ("recorded", "stated")
    assert alone["precision"] == "stated"  # a backend says it


def test_a_row_that_differs_within_itself_never_holds(tmp_path):
    write_row(tmp_path, "bert-crf", (13, 42), planned_seeds=(13, 42), sentences=6)
    change(one_of(tmp_path, "bert-crf") / "run.json", "hardware", to={"processor": "another"})
    check = lines(tmp_path)["hardware"]
    assert not check.ok
    assert "another / " in check.value or "/ processor another" in check.value


def test_a_sentence_says_the_evidence_and_the_summary_counts_it(rows):
    seal_all(rows)
    checks = built(rows).certificate
    assert all(f"({check.evidence})" in check.words for check in checks)
    held = [check.evidence for check in checks]
    proven, recorded, stated = (held.count(kind) for kind in ("proven", "recorded", "stated"))
    assert summary(checks) == (
        f"Certificate: {len(held)} of {len(held)} lines hold "
        f"({proven} proven, {recorded} recorded, {stated} stated)."
    )
    assert min(proven, recorded, stated) > 0
