"""Gold and answers leave in each format, and come back as they were."""

import pytest
import tiny_task
from finished_runs import finished, task
from program import called

from harness.data import task as tasks
from harness.data.formats import FORMATS, WRITTEN
from harness.results import reader
from harness.tags import decode


def usable(name):
    if name == "docbin":
        pytest.importorskip("spacy")
    return name


@pytest.mark.parametrize("name", WRITTEN)
def test_the_demo_has_its_fingerprint_in_every_format(name, tmp_path):
    out, _ = called("export-data", "demo", "--to", usable(name), "-o", "made", folder=tmp_path)
    assert out == "made/demo.yaml\n"
    assert tasks.load(tmp_path / "made" / "demo.yaml").fingerprint == tasks.load("demo").fingerprint


def test_what_is_read_again_as_something_else_is_not_written(tmp_path, monkeypatch):
    """A writer that loses the last entity of a sentence: the fingerprint tells."""
    from harness.data import formats
    from harness.data.writers import jsonl

    def forgetful(path, items):
        jsonl.write(path, [type(one)(one.sentence, one.spans[:-1]) for one in items])

    changed = formats.DataFormat("jsonl", ".jsonl", "", "", FORMATS["jsonl"].open, forgetful)
    monkeypatch.setitem(formats.FORMATS, "jsonl", changed)
    _, err = called("export-data", "demo", "--to", "jsonl", "-o", "made", folder=tmp_path, code=3)
    assert "is not what it was when it is read again" in err
    assert list(tmp_path.iterdir()) == []


def test_a_format_that_is_none_and_a_folder_that_is_taken(tmp_path):
    _, err = called("export-data", "demo", "--to", "conl", "-o", "made", folder=tmp_path, code=2)
    assert "(did you mean 'conll'?)" in err
    _, err = called("export-data", "demo", "--to", "hub", "-o", "made", folder=tmp_path, code=2)
    assert "no format 'hub' to write" in err
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "mine").write_text("mine")
    _, err = called("export-data", "demo", "--to", "conll", "-o", "made", folder=tmp_path, code=2)
    assert "nothing was overwritten" in err
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["mine"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("answers")
    return place, finished(task(place / "data"), "crf", place / "results")


@pytest.mark.parametrize("name", ["conll", "jsonl", "labelstudio"])
def test_answers_come_back_by_import_predictions_with_every_tag(run, name, tmp_path):
    place, folder = run
    suffix = FORMATS[name].suffix
    called("export-predictions", folder, "--to", name, "-o", f"found{suffix}", folder=tmp_path)
    called("import-predictions", f"found{suffix}", "--task", place / "data" / "told.yaml",
           "--format", name, "--name", "back", "-o", "results", folder=tmp_path)  # fmt: skip
    (back,) = reader.read([tmp_path / "results"]).runs
    first = reader.one(folder)
    assert [decode(one.tags) for one in back.answers().predictions] == [
        decode(one.tags) for one in first.answers().predictions
    ]
    assert back.metrics.micro() == first.metrics.micro()
    assert first.metrics.micro().tp > 20


@pytest.mark.parametrize("name", ["doccano", "brat", "docbin"])
def test_answers_are_written_for_the_tools(run, name, tmp_path):
    from harness.data import readers

    _, folder = run
    path = tmp_path / f"found{FORMATS[name].suffix}"
    called("export-predictions", folder, "--to", usable(name), "-o", path, folder=tmp_path)
    found = readers.read(FORMATS[name].open(path, "")).records
    expected = [decode(one.tags) for one in reader.one(folder).answers().predictions]
    assert [one.spans for one in found] == expected


def test_confidence_goes_with_the_answers_at_the_temperature_of_the_run(run, tmp_path):
    import json

    from harness import api

    _, folder = run
    called("export-predictions", folder, "--to", "jsonl", "-o", "x.jsonl", folder=tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    called("import-predictions", "x.jsonl", "--task", run[0] / "data" / "told.yaml", "--name",
           "back", "-o", "results", folder=tmp_path)  # fmt: skip
    (back,) = reader.read([tmp_path / "results"]).runs
    told = [span["confidence"] for line in lines for span in line["spans"]]
    predicted = api.predict(folder, [line["text"] for line in lines])
    ours = [entity.confidence for one in predicted for entity in one.entities]
    assert told == pytest.approx(ours, abs=1e-5)
    kept = [sure for one in back.answers().predictions for sure in one.confidence]
    assert kept == pytest.approx(told, abs=1e-5)
    assert told


def test_words_keep_their_units(tmp_path):
    lines = "".join(f"{word}\tO\n" for word in ["U.S.", "is", "far"]) + "Rome\tB-LOC\n\n"
    for name in ("train", "dev", "test"):
        (tmp_path / f"{name}.txt").write_text(lines, encoding="utf-8")
    (tmp_path / "words.yaml").write_text(
        "name: words\nlanguage: en\nformat: conll\njoiner: ' '\nlabels: [LOC]\n"
        "splits: {train: train.txt, dev: dev.txt, test: test.txt}\n"
    )
    for name in WRITTEN:
        called("export-data", "words.yaml", "--to", usable(name), "-o", name, folder=tmp_path)
        made = tasks.load(tmp_path / name / "words.yaml")
        assert made.examples["test"][0].sentence.units == ("U.S.", "is", "far", "Rome")


def test_tiny_task_of_parallel_files_too(tmp_path):
    made = tiny_task.make(tmp_path / "tiny")
    called("export-data", made, "--to", "brat", "-o", "out", folder=tmp_path)
    assert (
        (tmp_path / "out" / "train" / "annotation.conf").read_text().startswith("[entities]\nLOC")
    )
