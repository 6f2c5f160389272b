"""Who may be asked about nested gold is known before anything starts, and who may reaches all."""

import nested_task
import pytest
from program import called

SERVED = ("--set", "served.model=x", "served.url=http://127.0.0.1:9/v1")
FULL = "ceiling F1 100.00, {} entities; lost: window 0, tokenizer 0, repair 0, format 0"


@pytest.fixture
def task(tmp_path):
    return nested_task.make(tmp_path)


@pytest.mark.parametrize("names", [("bert-crf",), ("dictionary", "span"), ("crf", "gpt", "t5")])
def test_backends_of_tags_or_text_are_refused_before_anything_starts(task, tmp_path, names):
    command = ("run", "--task", task, "--backend", *names, "-o", "new")
    _, said = called(*command, folder=tmp_path, code=2)
    unable = [name for name in names if name != "span"]
    assert f"and {', '.join(unable)} cannot answer it: one tag a unit" in said
    assert ("(here span)" in said) == ("span" in names)
    assert "`keep: outermost` in place of `nested: true`" in said
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("name", "options"), [("span", ()), ("served", SERVED)])
def test_the_ceiling_is_all_of_the_gold_through_the_paths_of_those_that_can(
    task, tmp_path, name, options
):
    out, _ = called("oracle", "--task", task, "--backend", name, *options, folder=tmp_path)
    assert FULL.format(25) in out


def test_a_format_that_says_something_of_each_unit_once_is_refused(task, tmp_path):
    inline = (*SERVED, "served.format=inline")
    command = ("oracle", "--task", task, "--backend", "served", *inline)
    assert "served cannot answer it" in called(*command, folder=tmp_path, code=2)[1]


def test_long_sentences_are_cut_and_their_entities_come_back_whole(task, tmp_path):
    far = nested_task.line(*nested_task.joined(40))
    (tmp_path / "test.jsonl").write_text(far, encoding="utf-8")
    windows = ("--set", "window_limit=24", "window_margin=6")
    command = ("oracle", "--task", task, "--backend", "span", *windows)
    out, _ = called(*command, folder=tmp_path)
    assert "ceiling F1 100.00" in out
    assert "lost: window 0" in out


def test_a_flat_reading_of_the_same_files_is_open_to_all(tmp_path):
    task = nested_task.make(tmp_path, rule="keep: outermost")
    command = ("oracle", "--task", task, "--backend", "bert-crf", "span")
    out, _ = called(*command, folder=tmp_path)
    assert out.count(FULL.format(18)) == 2
