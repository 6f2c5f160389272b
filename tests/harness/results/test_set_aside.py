"""What is reused was checked; what cannot be is kept beside, named, and done again."""

import json

import pytest
import tiny_task
from stored_runs import change, write_run

from harness import registry
from harness.errors import ConfigError, LockedError
from harness.results import locking, reader, set_aside, verify
from harness.runs.config import Settings
from harness.runs.plan import Request, plan
from harness.runs.run import execute


@pytest.fixture
def cell(tmp_path):
    """A run of the dictionary, which takes milliseconds, in this process."""
    assert registry.find("dictionary")
    task = tiny_task.make(tmp_path)
    request = Request((str(task),), ("dictionary",), (13,), ("tiny",), (), Settings(device="cpu"),
                      tmp_path / "results")  # fmt: skip
    (made,) = plan(request)
    return made


def done(cell):
    """Whether it was run now, and what was told."""
    told = []
    return execute(cell, lambda progress: told.append(progress.note)), "\n".join(told)


def aside(cell):
    return sorted(cell.folder.parent.glob("*set-aside*"))


def test_a_sound_run_is_reused_and_no_file_of_it_changes(cell):
    assert done(cell)[0]
    before = {path: path.read_bytes() for path in cell.folder.rglob("*") if path.is_file()}
    assert done(cell) == (False, "")
    assert {path: path.read_bytes() for path in before} == before
    assert not aside(cell)


DAMAGE = {
    "metrics empty": lambda f: (f / "metrics.json").write_bytes(b""),
    "metrics cut": lambda f: (f / "metrics.json").write_bytes(
        (f / "metrics.json").read_bytes()[:99]
    ),
    "record gone": lambda f: (f / "run.json").unlink(),
    "record edited": lambda f: change(f / "run.json", "weights", to="other"),
    "digest edited": lambda f: change(f / "run.json", "digest", to="0" * 64),
    "answers cut": lambda f: (f / "predictions.jsonl").write_bytes(b""),
    "answers gone": lambda f: (f / "predictions.jsonl").unlink(),
    "history gone": lambda f: (f / "history.jsonl").unlink(),
    "facts edited": lambda f: (f / "train_facts.json").write_text("{}"),
    "model gone": lambda f: (f / "model" / "mentions.json").unlink(),
    "model edited": lambda f: (f / "model" / "mentions.json").write_text("{}"),
    "scores edited": lambda f: change(f / "metrics.json", "units", to=1),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_run_is_set_aside_named_and_done_again(cell, damage):
    done(cell)
    answers = (cell.folder / "predictions.jsonl").read_bytes()
    DAMAGE[damage](cell.folder)
    again, told = done(cell)
    assert again
    [place] = aside(cell)
    assert told.startswith(f"done again: what was there is now in {place.name}, since ")
    assert (place / "claim.json").is_file()
    assert verify.problems(reader.one(cell.folder)) == ()
    assert (cell.folder / "predictions.jsonl").read_bytes() == answers
    assert done(cell) == (False, "")


def test_what_was_set_aside_is_listed_with_its_reason_and_in_no_table(cell):
    done(cell)
    (cell.folder / "metrics.json").write_bytes(b"")
    done(cell)
    found = reader.read([cell.folder.parent])
    assert [run.folder for run in found.runs] == [cell.folder]
    [rejected] = found.rejected
    assert (rejected.kind, rejected.row) == ("set aside", None)
    assert rejected.reason.startswith("metrics.json is not JSON")


def test_starting_over_keeps_the_finished_run_beside_the_new_one(cell):
    from dataclasses import replace

    done(cell)
    before = json.loads((cell.folder / "metrics.json").read_text())
    again, told = done(replace(cell, fresh=True))
    assert again
    assert "--fresh starts over" in told
    [place] = aside(cell)
    assert json.loads((place / "metrics.json").read_text()) == before


def test_starting_over_where_nothing_is_sets_nothing_aside(cell):
    from dataclasses import replace

    assert done(replace(cell, fresh=True)) == (True, "")
    assert not aside(cell)


def test_a_second_damage_takes_a_second_name(cell):
    for _ in range(2):
        done(cell)
        (cell.folder / "metrics.json").write_bytes(b"")
    done(cell)
    assert [path.name[-2:] for path in aside(cell)] == ["-1", "-2"]


def test_a_run_that_is_being_written_is_not_moved(tmp_path):
    made = write_run(tmp_path)
    (made / "metrics.json").write_bytes(b"")
    with locking.held(made), pytest.raises(LockedError, match="being written"):
        set_aside.move_unusable(made, verify.unusable)
    assert (made / "metrics.json").is_file()


def test_what_a_link_leads_to_is_not_moved(tmp_path):
    made = write_run(tmp_path)
    (made / "metrics.json").write_bytes(b"")
    (tmp_path / "link").symlink_to(made)
    with pytest.raises(ConfigError, match="is a symbolic link"):
        set_aside.move_unusable(tmp_path / "link", verify.unusable)
    assert (made / "metrics.json").is_file()


def test_what_is_unfinished_is_for_its_run_to_clear(tmp_path):
    made = write_run(tmp_path)
    (made / "metrics.json").unlink()
    assert set_aside.move_unusable(made, verify.unusable) == ""


def test_imported_answers_that_were_damaged_are_set_aside_and_imported_again(tmp_path):
    from program import called

    tiny_task.make(tmp_path)
    blocks = ["\n".join(f"{unit} O" for unit in text) for text, _ in tiny_task.TEST]
    (tmp_path / "answers.conll").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    command = ("import-predictions", "answers.conll", "--task", "tiny.yaml", "--name", "other")
    out, _ = called(*command, folder=tmp_path)
    (tmp_path / out.strip() / "predictions.jsonl").write_bytes(b"")
    called(*command, folder=tmp_path)
    assert verify.problems(reader.one(tmp_path / out.strip())) == ()
