"""Results as data: verify, rescore, merge and import stand on stored predictions alone."""

import json
from itertools import permutations

import pytest
import tiny_task
from stored_runs import change, seal, write_run

from harness.archive.external import Import, write
from harness.archive.merging import merge
from harness.archive.rescoring import Rule, rescore
from harness.data import task
from harness.errors import ConfigError, DataError
from harness.results import reader
from harness.results.verify import problems, require_sound
from harness.tags import encode


@pytest.fixture
def loaded(tmp_path):
    path = tiny_task.make(tmp_path)
    return task.load(path), str(path)


def gold_file(loaded, folder, change=lambda tags: tags):
    """A CoNLL file that answers the test set with its gold, changed."""
    lines = []
    for example in loaded[0].splits["test"].examples:
        tags = change(list(encode(example.spans, len(example.sentence))))
        rows = zip(example.sentence.units, tags, strict=True)
        lines.append("".join(f"{unit}\t{tag}\n" for unit, tag in rows))
    path = folder / "answers.conll"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def stored(loaded, tmp_path):
    path = gold_file(loaded, tmp_path, lambda tags: ["I-LOC" if t == "B-LOC" else t for t in tags])
    (folder,) = write(*loaded, Import(path, "conll", "other"), tmp_path / "results")
    return require_sound(reader.one(folder))


def test_imported_answers_are_scored_like_any_other(stored):
    assert stored.metrics.micro().f1 == 1.0
    assert stored.metrics.micro("strict").f1 < 1.0
    assert stored.run.family == "external"


def test_answers_to_another_text_are_refused_with_their_line(loaded, tmp_path):
    path = gold_file(loaded, tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("上", "北", 1), encoding="utf-8")
    with pytest.raises(DataError, match=r"answers\.conll:1: the text is not that of"):
        write(*loaded, Import(path, "conll", "other"), tmp_path / "results")
    path.write_text("张\tO\n", encoding="utf-8")
    with pytest.raises(DataError, match="1 sentences for 3"):
        write(*loaded, Import(path, "conll", "other"), tmp_path / "results")


def test_lists_of_strings_come_in_by_a_stated_rule(loaded, tmp_path):
    rows = []
    for example in loaded[0].splits["test"].examples:
        entities = [{"label": s.label, "text": example.sentence.mention(s)} for s in example.spans]
        rows.append(json.dumps({"text": example.sentence.text, "entities": entities}))
    path = tmp_path / "strings.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    (folder,) = write(*loaded, Import(path, "strings", "chat", rule="first"), tmp_path / "results")
    (result,) = reader.read([folder]).runs
    assert result.metrics.micro().f1 == 1.0
    assert result.run.variant == "read back by first"
    with pytest.raises(ConfigError, match="cursor, first, every"):
        write(*loaded, Import(path, "strings", "chat", rule="luck"), tmp_path / "results")


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "x"}'])
def test_a_line_that_is_no_answer_is_named(loaded, tmp_path, line):
    path = tmp_path / "strings.jsonl"
    path.write_text(f"{line}\n" * 3, encoding="utf-8")
    with pytest.raises(DataError, match=r"strings\.jsonl:1: "):
        write(*loaded, Import(path, "strings", "chat"), tmp_path / "results")


def test_a_sound_result_verifies_and_any_changed_answer_shows(stored):
    assert problems(stored.result) == ()
    path = stored.folder / "predictions.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("I-LOC", "I-PER", 1), encoding="utf-8")
    found = problems(stored.result)
    assert {line.split(": ")[1] for line in found} >= {"types", "predictions_sha256"}


def test_a_rescored_result_names_its_rule_and_needs_no_model(stored, tmp_path):
    folder = rescore(stored, Rule("strict", ("PER",)), tmp_path / "rescored")
    (result,) = reader.read([folder]).runs
    assert result.run.variant == "read as strict, only PER"
    assert result.metrics.labels == ("PER",)
    assert result.metrics.micro().support == stored.metrics.counts()["PER"].support
    assert problems(result) == ()
    with pytest.raises(ConfigError, match="no type XYZ"):
        rescore(stored, Rule("strict", ("XYZ",)), tmp_path / "rescored")


def test_every_writer_of_a_result_leaves_the_same_files(stored, tmp_path):
    rescored = rescore(stored, Rule("strict"), tmp_path / "rescored")
    files = {"predictions.jsonl", "history.jsonl", "train_facts.json", "run.json", "metrics.json"}
    for folder in (stored.folder, rescored):
        assert {path.name for path in folder.iterdir()} - {".lock", "claim.json"} == files
    assert reader.one(rescored).facts() == stored.result.facts() is not None


def test_results_of_two_machines_merge_and_what_differs_is_refused(stored, loaded, tmp_path):
    target = tmp_path / "all"
    assert len(merge([stored.folder], target).copied) == 1
    assert len(merge([stored.folder], target).known) == 1
    path = gold_file(loaded, tmp_path, lambda tags: ["O" for _ in tags])
    (folder,) = write(*loaded, Import(path, "conll", "third"), tmp_path / "results")
    record = json.loads((folder / "run.json").read_text())
    record["data"]["fingerprint"] = "f" * 64
    (folder / "run.json").write_text(json.dumps(record))
    seal(folder)
    with pytest.raises(ConfigError, match="data fingerprint"):
        merge([folder], target)
    assert len(reader.read([target]).runs) == 1


@pytest.mark.parametrize("order", [*permutations(("dictionary", "bf16", "fp32"))], ids=" ".join)
def test_what_differs_is_refused_in_any_order(order, tmp_path):
    for place, name in enumerate(order):
        made = {"weights": "none"} if name == "dictionary" else {"precision": name}
        write_run(tmp_path / str(place), backend=name, **made)
    with pytest.raises(ConfigError, match=r"precision: (bf16 here, fp32|fp32 here, bf16) in "):
        merge([tmp_path / str(place) for place in range(3)], tmp_path / "all")
    assert not (tmp_path / "all").exists()


def test_equal_configurations_with_other_results_do_not_merge(stored, loaded, tmp_path):
    target = tmp_path / "all"
    merge([stored.folder], target)
    path = gold_file(loaded, tmp_path, lambda tags: ["O" for _ in tags])
    (other,) = write(*loaded, Import(path, "conll", "other"), tmp_path / "elsewhere")
    change(other / "run.json", "digest", to=stored.run.digest)
    seal(other)
    with pytest.raises(ConfigError, match="same configuration and other results"):
        merge([other], target)
