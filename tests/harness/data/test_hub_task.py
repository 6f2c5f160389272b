"""A data set of a hub in one line: what a task file would say is read from the data, or refused."""

from pathlib import Path

import pytest
from program import called
from reading import CORPUS, task_file, write_conll, write_parallel

from harness.data import taskfile
from harness.data.hub_task import HubReference
from harness.data.task import load, read
from harness.errors import ConfigError, DataError
from harness.results import reader
from harness.tags import encode

REVISION = "0123abc"
REFERENCE = f"hub:somebody/small@{REVISION}"
TAGS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")


def rows(corpus, split):
    """Units and tags of each sentence."""
    return [(list(text), list(encode(spans, len(text)))) for text, spans in corpus[split]]


@pytest.fixture
def saved(datasets, tmp_path):
    """Save CORPUS, in the layout that a hub's library gives it, as a copy of a revision."""

    def save(
        splits=("train", "validation", "test"), *, folder=f"somebody/small@{REVISION}",
        numbered=True, corpus=CORPUS, extra=(), units="tokens", tags="ner_tags",
    ):  # fmt: skip
        classes = datasets.ClassLabel(names=list(TAGS)) if numbered else datasets.Value("string")
        features = datasets.Features(
            {"id": datasets.Value("string"), units: datasets.List(datasets.Value("string"))}
            | {name: datasets.List(classes) for name in (tags, *extra)}
        )
        found = {}
        for split in splits:
            listed = rows(corpus, {"validation": "dev"}.get(split, split))
            spelled = [[TAGS.index(t) if numbered else t for t in row] for _, row in listed]
            columns = {"id": [str(n) for n in range(len(listed))], units: [u for u, _ in listed]}
            columns |= dict.fromkeys((tags, *extra), spelled)
            found[split] = datasets.Dataset.from_dict(columns, features=features)
        datasets.DatasetDict(found).save_to_disk(tmp_path / folder)
        return tmp_path

    return save


def test_labels_splits_and_columns_are_those_of_the_data(saved, tmp_path):
    draft = read(REFERENCE, saved(extra=("chunk_tags",)))
    file = draft.file
    assert (file.name, file.labels, file.joiner) == ("somebody-small", ["PER", "LOC"], "")
    assert {name: files.units for name, files in file.splits.items()} == {
        "train": "train", "dev": "validation", "test": "test",
    }  # fmt: skip
    assert (file.hub.tokens, file.hub.tags, file.source) == ("tokens", "ner_tags", REFERENCE)
    assert str(draft.path) == REFERENCE


def test_the_task_is_that_of_the_same_data_in_files(saved, tmp_path):
    write_parallel(tmp_path)
    assert load(REFERENCE, saved()).fingerprint == load(task_file(tmp_path)).fingerprint


def test_tags_may_be_text(saved):
    data = saved(numbered=False)
    assert load(REFERENCE, data).labels == ("LOC", "PER")


def test_a_development_set_is_carved_out_of_train_where_there_is_none(saved):
    many = CORPUS | {"train": [(f"李雷在京{n}", ()) for n in range(60)] + CORPUS["train"]}
    task = load(REFERENCE, saved(("train", "test"), corpus=many))
    assert len(task.splits["train"]) + len(task.splits["dev"]) == 62
    assert 0 < len(task.splits["dev"]) < 20


def test_a_configuration_is_a_part_of_the_reference(saved):
    data = saved(folder=f"somebody/small/zh@{REVISION}")
    assert load(f"hub:somebody/small:zh@{REVISION}", data).name == "somebody-small-zh"


def test_words_are_joined_by_spaces(saved):
    corpus = {name: [("ab", ())] for name in CORPUS}
    assert load(REFERENCE, saved(corpus=corpus)).joiner == " "


def test_another_revision_is_another_place_and_other_rows_another_fingerprint(saved):
    first = load(REFERENCE, saved()).fingerprint
    moved = CORPUS | {"test": CORPUS["dev"]}
    data = saved(folder="somebody/small@refs/convert/parquet", corpus=moved)
    assert load("hub:somebody/small@refs/convert/parquet", data).fingerprint != first
    with pytest.raises(DataError, match="somebody/small@main"):
        load("hub:somebody/small@main", data)


OPEN = {
    "no test set": ({"splits": ("train", "validation")}, "no split for test among train, valid"),
    "two columns of tags": (
        {"tags": "a", "extra": ("b",)},
        "which column holds the tags? It could be a, b, of id, tokens, a, b",
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_the_data_leave_open_is_refused_with_what_to_write(saved, name):
    how, words = OPEN[name]
    with pytest.raises(ConfigError) as caught:
        load(REFERENCE, saved(**how))
    assert words in str(caught.value)
    assert f"repository: somebody/small and revision: {REVISION}" in str(caught.value)


def test_tags_that_are_bare_numbers_are_refused(datasets, tmp_path):
    numbers = datasets.Dataset.from_dict({"tokens": [["a"]], "tags": [[0]]})
    datasets.DatasetDict({"train": numbers, "test": numbers}).save_to_disk(
        tmp_path / f"somebody/small@{REVISION}"
    )
    with pytest.raises(ConfigError, match="which column holds the tags"):
        load(REFERENCE, tmp_path)


@pytest.mark.parametrize(
    "text",
    ["hub:", "hub:a/b", "hub:a/b@", "hub:a/b/c@1", "hub:../b@1", "hub:a/b@..", "hub:a/b@1/../2",
     "hub:a b@1", "hub:a/b@1\n", "hub:a/b:@1"],
)  # fmt: skip
def test_another_way_to_name_one_is_refused_with_the_right_one(text):
    with pytest.raises(ConfigError, match="expected hub:OWNER/NAME@REVISION"):
        HubReference.parse(text)


@pytest.mark.parametrize("text", [REFERENCE, "hub:a@1", "hub:a/b:c-d@refs/convert/parquet"])
def test_a_reference_reads_as_it_was_written(text):
    assert str(HubReference.parse(text)) == text


def test_without_a_network_the_message_names_the_variables_and_the_places(datasets, tmp_path):
    with pytest.raises(DataError) as caught:
        load(REFERENCE, tmp_path)
    copy = tmp_path / f"somebody/small@{REVISION}"
    for words in (str(datasets.config.HF_DATASETS_CACHE), "HF_HOME", "HF_HUB_OFFLINE=1", str(copy)):
        assert words in str(caught.value)


def test_commands_take_it_as_a_task_and_record_it(saved, tmp_path):
    data = saved()
    out, _ = called("check-data", REFERENCE, "--data", data, folder=tmp_path)
    assert "somebody-small" in out
    write_conll(tmp_path)
    called(
        "import-predictions", "test.conll", "--task", REFERENCE, "--data", data,
        "--name", "perfect", folder=tmp_path,
    )  # fmt: skip
    (result,) = reader.read([tmp_path / "results"]).runs
    assert result.run.settings["task_file"] == REFERENCE
    _, messages = called(
        "check-data", REFERENCE, "--data", data, "--fix", "new", folder=tmp_path, code=2
    )
    assert "a data set of a hub is none" in messages


def test_the_documents_list_every_shipped_task_of_a_hub_with_its_reference_and_types():
    files = {name: taskfile.load(path) for name, path in taskfile.shipped().items()}
    shipped = {name: file for name, file in files.items() if file.hub}
    page = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    listed = page.partition("<!-- hub sets -->")[2].partition("<!-- end of hub sets -->")[0]
    rows = [[cell.strip(" `") for cell in line.split("|")] for line in listed.splitlines()]
    found = {row[2]: (row[1], row[5], row[6]) for row in rows if len(row) > 6 and row[2] in shipped}
    assert len(found) == len(shipped) == 7
    for name, (reference, types, licence) in found.items():
        data = shipped[name].hub
        asked = HubReference.parse(reference)
        assert (asked.repository, asked.config, asked.revision) == (
            data.repository, data.config, data.revision,
        )  # fmt: skip
        assert int(types) == len(shipped[name].labels)
        assert licence.split()[0] in shipped[name].licence
