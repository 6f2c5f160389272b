"""``--fix`` writes a copy that is read alike and a log of every change, and nothing else."""

import hashlib
import json

import clean_data
import pytest
from program import called
from reading import task_file, write_conll, write_parallel

from harness.data.lint import fix
from harness.data.lint.check import check
from harness.data.task import load
from harness.errors import ConfigError, DataError

CONLL = {"format": "conll", "splits": {name: f"{name}.conll" for name in ("train", "dev", "test")}}


def edit(path, change):
    path.write_bytes(change(path.read_bytes().decode("utf-8")).encode("utf-8"))


def hashes(folder):
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


def fixed(task, folder, code=0):
    """Run ``--fix`` and give the changes, by check; the data of the task stay as they are."""
    before = hashes(task.parent)
    _, told = called("check-data", task, "--fix", folder, folder=task.parent, code=code)
    assert {path: hash_ for path, hash_ in hashes(task.parent).items() if path in before} == before
    assert "changes.jsonl" in told
    log = (folder / "changes.jsonl").read_text(encoding="utf-8").splitlines()
    changes = {}
    for one in map(json.loads, log):
        changes.setdefault(one["check"], []).append(one)
    return changes


@pytest.fixture
def parallel(tmp_path):
    write_parallel(tmp_path, clean_data.characters())
    return task_file(tmp_path)


def test_marks_ends_blanks_and_orphans_are_mended_and_read_alike(parallel, tmp_path):
    edit(tmp_path / "train.txt", lambda text: "\ufeff" + text.replace("\n", "\r\n"))
    edit(tmp_path / "dev.txt", lambda text: text.replace("\n", " \n", 1) + "\n")
    edit(tmp_path / "dev_TAG.txt", lambda text: text + "\n")
    edit(tmp_path / "test_TAG.txt", lambda text: text.replace("B_PER", "I_PER", 1))
    assert {one.code for one in check(parallel).problems} == {
        "bom", "crlf", "trailing-space", "empty-line", "malformed",
    }  # fmt: skip
    changes = fixed(parallel, tmp_path / "new")
    assert {name: len(found) for name, found in changes.items()} == {
        "bom": 1, "crlf": 40, "trailing-space": 1, "empty-line": 2, "malformed": 1,
    }  # fmt: skip
    assert changes["malformed"] == [
        {"file": "test_TAG.txt", "line": 1, "check": "malformed",
         "before": "I_PER I_PER O B_LOC I_LOC", "after": "B_PER I_PER O B_LOC I_LOC"},
    ]  # fmt: skip
    made = tmp_path / "new" / "task.yaml"
    assert check(made).problems == ()
    assert load(made).fingerprint == load(parallel).fingerprint


def test_what_the_policy_reads_as_nothing_is_written_as_nothing(tmp_path):
    write_parallel(tmp_path, clean_data.characters())
    edit(tmp_path / "test_TAG.txt", lambda text: text.replace("B_PER", "I_PER", 1))
    fixed(task_file(tmp_path, policy="strict"), tmp_path / "new")
    first = (tmp_path / "new" / "test_TAG.txt").read_text(encoding="utf-8").splitlines()[0]
    assert first == "O O O B_LOC I_LOC"


def test_two_spellings_and_small_letters_become_one_that_can_be_read(parallel, tmp_path):
    edit(tmp_path / "train_TAG.txt", lambda text: text.replace("B_PER", "B-PER", 3))
    edit(tmp_path / "dev_TAG.txt", lambda text: text.replace("I_LOC", "i_LOC", 2))
    assert check(parallel).refused
    changes = fixed(parallel, tmp_path / "new", code=3)
    assert {name: len(found) for name, found in changes.items()} == {"scheme": 5}
    assert check(tmp_path / "new" / "task.yaml").problems == ()


def test_columns_are_mended_too(tmp_path):
    write_conll(tmp_path, clean_data.characters())
    task = task_file(tmp_path, **CONLL)
    edit(tmp_path / "train.conll", lambda text: "\n" + text.replace("\n\n", "\n \n\n", 1))
    edit(tmp_path / "dev.conll", lambda text: text.replace("B-LOC", "I-LOC", 1))
    changes = fixed(task, tmp_path / "new")
    assert {name: len(found) for name, found in changes.items()} == {
        "blank-line": 1, "empty-line": 2, "malformed": 1,
    }  # fmt: skip
    assert changes["malformed"][0]["after"].endswith("\tB-LOC")
    assert check(tmp_path / "new" / "task.yaml").problems == ()


def test_text_and_gold_that_people_must_decide_on_stay_as_they_are(parallel, tmp_path):
    edit(tmp_path / "train.txt", lambda text: text.replace("去", "\u200b", 1))
    assert fixed(parallel, tmp_path / "new") == {}
    assert (
        hashes(tmp_path)[tmp_path / "new" / "train.txt"] == hashes(tmp_path)[tmp_path / "train.txt"]
    )


def test_nothing_is_overwritten_and_nothing_written_outside(parallel, tmp_path):
    before = hashes(tmp_path)
    for folder in (tmp_path, tmp_path / "train.txt"):
        _, told = called("check-data", parallel, "--fix", folder, folder=tmp_path, code=2)
        assert "is there already; nothing was overwritten: name another place" in told
    (tmp_path / "inner").mkdir()
    outside = task_file(tmp_path, root="inner", splits={
        name: f"../{name}.txt" for name in ("train", "dev", "test")})  # fmt: skip
    before = hashes(tmp_path)
    _, told = called("check-data", outside, "--fix", "new", folder=tmp_path, code=2)
    assert "lies outside of" in told
    assert hashes(tmp_path) == before


def test_a_file_that_is_no_text_is_not_guessed_at(parallel, tmp_path):
    (tmp_path / "dev.txt").write_bytes("好".encode("gb18030"))
    _, told = called("check-data", parallel, "--fix", "new", folder=tmp_path, code=3)
    assert "dev.txt: cannot be mended" in told
    assert not (tmp_path / "new").exists()


def test_a_copy_that_would_be_read_otherwise_is_refused(parallel, tmp_path, monkeypatch):
    monkeypatch.setattr(fix, "_plain", lambda tag, mark: tag.replace("PER", "LOC"))
    with pytest.raises(DataError, match="is read otherwise than the task itself"):
        fix.write(parallel, None, tmp_path / "new")


@pytest.mark.parametrize("form", ["doccano", "labelstudio", "brat", "docbin"])
def test_files_of_other_tools_are_not_mended(tmp_path, form):
    write_parallel(tmp_path, clean_data.characters())
    with pytest.raises(ConfigError, match=f"not {form}"):
        fix.write(task_file(tmp_path, format=form), None, tmp_path / "new")


@pytest.mark.parametrize("letters", ["BMES", "BIES", "BILU"])
def test_malformed_tags_of_schemes_with_ends_are_written_as_the_policy_reads_them(
    letters, tmp_path
):
    begin, inside, end, single = letters
    write_parallel(tmp_path, clean_data.characters())
    task = task_file(tmp_path)
    for split in ("train", "dev", "test"):
        whole = [f"{begin}_PER", f"{inside}_PER", f"{end}_PER", f"{single}_LOC", "O"]
        broken = ["O", f"{inside}_PER", f"{end}_PER", f"{begin}_LOC", f"{inside}_LOC"]
        for name, rows in (("", ["张 三 丰 京 。", "在 李 四 北 京"]), ("_TAG", [whole, broken])):
            text = "".join(f"{row if isinstance(row, str) else ' '.join(row)}\n" for row in rows)
            (tmp_path / f"{split}{name}.txt").write_text(text, encoding="utf-8")
    assert [one.code for one in check(task).problems].count("malformed") == 6
    changes = fixed(task, tmp_path / "new", code=(0, 3))
    assert len(changes["malformed"]) == 3
    written = (tmp_path / "new" / "dev_TAG.txt").read_text(encoding="utf-8").splitlines()[1]
    assert written == f"O {begin}_PER {end}_PER {begin}_LOC {end}_LOC"
    assert "malformed" not in {one.code for one in check(tmp_path / "new" / task.name).problems}


def test_blanks_behind_a_tag_of_columns_are_a_note_and_go(tmp_path):
    write_conll(tmp_path, clean_data.characters())
    task = task_file(tmp_path, **CONLL)
    before = load(task).fingerprint
    edit(
        tmp_path / "dev.conll", lambda text: text.replace("\n", " \n", 1).replace("O\n", "O\t\n", 1)
    )
    found = [one for one in check(task).problems if one.code == "trailing-space"]
    assert [(one.severity, one.place) for one in found] == [("note", f"{tmp_path}/dev.conll:1")]
    assert load(task).fingerprint == before
    changes = fixed(task, tmp_path / "new")
    assert {name: len(lines) for name, lines in changes.items()} == {"trailing-space": 2}
