"""brat's own code, which ``bratiaa`` carries along, reads what we write, and we what it writes."""

from pathlib import Path

import pytest
from any_sentences import annotated, sentences
from bratsubset.annotation import TextAnnotations, TextBoundAnnotationWithText
from bratsubset.projectconfig import get_entity_type_list
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Sentence, Span
from harness.data import readers
from harness.data.readers.brat import BratSource
from harness.data.writers import brat
from harness.data.writers.annotated import Annotated
from harness.errors import DataError


def found_by_brat(stem):
    """Label, offsets and text of each entity that brat takes from a document; no line is lost."""
    document = TextAnnotations(str(stem))
    assert document.failed_lines == []
    for one in document.get_textbounds():
        ((start, end),) = one.spans
        assert document.get_document_text()[start:end] == one.text
        yield one.type, start, end


def places(items):
    """Label and offsets of each entity in the lines of ``items``, one below the other."""
    before = 0
    for one in items:
        for span in one.spans:
            start, end = one.sentence.characters(span)
            yield span.label, before + start, before + end
        before += len(one.sentence.text) + 1


@pytest.mark.parametrize("joiner", ["", " "], ids=["characters", "words"])
def test_brat_finds_each_entity_where_it_is(joiner, tmp_path_factory):
    @given(st.lists(sentences(joiner), min_size=1, max_size=3))
    def check(drawn):
        folder = tmp_path_factory.mktemp("brat")
        items = annotated(drawn, joiner)
        try:
            brat.write(folder, items)
        except DataError:
            return  # a sentence of blanks alone, which no line holds
        assert list(found_by_brat(folder / "00001")) == list(places(items))

    check()


def offered(folder, *labels):
    """The labels in brat's menu for sentences with ``labels``."""
    spans = tuple(Span(i, i + 1, label) for i, label in enumerate(labels))
    brat.write(folder, [Annotated(Sentence("s", tuple("张京年"), ""), spans)])
    return [one.storage_form() for one in get_entity_type_list(str(folder))]


def test_brat_offers_the_labels_of_the_configuration(tmp_path, caplog):
    assert offered(tmp_path, "LOC", "PER_NAM", "a-b") == ["LOC", "PER_NAM", "a-b"]
    assert not caplog.messages


def test_a_label_that_brat_would_write_otherwise_is_warned_of_with_what_it_writes(tmp_path, caplog):
    assert offered(tmp_path, "LOC", "PER.NAM", "人名") == ["LOC", "PER_NAM", "__"]
    (message,) = caplog.messages
    assert message.endswith("(PER.NAM as PER_NAM, 人名 as __)")


def test_what_a_person_adds_in_brat_is_read(tmp_path):
    sentence = Sentence("s", tuple("😀孙洋在杭州。"), "")
    brat.write(tmp_path, [Annotated(sentence, (Span(1, 3, "PER"),))])
    stem = tmp_path / "00001"
    document = TextAnnotations(str(stem))
    document.add_annotation(TextBoundAnnotationWithText([(4, 6)], "T2", "LOC", "杭州"))
    Path(f"{stem}.ann").write_text(str(document), encoding="utf-8")
    (record,) = readers.read(BratSource(tmp_path, "")).records
    assert record.spans == (Span(1, 3, "PER"), Span(4, 6, "LOC"))
