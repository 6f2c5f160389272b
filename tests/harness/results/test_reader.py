"""What counts as a finished run, and that everything else is listed with its reason."""

import json
import shutil
from pathlib import Path

import pytest
from stored_runs import change, write_run

from harness.errors import ConfigError, DataError
from harness.results import reader


def only_rejected(folder: Path) -> reader.Rejected:
    found = reader.read([folder])
    assert not found.runs
    [rejected] = found.rejected
    return rejected


def test_a_complete_folder_is_a_run(tmp_path):
    made = write_run(tmp_path, "bert-crf", 13)
    [run] = reader.read([tmp_path]).runs
    assert (run.folder, run.run.seed) == (made, 13)
    assert len(run.answers().predictions) == run.metrics.sentences


def test_runs_come_in_the_order_of_their_paths_whatever_the_order_of_the_folders(tmp_path):
    made = [write_run(tmp_path / part, "electra", seed) for part, seed in (("b", 1), ("a", 2))]
    for order in ([tmp_path / "a", tmp_path / "b"], [tmp_path / "b", tmp_path / "a"], [tmp_path]):
        assert [run.folder for run in reader.read(order).runs] == sorted(made)


def test_a_folder_named_twice_is_read_once(tmp_path):
    made = write_run(tmp_path)
    found = reader.read([tmp_path, made])
    assert (len(found.runs), found.rejected) == (1, ())


def test_without_metrics_a_run_is_unfinished_and_its_seed_is_known(tmp_path):
    made = write_run(tmp_path, "electra", 42)
    (made / "metrics.json").unlink()
    rejected = only_rejected(tmp_path)
    assert (rejected.kind, rejected.seed) == ("unfinished", 42)
    assert rejected.row == ("demo", "electra", "tiny", "")


def test_a_failure_record_makes_it_failed_with_its_reason(tmp_path):
    record = {"error": "out of memory\nat step 3", "exit_code": 6, "seed": 87, "task": "demo",
              "backend": "electra", "preset": "tiny", "variant": "layers=2"}  # fmt: skip
    (tmp_path / "failed.json").write_text(json.dumps(record), encoding="utf-8")
    rejected = only_rejected(tmp_path)
    assert (rejected.kind, rejected.reason) == ("failed", "out of memory")
    assert (rejected.row, rejected.seed) == (("demo", "electra", "tiny", "layers=2"), 87)


def test_a_run_that_finished_after_a_failure_is_finished(tmp_path):
    made = write_run(tmp_path)
    (made / "failed.json").write_text("{}", encoding="utf-8")
    assert len(reader.read([tmp_path]).runs) == 1


@pytest.mark.parametrize("name", ["metrics.json", "run.json"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "Field required"),
        ('{"seed": NaN}', "Field required"),
    ],
)
def test_a_damaged_file_makes_it_corrupt_and_is_named(tmp_path, name, content, reason):
    (write_run(tmp_path) / name).write_text(content, encoding="utf-8")
    rejected = only_rejected(tmp_path)
    assert rejected.kind == "corrupt"
    assert rejected.reason.startswith(name)
    assert reason in rejected.reason


def test_bytes_that_are_not_utf8_make_it_corrupt(tmp_path):
    (write_run(tmp_path) / "run.json").write_bytes(b'{"backend": "\xff"}')
    assert only_rejected(tmp_path).kind == "corrupt"


def test_a_missing_run_record_makes_it_corrupt(tmp_path):
    (write_run(tmp_path) / "run.json").unlink()
    assert "cannot be read" in only_rejected(tmp_path).reason


def test_a_newer_schema_is_said_to_be_newer(tmp_path):
    change(write_run(tmp_path) / "run.json", "schema_version", to=2)
    rejected = only_rejected(tmp_path)
    assert rejected.kind == "newer"
    assert "schema 2, this harness reads 1" in rejected.reason


def test_the_same_run_from_two_machines_counts_once_and_is_listed(tmp_path):
    first = write_run(tmp_path / "a")
    shutil.copytree(first, tmp_path / "b" / "copy")
    found = reader.read([tmp_path])
    assert [run.folder for run in found.runs] == [first]
    assert "the same result" in found.rejected[0].reason


def test_two_claims_of_one_configuration_are_both_given_to_be_judged(tmp_path):
    first = write_run(tmp_path / "a")
    shutil.copytree(first, tmp_path / "b" / "copy")
    change(tmp_path / "b" / "copy" / "metrics.json", "correct_units", to=1)
    found = reader.read([tmp_path])
    assert (len(found.runs), found.rejected) == (2, ())


def test_what_a_run_holds_is_not_searched_for_runs(tmp_path):
    made = write_run(tmp_path)
    shutil.copytree(made, made / "model" / "inner")
    change(made / "model" / "inner" / "run.json", "seed", to=99)
    assert len(reader.read([tmp_path]).runs) == 1


def test_answers_alone_are_no_run(tmp_path):
    """A run claims its folder before it writes anything; exported answers have the same name."""
    (tmp_path / "predictions.jsonl").write_text('{"text": "x"}\n', encoding="utf-8")
    assert reader.read([tmp_path]) == reader.Results(())


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no results folder"):
        reader.read([tmp_path / "nowhere"])


def test_a_folder_of_other_things_holds_no_runs(tmp_path):
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    assert reader.read([tmp_path]) == reader.Results(())


def test_where_one_of_several_runs_is_meant_some_are_named(tmp_path):
    folders = [write_run(tmp_path, seed=seed) for seed in range(1, 6)]
    with pytest.raises(ConfigError, match="expected one finished run, found 5") as caught:
        reader.one(tmp_path)
    first = ", ".join(map(str, sorted(folders)[:3]))
    assert str(caught.value).endswith(f"; name one of {first}, 2 more")
    assert reader.one(folders[0]).folder == folders[0]


def test_a_damaged_prediction_is_named_by_file_and_line(tmp_path):
    made = write_run(tmp_path)
    path = made / "predictions.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join([lines[0], '{"id": 3}', *lines[2:]]), encoding="utf-8")
    [run] = reader.read([tmp_path]).runs
    with pytest.raises(DataError, match=r"predictions\.jsonl, line 2"):
        run.answers()


def test_a_record_that_calls_the_training_digests_consumed_is_still_read(tmp_path):
    path = write_run(tmp_path) / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["consumed"] = record.pop("training_digests")
    path.write_text(json.dumps(record), encoding="utf-8")
    [run] = reader.read([tmp_path]).runs
    assert run.run.training_digests == tuple(record["consumed"]) != ()
