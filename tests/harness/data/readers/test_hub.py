"""A data set through `datasets`: from this machine, or pinned, or refused."""

import contextlib
import struct
import subprocess
import sys

import pytest
from reading import messages

from harness.data import readers
from harness.data.readers import hub
from harness.data.readers.entry_errors import EntryError
from harness.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def rows(datasets):
    classes = datasets.ClassLabel(names=["O", "B-PER", "I-PER"])
    features = {
        "tokens": datasets.List(datasets.Value("string")),
        "ner_tags": datasets.List(classes),
    }
    columns = {"tokens": [["张", "\u3000"], ["a"], []], "ner_tags": [[1, 2], [0], []]}
    return datasets.Dataset.from_dict(columns, features=datasets.Features(features))


def check_rows(reading):
    assert [(r.units, r.tags) for r in reading.records] == [
        (("张", "\u3000"), ("B-PER", "I-PER")),
        (("a",), ("O",)),
    ]
    assert [(problem.code, problem.line) for problem in reading.problems] == [("empty-line", 3)]


def test_an_empty_token_is_told_as_one():
    with pytest.raises(EntryError, match=r"^unit 2 is empty: a token is empty$"):
        hub._record(1, ["a", ""], ["O", "O"], None)


@pytest.mark.slow
def test_a_saved_data_set_is_read(datasets, rows, tmp_path):
    datasets.DatasetDict({"train": rows}).save_to_disk(tmp_path / "all")
    rows.save_to_disk(tmp_path / "one")
    check_rows(readers.read(hub.HubSource(str(tmp_path / "all"), "train")))
    check_rows(readers.read(hub.HubSource(str(tmp_path / "one"), "train")))
    with pytest.raises(DataError, match="no split 'dev'; it has train"):
        readers.read(hub.HubSource(str(tmp_path / "all"), "dev"))


@pytest.mark.slow
def test_a_folder_of_parquet_or_json_is_read(rows, tmp_path):
    for name in ("parquet", "json"):
        (tmp_path / name).mkdir()
    rows.to_parquet(tmp_path / "parquet" / "train.parquet")
    rows.to_json(tmp_path / "json" / "train.jsonl")
    check_rows(readers.read(hub.HubSource(str(tmp_path / "parquet"), "train")))
    plain = hub.HubSource(str(tmp_path / "json"), "train")
    assert "the tag 1 has no name; list `names`" in messages(readers.read(plain))
    named = hub.HubSource(str(tmp_path / "json"), "train", names=("O", "B-PER", "I-PER"))
    check_rows(readers.read(named))
    short = hub.HubSource(str(tmp_path / "json"), "train", names=("O", "B-PER"))
    assert "the tag 2 is not among the 2 names" in messages(readers.read(short))
    with pytest.raises(ConfigError, match="no column words; it has tokens, ner_tags"):
        readers.read(hub.HubSource(str(tmp_path / "json"), "train", tokens="words"))


ODD = {
    "no tokens": (None, ["O"], "a row needs a list of tokens and one of tags, not NoneType"),
    "no tags": (["a"], None, "not list and NoneType"),
    "text for tokens": ("a", ["O"], "not str and list"),
    "a number for tags": (["a"], 5, "not list and int"),
    "no token": ([None], ["O"], "a token is not text: [None]"),
    "no tag": (["a"], [None], "the tag None has no name"),
    "a truth for a tag": (["a"], [True], "the tag True has no name"),
    "too few tags": (["a", "b"], ["O"], "2 tokens, 1 tags"),
}


@pytest.mark.parametrize("name", ODD)
def test_a_row_of_the_wrong_shape_is_a_problem_with_its_number(name):
    tokens, tags, words = ODD[name]
    with pytest.raises(EntryError) as caught:
        hub._record(1, tokens, tags, None)
    assert words in caught.value.message


def damage(folder, pattern, content):
    for path in folder.rglob(pattern):
        path.write_bytes(content if content is not None else path.read_bytes()[:100])


@pytest.mark.slow
@pytest.mark.parametrize(
    "pattern", ["*.arrow", "state.json", "dataset_info.json", "dataset_dict.json"]
)
@pytest.mark.parametrize("content", [None, b"", b"{", b"[1]", b'{"features":{"tokens":5}}'])
def test_a_damaged_folder_is_one_error_of_data(datasets, rows, tmp_path, pattern, content):
    datasets.DatasetDict({"train": rows}).save_to_disk(tmp_path / "all")
    damage(tmp_path / "all", pattern, content)
    with contextlib.suppress(ConfigError, DataError):
        readers.read(hub.HubSource(str(tmp_path / "all"), "train"))


@pytest.mark.slow
def test_offsets_beyond_the_end_of_an_arrow_file_end_no_program(datasets, rows, tmp_path):
    """In a process of its own: what reads them unchecked crashes."""
    datasets.DatasetDict({"train": rows}).save_to_disk(tmp_path / "all")
    (path,) = (tmp_path / "all").rglob("*.arrow")
    ends = struct.pack("<4i", 0, 2, 3, 3)  # where the rows of a list end
    assert path.read_bytes().count(ends) == 2
    path.write_bytes(path.read_bytes().replace(ends, struct.pack("<4i", *[2**30] * 4)))
    read = "import sys; from harness.data import readers; from harness.data.readers import hub;"
    read += f"readers.read(hub.HubSource({str(tmp_path / 'all')!r}, 'train'))"
    done = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    assert "DataError" in done.stderr


@pytest.mark.slow
def test_a_damaged_json_file_is_one_error_of_data(datasets, tmp_path):
    (tmp_path / "json").mkdir()
    (tmp_path / "json" / "train.jsonl").write_text("{")
    with pytest.raises(DataError, match=r"json.*cannot be read: .*; save the data set again"):
        readers.read(hub.HubSource(str(tmp_path / "json"), "train"))


@pytest.mark.slow
def test_without_a_network_the_message_names_the_variables_and_the_cache(datasets):
    with pytest.raises(DataError) as caught:
        readers.read(hub.HubSource("somebody/something", "train", "0" * 40))
    for words in (str(datasets.config.HF_DATASETS_CACHE), "HF_HOME", "HF_HUB_OFFLINE=1"):
        assert words in str(caught.value)


@pytest.mark.slow
def test_an_unpinned_or_unreachable_repository_is_refused(datasets):
    with pytest.raises(ConfigError, match="give the `revision`"):
        readers.read(hub.HubSource("somebody/something", "train"))
    with pytest.raises(
        DataError, match=r"somebody/something\[train\] cannot be read.*save_to_disk"
    ):
        readers.read(hub.HubSource("somebody/something", "train", "0" * 40))


def test_without_the_library_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ConfigError, match=r"pip install 'ner-harness\[hub\]'"):
        readers.read(hub.HubSource("somebody/something", "train", "main"))
