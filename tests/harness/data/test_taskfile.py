"""A task file is checked before any data is read, and data is looked for in named places."""

import pytest
from reading import CORPUS, task_file, write_parallel

from harness.data import taskfile
from harness.data.task import load, read
from harness.errors import ConfigError, DataError
from harness.tags import encode


@pytest.fixture
def small(tmp_path):
    write_parallel(tmp_path)
    return tmp_path


# --- the task file -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"lables": []}, "unknown key 'lables' (did you mean 'labels'?)"),
        ({"labels": None}, "the key 'labels' is missing"),
        ({"labels": []}, "at least one label"),
        ({"labels": ["PER", "PER"]}, "PER is listed twice"),
        ({"labels": ["O"]}, "'O' cannot be a label"),
        ({"labels": ["a b"]}, "'a b' cannot be a label"),
        ({"labels": [1]}, "labels.0: Input should be a valid string, found 1"),
        ({"name": "../x"}, "must be 1 to 100 characters: letters from A to Z, digits"),
        ({"name": "我的数据"}, "must be 1 to 100 characters: letters from A to Z, digits"),
        ({"name": "a" * 101}, "must be 1 to 100 characters"),
        ({"scheme": "IOB2"}, ": scheme: Input should be 'auto', 'BIO', 'BIOES', 'BMES' or 'BILOU'"),
        ({"splits": {"train": "a", "valid": "b", "test": "c"}}, "dev missing, found 'valid'"),
        ({"joiner": "-"}, "joiner: Input should be '' or ' '"),
        ({"policy": "lenient"}, "policy: Input should be 'conlleval', 'strict' or 'discard'"),
        ({"format": "brad"}, "format: no format 'brad' (did you mean 'brat'?)"),
        ({"scheme": "IOB"}, "scheme"),
        ({"splits": {"train": "a", "test": "b"}}, "dev missing; a split can be carved"),
        ({"splits": {"train": {"unit": "a"}}}, "unknown key 'splits.train.unit'"),
        ({"carve": {"dev": {"from": "train", "share": 0.1}}}, "carve.dev: must be a new split"),
        ({"carve": {"x": {"from": "y", "share": 0.1}}}, "carve.x: must be a new split"),
        ({"carve": {"x": {"from": "train", "share": 1.5}}}, "carve.x.share"),
        (
            {"carve": {name: {"from": "train", "share": 0.5} for name in "xy"}},
            "x and y leave nothing of train",
        ),
        ({"format": "hub"}, "`hub` needs `format: hub`, which needs `hub`"),
        ({"columns": 1}, "columns"),
    ],
)
def test_a_wrong_task_file_is_refused(small, keys, message):
    path = task_file(small, **keys)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_errors_of_a_task_file_have_lines(tmp_path):
    path = tmp_path / "task.yaml"
    path.write_text("name: x\nlanguage: zh\nformat: conll\njoiner: ''\nlabels: [A]\nsplit: {}\n")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert f"{path}:6: unknown key 'split' (did you mean 'splits'?)" in str(caught.value)


def test_a_label_called_no_is_a_label(small):
    text = task_file(small).read_text(encoding="utf-8").replace('["PER", "LOC"]', "[PER, LOC, NO]")
    (small / "task.yaml").write_text(text, encoding="utf-8")
    assert load(small / "task.yaml").labels == ("PER", "LOC", "NO")


@pytest.mark.slow
def test_a_folder_beside_the_task_file_stands_in_for_the_hub(small):
    datasets = pytest.importorskip("datasets", reason="needs the extra `hub`")
    datasets.disable_progress_bars()
    parts = {}
    for split, sentences in CORPUS.items():
        tags = [list(encode(spans, len(text))) for text, spans in sentences]
        columns = {"tokens": [list(text) for text, _ in sentences], "ner_tags": tags}
        parts[split] = datasets.Dataset.from_dict(columns)
    datasets.DatasetDict(parts).save_to_disk(small / "somebody" / "small")
    expected = load(task_file(small)).fingerprint
    hub = {"repository": "somebody/small", "revision": "0" * 40}
    path = task_file(small, format="hub", hub=hub, splits={name: name for name in CORPUS})
    assert load(path).fingerprint == expected


# --- places --------------------------------------------------------------------------------------


def test_data_is_looked_for_in_four_places_in_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(taskfile.DATA_VARIABLE, str(tmp_path / "variable"))
    tasks = tmp_path / "tasks"
    tasks.mkdir()
    path = task_file(tasks, root="small")
    with pytest.raises(DataError) as caught:
        load(path, tmp_path / "given")
    tried = [tasks, tmp_path / "given", tmp_path / "variable", "data"]
    for place in tried:
        assert f"  {place}/small (" in str(caught.value)
    assert "--data FOLDER or NER_HARNESS_DATA=FOLDER" in str(caught.value)

    for place in reversed(tried):
        folder = tmp_path / place / "small"
        folder.mkdir(parents=True)
        write_parallel(folder)
        found = read(path, tmp_path / "given").items["train"][0].file
        assert (tmp_path / found).parent == folder


def test_a_variable_that_is_empty_names_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(taskfile.DATA_VARIABLE, "")
    (tmp_path / "tasks").mkdir()
    (tmp_path / "small").mkdir()
    with pytest.raises(DataError, match="no folder with the data"):
        load(task_file(tmp_path / "tasks", root="small"))


def test_shipped_tasks_are_found_by_name_and_others_by_path(small):
    assert taskfile.find("demo").name == "demo.yaml"
    assert taskfile.find("other.yaml").name == "other.yaml"
    with pytest.raises(ConfigError, match=r"no task 'resum' \(did you mean 'resume'\?\)"):
        taskfile.find("resum")
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load(small / "none.yaml")


@pytest.mark.parametrize("name", sorted(taskfile.shipped()))
def test_every_shipped_task_file_is_sound(name):
    file = taskfile.load(taskfile.shipped()[name])
    assert file.name == name
    assert file.hub is None or file.hub.revision
