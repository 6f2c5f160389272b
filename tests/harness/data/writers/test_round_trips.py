"""What is written is read again as it was: any sentences, by each format that can hold them."""

import json
import tempfile
from pathlib import Path

import pytest
from any_sentences import annotated, sentences
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Sentence, Span
from harness.data import readers
from harness.data.formats import FORMATS, WRITTEN
from harness.data.readers.conll import ConllSource
from harness.data.writers.annotated import Annotated
from harness.errors import DataError
from harness.tags import decode


def source(name, path, joiner):
    return ConllSource(path) if name == "conll" else FORMATS[name].open(path, joiner)


def there_and_back(name, items, joiner):
    if name == "docbin":
        pytest.importorskip("spacy")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"data{FORMATS[name].suffix}"
        FORMATS[name].write(path, items)
        read = readers.read(source(name, path, joiner))
    assert not [str(p) for p in read.problems if p.severity == "error"]
    return [
        (one.units, decode([t.replace("_", "-", 1) for t in one.tags]) if one.tags else one.spans)
        for one in read.records
    ]


@pytest.mark.parametrize("joiner", ["", " "], ids=["characters", "words"])
@pytest.mark.parametrize("name", WRITTEN)
def test_whatever_it_writes_it_reads_again(name, joiner):
    @given(st.lists(sentences(joiner), min_size=1, max_size=4))
    def check(drawn):
        items = annotated(drawn, joiner)
        try:
            found = there_and_back(name, items, joiner)
        except DataError:
            # Refused, with the sentence: only by what says so in the table of formats.
            assert name == "brat"
            assert any(not "".join(units).strip(" \t") for units, _ in drawn)
            return
        assert found == drawn

    check()


WORD = Annotated(Sentence("s1", ("2019", "年"), ""), (Span(0, 1, "T"),))


@pytest.mark.parametrize("name", ["docbin", "labelstudio", "doccano", "brat"])
def test_a_unit_that_text_would_take_apart_is_refused_with_a_way_out(name, tmp_path):
    if name == "docbin":
        pytest.importorskip("spacy")
    with pytest.raises(DataError, match=r"s1: '2019' is one unit, .* write jsonl"):
        FORMATS[name].write(tmp_path / "out", [WORD])


@pytest.mark.parametrize("name", ["conll", "jsonl"])
def test_and_kept_by_the_two_that_write_units(name):
    assert there_and_back(name, [WORD], "") == [(WORD.sentence.units, WORD.spans)]


@pytest.mark.parametrize("unit", ["\t", "\n", "a\nb", "-DOCSTART-"])
def test_a_unit_that_is_no_column_is_refused(unit, tmp_path):
    with pytest.raises(DataError, match="cannot stand in a column"):
        FORMATS["conll"].write(tmp_path / "x", [Annotated(Sentence("s", (unit,), ""), ())])


def test_documents_come_back_where_the_format_has_them(tmp_path):
    items = [
        Annotated(Sentence(f"s{i}", ("张",), ""), (), document)
        for i, document in enumerate(["a", "a", "b"])
    ]
    for name in ("conll", "jsonl", "labelstudio", "brat"):
        path = tmp_path / f"{name}{FORMATS[name].suffix}"
        FORMATS[name].write(path, items)
        found = [one.document for one in readers.read(source(name, path, "")).records]
        assert found[0] == found[1] != found[2], name
        assert None not in found


def test_spacy_itself_finds_the_entities(tmp_path):
    spacy = pytest.importorskip("spacy")
    from spacy.tokens import DocBin

    item = Annotated(Sentence("s", ("He", "saw", "New", "York", "."), " "), (Span(2, 4, "LOC"),))
    FORMATS["docbin"].write(tmp_path / "x.spacy", [item])
    (doc,) = DocBin().from_disk(tmp_path / "x.spacy").get_docs(spacy.blank("en").vocab)
    assert doc.text == "He saw New York ."
    assert [(ent.text, ent.label_) for ent in doc.ents] == [("New York", "LOC")]


def test_label_studios_own_library_takes_the_annotations_and_makes_columns_of_them(tmp_path):
    """Its library pins packages that cannot stand beside those of CI: tried where it is at hand."""
    pytest.importorskip("label_studio_sdk")
    from label_studio_sdk.converter.converter import Converter, Format
    from label_studio_sdk.label_interface import LabelInterface

    item = Annotated(Sentence("s", ("He", "saw", "New", "York", "."), " "), (Span(2, 4, "LOC"),))
    FORMATS["labelstudio"].write(tmp_path / "x.json", [item])
    (task,) = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    (annotation,) = task["annotations"]
    config = (
        '<View><Labels name="label" toName="text"><Label value="LOC"/></Labels>'
        '<Text name="text" value="$text"/></View>'
    )
    assert LabelInterface(config).validate_annotation(annotation)
    task["id"] = annotation["id"] = 1  # as the tool numbers what it takes in
    (tmp_path / "x.json").write_text(json.dumps([task]), encoding="utf-8")
    converter = Converter(config, str(tmp_path), download_resources=False)
    converter.convert(str(tmp_path / "x.json"), str(tmp_path / "out"), Format.CONLL2003, False)
    lines = (tmp_path / "out" / "result.conll").read_text(encoding="utf-8").splitlines()
    tags = [line.rpartition(" ")[2] for line in lines[1:] if line]
    assert tags == ["O", "O", "B-LOC", "I-LOC", "O"]


def test_what_spacy_wrote_by_its_own_tokens_is_read_as_characters(tmp_path):
    spacy = pytest.importorskip("spacy")
    from spacy.tokens import Doc, DocBin

    doc = Doc(spacy.blank("zh").vocab, words=["孙洋", "在", "杭州", "。"], spaces=[False] * 4)
    doc.set_ents([doc.char_span(0, 2, "PER"), doc.char_span(3, 5, "LOC")])
    DocBin(docs=[doc]).to_disk(tmp_path / "x.spacy")
    (record,) = readers.read(FORMATS["docbin"].open(tmp_path / "x.spacy", "")).records
    assert "".join(record.units) == "孙洋在杭州。"
    assert record.spans == (Span(0, 2, "PER"), Span(3, 5, "LOC"))
    (record,) = readers.read(FORMATS["docbin"].open(tmp_path / "x.spacy", " ")).records
    assert record.spans == (Span(0, 1, "PER"), Span(2, 3, "LOC"))


def test_a_file_that_is_no_docbin_is_one_problem(tmp_path):
    pytest.importorskip("spacy")
    (tmp_path / "x.spacy").write_bytes(b"not one")
    (problem,) = readers.read(FORMATS["docbin"].open(tmp_path / "x.spacy", "")).problems
    assert "cannot be read as a DocBin" in problem.message


def test_a_docbin_without_the_name_of_a_label_is_a_problem_of_its_document(tmp_path):
    spacy = pytest.importorskip("spacy")
    FORMATS["docbin"].write(
        tmp_path / "x.spacy", [Annotated(Sentence("s", ("年",), ""), (Span(0, 1, "T"),))]
    )
    packed = spacy.tokens.DocBin().from_disk(tmp_path / "x.spacy")
    packed.strings.remove("T")
    packed.to_disk(tmp_path / "x.spacy")
    (problem,) = readers.read(source("docbin", tmp_path / "x.spacy", "")).problems
    assert (problem.severity, problem.line) == ("error", 1)
    assert "a damaged document: " in problem.message
    (problem,) = readers.read(FORMATS["docbin"].open(tmp_path / "none", "")).problems
    assert "No such file" in problem.message


def test_found_entities_are_predictions_of_label_studio_and_gold_is_annotations(tmp_path):
    spans = (Span(0, 1, "PER"), Span(1, 2, "LOC"))
    sentence = Sentence("s", tuple("张京"), "")
    path = tmp_path / "x.json"
    FORMATS["labelstudio"].write(path, [Annotated(sentence, spans, None, (0.9, 0.4), found=True)])
    (task,) = json.loads(path.read_text(encoding="utf-8"))
    assert "annotations" not in task
    assert task["predictions"][0]["score"] == 0.4
    assert [one["score"] for one in task["predictions"][0]["result"]] == [0.9, 0.4]
    FORMATS["labelstudio"].write(path, [Annotated(sentence, spans, found=True)])
    assert "annotations" not in json.loads(path.read_text(encoding="utf-8"))[0]
