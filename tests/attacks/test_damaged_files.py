"""Files that are lost, cut or made elsewhere: one message each, and the rest is still checked."""

import json

import pytest
import tiny_task
from program import called, harness
from stored_runs import change, write_row

from harness.results import reader


@pytest.fixture
def folder(tmp_path):
    write_row(tmp_path / "results", "electra", (13, 42), planned_seeds=(13, 42), sentences=6)
    return tmp_path


@pytest.fixture
def damaged(folder):
    return reader.read([folder]).runs[0].folder


def edit(path, **fields):
    """Change fields of the third answer."""
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[2] = json.dumps(json.loads(lines[2]) | fields)
    path.write_text("\n".join(lines), encoding="utf-8")


def first_tag(path, tag):
    """Give the first unit of the third answer another tag."""
    tags = json.loads(path.read_text(encoding="utf-8").split("\n")[2])["tags"]
    edit(path, tags=[tag, *tags[1:]])


PLACE = "predictions.jsonl, line 3: "
DAMAGE = {
    "not UTF-8": (lambda p: p.write_bytes(p.read_bytes().replace("。".encode(), b"\xff")), "line "),
    "cut off": (lambda p: p.write_bytes(p.read_bytes()[:-40]), "predictions.jsonl, line 6: "),
    "zeros": (lambda p: p.write_bytes(b"\0" * 100), "predictions.jsonl, line 1: "),
    "empty": (lambda p: p.write_bytes(b""), "its answers give"),
    "gone": (lambda p: p.unlink(), "predictions.jsonl cannot be read: No such file"),
    "a folder": (lambda p: (p.unlink(), p.mkdir()), "predictions.jsonl cannot be read: Is a"),
    "a tag of BIOES": (lambda p: first_tag(p, "S-PER"), f"{PLACE}'S-PER' is not a BIO tag"),
    "a tag with an underscore": (lambda p: first_tag(p, "B_PER"), f"{PLACE}'B_PER' is not a BIO"),
    "an empty tag": (lambda p: first_tag(p, ""), f"{PLACE}'' is not a BIO tag"),
    "a tag too many": (lambda p: edit(p, tags=["O"] * 99), f"{PLACE}99 tags for"),
    "raw tags too few": (lambda p: edit(p, raw_tags=["O"]), f"{PLACE}1 tags for"),
    "gold beyond the end": (lambda p: edit(p, gold=[[0, 99, "T"]]), f"{PLACE}sentence s2: a span"),
    "gold of no length": (lambda p: edit(p, gold=[[3, 3, "T"]]), f"{PLACE}a span needs"),
    "gold that overlaps": (lambda p: edit(p, gold=[[0, 3, "T"], [2, 4, "T"]]), f"{PLACE}sentence"),
    "an empty unit": (lambda p: edit(p, units=[""]), f"{PLACE}sentence s2: unit 0 is empty"),
    "another record": (lambda p: edit(p, surprise=1), f"{PLACE}surprise: Extra inputs"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_verify_names_what_is_wrong_with_the_answers_and_checks_the_rest(folder, damaged, name):
    damage, words = DAMAGE[name]
    damage(damaged / "predictions.jsonl")
    other = next(run.folder for run in reader.read([folder]).runs if run.folder != damaged)
    change(other / "metrics.json", "units", to=1)
    out, _ = called("verify", "results", folder=folder, code=1)
    assert words in out
    assert str(damaged) in out
    assert f"{other}: units: metrics.json says 1" in out
    assert out.splitlines()[-1].startswith("2 results read, ")


@pytest.mark.parametrize("file", ["run.json", "metrics.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"null", b'{"a": 1}'])
def test_verify_names_a_record_that_cannot_be_read_and_checks_the_rest(
    folder, damaged, file, content
):
    (damaged / file).write_bytes(content)
    out, _ = called("verify", "results", folder=folder, code=1)
    assert f"{damaged}: {file}" in out
    assert "2 results read, 1 problems" in out


@pytest.mark.parametrize("file", ["run.json", "metrics.json"])
def test_no_command_that_reads_results_shows_a_traceback(folder, damaged, file):
    (damaged / file).write_bytes(b"{")
    for command in ("leaderboard", "score", "analyse"):
        out, messages = called(command, "results", folder=folder)
        assert f"(corrupt): {file} is not JSON" in out + messages


@pytest.mark.parametrize(
    ("command", "code"), [("analyse", 0), ("score", 0), ("rescore", 3), ("merge", 3)]
)
def test_commands_name_the_line_of_a_damaged_answer(folder, damaged, command, code):
    first_tag(damaged / "predictions.jsonl", "S-PER")
    more = ["-o", "again"] if code else []
    _, messages = called(command, "results", *more, folder=folder, code=code)
    assert f"{PLACE}'S-PER' is not a BIO tag" in messages


def test_verifying_nothing_is_no_success(tmp_path):
    (tmp_path / "results").mkdir()
    _, messages = called("verify", "results", folder=tmp_path, code=3)
    assert "nothing to verify: no finished run in results" in messages


def test_verifying_runs_that_never_ended_is_no_success_and_lists_them(folder):
    for run in reader.read([folder]).runs:
        (run.folder / "metrics.json").unlink()
    _, messages = called("verify", "results", folder=folder, code=3)
    assert messages.count("unfinished, no metrics.json") == 2


def test_a_damaged_history_names_its_line(folder, damaged):
    (damaged / "history.jsonl").write_text('{"number": 1}\n', encoding="utf-8")
    out, messages = called("analyse", "results", folder=folder)
    assert "history.jsonl, line 1: not an epoch of training" in messages
    assert out.count("electra") == 1, "the other run is still analysed"


def test_damaged_facts_of_the_training_data_name_their_file(folder, damaged):
    (damaged / "train_facts.json").write_bytes(b"\xff")
    out, messages = called("analyse", "results", folder=folder)
    assert f"{damaged.relative_to(folder)}/train_facts.json: " in messages
    assert out.count("electra") == 1, "the other run is still analysed"


def test_predicting_with_a_damaged_record(folder, damaged):
    (folder / "text.txt").write_text("天\n", encoding="utf-8")
    (damaged / "run.json").write_bytes(b"{")
    _, messages = called("predict", damaged, "text.txt", folder=folder, code=2)
    assert "run.json is not JSON" in messages


def test_predicting_with_answers_that_were_imported(folder, damaged):
    (folder / "text.txt").write_text("天\n", encoding="utf-8")
    change(damaged / "run.json", "origin", "distribution", to="external")
    _, messages = called("predict", damaged, "text.txt", folder=folder, code=4)
    assert "was imported: there are answers in it and no model" in messages


IMPORT = ("import-predictions", "answers.conll", "--task", "tiny.yaml", "--name", "other")
TEXT = "".join(text for text, _ in tiny_task.TEST)


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("PER", "'PER' is not a tag"),
        ("b-PER", "begins with a lower-case letter"),
        ("B-", "has no label"),
        ("X-PER", "'X-PER' is not a tag"),
    ],
)
def test_importing_tags_of_no_scheme_names_file_and_line(tmp_path, tag, words):
    tiny_task.make(tmp_path)
    first, *rest = tiny_task.TEST
    lines = [f"{unit} O" for unit in first[0]]
    lines[2] = lines[2].replace(" O", f" {tag}")
    blocks = ["\n".join(lines), *("\n".join(f"{unit} O" for unit in text) for text, _ in rest)]
    (tmp_path / "answers.conll").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    _, messages = called(*IMPORT, folder=tmp_path, code=3)
    assert "answers.conll:3: " in messages
    assert words in messages
    assert not (tmp_path / "results").exists()


def test_importing_lines_that_are_nested_without_end_names_file_and_line(tmp_path):
    tiny_task.make(tmp_path)
    deep = '{"text": "", "entities": ' + "[" * 100_000
    (tmp_path / "answers.conll").write_text(deep, encoding="utf-8")
    _, messages = called(*IMPORT, "--format", "strings", folder=tmp_path, code=3)
    assert "answers.conll:1: not JSON: maximum recursion depth" in messages


@pytest.mark.parametrize(
    "entities", [None, 1, ["PER"], [{"text": "a"}], [{"label": "", "text": "a"}],
                 [{"label": None, "text": "a"}], [{"label": "PER", "text": 1}]],
)  # fmt: skip
def test_importing_entities_without_a_label_or_a_text_names_file_and_line(tmp_path, entities):
    tiny_task.make(tmp_path)
    rows = [{"text": text, "entities": entities} for text, _ in tiny_task.TEST]
    content = "\n".join(json.dumps(row) for row in rows)
    (tmp_path / "answers.conll").write_text(content, encoding="utf-8")
    _, messages = called(*IMPORT, "--format", "strings", folder=tmp_path, code=3)
    assert "answers.conll:1: expected a list of `entities`, each with `label` and" in messages


@pytest.mark.parametrize("name", ["a\udcff", "a\nb", "a\x1b[2J"])
def test_a_name_that_cannot_be_printed_is_refused_before_anything_is_stored(tmp_path, name):
    tiny_task.make(tmp_path)
    rows = ("\n".join(f"{unit} O" for unit in text) for text, _ in tiny_task.TEST)
    (tmp_path / "answers.conll").write_text("\n\n".join(rows) + "\n", encoding="utf-8")
    _, messages = called(*IMPORT[:-1], name, folder=tmp_path, code=2)
    assert "a row needs one that can be printed" in messages
    assert not (tmp_path / "results").exists()


WINDOWS = ("--set", "window_limit=20", "--set", "window_margin=10")


def test_a_ceiling_under_windows_without_room_is_refused(tmp_path):
    tiny_task.make(tmp_path)
    arguments = ("oracle", "--backend", "dictionary", "--task", "tiny.yaml", *WINDOWS)
    _, messages = called(*arguments, folder=tmp_path, code=2)
    assert "windows of 20 units with a margin of 10 leave no room" in messages
    assert "set window_limit to 40 or more, or window_margin to 5 or less" in messages


@pytest.mark.slow
def test_a_run_with_a_limit_below_what_its_windows_need_is_refused_before_it_starts(tmp_path):
    tiny_task.make(tmp_path)
    arguments = ("run", "--backend", "dictionary", "--task", "tiny.yaml", *WINDOWS[:2])
    _, messages = harness(*arguments, folder=tmp_path, code=2)
    assert "set window_limit to 128 or more" in messages
    assert not (tmp_path / "results").exists()


def test_stating_windows_that_cannot_be_is_refused(tmp_path):
    tiny_task.make(tmp_path)
    stated = ("--state", "window_limit=20", "window_margin=10", "training=train")
    (tmp_path / "answers.conll").write_text("天 O\n", encoding="utf-8")
    _, messages = called(*IMPORT, *stated, folder=tmp_path, code=2)
    assert "leave no room" in messages
