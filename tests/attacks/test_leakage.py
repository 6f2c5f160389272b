"""A test set that is in train or in dev: refused, or allowed and recorded with its counts."""

import json
import shutil

import pytest
import tiny_task
from program import called, harness

RUN = ("run", "--backend", "dictionary", "--seed", 1, 2, "--task")


def copy(task, source, target):
    """The split ``target`` becomes ``source``."""
    data = task.parent / "data"
    for tail in (".txt", "_TAG.txt"):
        shutil.copy(data / f"{source}{tail}", data / f"{target}{tail}")


def append(task, sentences, target):
    """``sentences`` at the end of the split ``target``."""
    data = task.parent / "data"
    tiny_task.write_split(data / "more", target, sentences)
    for tail in (".txt", "_TAG.txt"):
        path = data / f"{target}{tail}"
        path.write_text(
            path.read_text(encoding="utf-8")
            + (data / "more" / path.name).read_text(encoding="utf-8"),
            encoding="utf-8",
        )


@pytest.mark.slow
def test_a_test_set_that_is_the_development_set_is_refused(task, tmp_path):
    copy(task, "test", "dev")
    _, messages = harness(*RUN, task, folder=tmp_path, code=3)
    assert "3 of 3 test sentences are in dev" in messages
    assert "--allow-overlap" in messages
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("name", ["train.txt", "./train.txt", "../data/train.txt", "linked.txt"])
def test_a_development_set_that_is_the_file_of_train_is_refused(name, task, tmp_path):
    """However its path is written, and with any option: dev chooses the epoch."""
    (task.parent / "data" / "linked.txt").symlink_to("train.txt")
    (task.parent / "data" / "linked_TAG.txt").symlink_to("train_TAG.txt")
    task.write_text(task.read_text("utf-8").replace("dev: dev.txt", f"dev: {name}"), "utf-8")
    for more in ((), ("--allow-overlap",)):
        _, messages = called(*RUN, task, *more, folder=tmp_path, code=3)
        assert f"error[same-file]: train and dev are both {name!r}" in messages
    out, _ = called("check-data", task, folder=tmp_path, code=3)
    assert f"train and dev are both {name!r}" in out
    assert not (tmp_path / "results").exists()


@pytest.mark.slow
def test_a_development_set_that_is_a_copy_of_train_is_a_red_line(task, tmp_path):
    copy(task, "train", "dev")
    out, _ = harness(*RUN, task, folder=tmp_path)
    line = next(line for line in out.split("\n") if "overlap of test, dev and train" in line)
    assert "DIFFERS" in line
    assert "8 of 8 dev sentences are in train" in line


@pytest.mark.slow
def test_a_train_set_that_contains_the_test_set_is_refused(task, tmp_path):
    append(task, tiny_task.TEST, "train")
    _, messages = harness(*RUN, task, folder=tmp_path, code=3)
    assert "3 of 3 test sentences are in train" in messages


@pytest.mark.parametrize("hide", [
    lambda text, tags: (f"{text}！", f"{tags} O"),
    lambda text, tags: ("、".join(text), " O ".join(tags.split())),
    lambda text, tags: (text.translate({ord("，"): ",", ord("。"): "．"}), tags),
], ids=["a full stop behind each", "commas within", "width"])  # fmt: skip
def test_what_does_not_make_another_sentence_does_not_hide_it(hide, task, tmp_path):
    """Short ones too: the sentences of this task have fewer units than a shingle."""
    append(task, [hide(*one) for one in tiny_task.TEST], "train")
    out, _ = called("check-data", task, folder=tmp_path, code=3)
    assert "0 of 3 sentences (0.00%) of test are in train, too, 3 more nearly" in out
    assert "a run would refuse this task" in out


@pytest.mark.slow
def test_overlap_that_is_allowed_is_recorded_with_its_counts(task, tmp_path):
    append(task, tiny_task.TEST[:2], "train")
    harness(*RUN, task, "--allow-overlap", folder=tmp_path)
    for path in tmp_path.glob("results/tiny/*/run.json"):
        run = json.loads(path.read_text(encoding="utf-8"))
        assert run["settings"]["allow_overlap"] is True
        assert run["data"]["overlap"][0]["exact"] == 2
        lines = path.with_name("predictions.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["seen"] for line in lines] == [True, True, False]


@pytest.mark.slow
def test_overlap_that_is_allowed_is_a_mark_on_every_row_and_a_red_line(task, tmp_path):
    append(task, tiny_task.TEST[:2], "train")
    out, _ = harness(*RUN, task, "--allow-overlap", folder=tmp_path)
    assert "2 of 3 test sentences are in train" in out.split("### ")[1].split("F1 is")[0]
    assert "DIFFERS" in next(line for line in out.split("\n") if "overlap of test" in line)


@pytest.mark.slow
def test_a_sentence_of_train_that_is_called_unseen_makes_the_run_unsound(task, tmp_path):
    append(task, tiny_task.TEST[:1], "train")
    harness(*RUN, task, folder=tmp_path)
    for path in tmp_path.glob("results/tiny/*/predictions.jsonl"):
        text = path.read_text(encoding="utf-8").replace('"seen":true', '"seen":false')
        path.write_text(text, encoding="utf-8")
    out, _ = called("verify", "results", folder=tmp_path, code=1)
    assert "sentences in train: run.json says 1, predictions.jsonl holds 0" in out


@pytest.mark.slow
def test_f1_on_what_train_does_not_have_stands_beside_the_headline(task, tmp_path):
    append(task, tiny_task.TEST[:1], "train")
    hard = ("赵六在西安。", "B_PER I_PER O B_LOC I_LOC O")
    tiny_task.write_split(task.parent / "data", "test", [*tiny_task.TEST, hard])
    out, _ = harness(*RUN, task, folder=tmp_path)
    head, _, row = ([cell.strip(" *") for cell in line.split("|")] for line in out.split("\n")
                    if line.startswith("|"))  # fmt: skip
    cells = dict(zip(head, row, strict=True))
    assert cells["F1"] == "80.00 ± 0.00"  # 4 of 6 entities
    assert cells["F1 unseen"] == "66.67"  # without the sentence of train: 2 of 4
    assert "1 of 4 test sentences are in train" in out
