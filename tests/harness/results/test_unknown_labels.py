"""Types that the task does not have are wrong answers, and are named."""

import tiny_task
from program import called


def test_an_import_names_the_types_that_the_task_does_not_have(tmp_path):
    task = tiny_task.make(tmp_path)
    rows = [
        "\n".join(f"{c} {'B-XYZ' if not i else 'O'}" for i, c in enumerate(text))
        for text, _ in tiny_task.TEST
    ]
    (tmp_path / "answers.conll").write_text("\n\n".join(rows) + "\n", encoding="utf-8")
    command = ("import-predictions", "answers.conll", "--task", task, "--name", "other")
    _, messages = called(*command, folder=tmp_path)
    assert "answers hold types that the task does not have, each of them wrong: XYZ (3)" in messages


def test_an_import_of_known_types_says_nothing(tmp_path):
    task = tiny_task.make(tmp_path)
    rows = ["\n".join(f"{c} B-PER" for c in text) for text, _ in tiny_task.TEST]
    (tmp_path / "answers.conll").write_text("\n\n".join(rows) + "\n", encoding="utf-8")
    command = ("import-predictions", "answers.conll", "--task", task, "--name", "other")
    _, messages = called(*command, folder=tmp_path)
    assert "types that the task" not in messages


def test_a_name_that_is_nearly_one_of_the_task_is_pointed_at(tmp_path):
    task = tiny_task.make(tmp_path)
    rows = ["\n".join(f"{c} B-PERSON" for c in text) for text, _ in tiny_task.TEST]
    (tmp_path / "answers.conll").write_text("\n\n".join(rows) + "\n", encoding="utf-8")
    command = ("import-predictions", "answers.conll", "--task", task, "--name", "other")
    _, messages = called(*command, folder=tmp_path)
    assert "PERSON (22) (did you mean 'PER'?)" in messages
