"""What is written comes back unit by unit, in every format, whatever the characters."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import errors, put

from harness.core import Sentence, Span
from harness.data import readers
from harness.data.readers import conll, jsonl, parallel
from harness.tags import encode

# Characters that str.split, str.strip and str.splitlines lose, and others of ill repute.
ODD = (
    *("\u2028", "\u2029", "\u0085", "\u3000", "\u00a0", "\x0b", "\x0c", "\x1c", "\ufeff", "\ufffd"),
    *("\u200d", "\u200b", "\ufe0f", "\u0301", "👩‍👩‍👧", "𠮷", "e\u0301", '"', "'", "\\"),
    *("#", "</s>", "ﬁ"),
)
PLAIN = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n\t ")
UNITS = st.one_of(st.sampled_from(ODD), st.text(PLAIN, min_size=1, max_size=3))
LABELS = ("PER", "A_B-C")


@st.composite
def sentences(draw, units=UNITS):
    """Units, and spans over them."""
    text = draw(st.lists(units, min_size=1, max_size=9))
    borders = sorted(draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pairs = zip(borders[::2], borders[1::2], strict=False)
    return tuple(text), tuple(Span(*pair, draw(st.sampled_from(LABELS))) for pair in pairs)


CORPORA = st.lists(sentences(), min_size=1, max_size=4)


def tags_of(units, spans):
    return encode(spans, len(units))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("readers")


@given(CORPORA, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_parallel_files_come_back(folder, corpus, end, mark, last):
    def write(name, rows):
        text = end.join(rows) + (end if last else "")
        return put(folder / name, ("\ufeff" if mark else "") + text)

    if not mark and corpus[0][0][0].startswith("\ufeff"):
        return  # such a file begins with a byte order mark, by definition
    units = write("a.txt", [" ".join(units) for units, _ in corpus])
    tags = write("a_TAG.txt", [" ".join(tags_of(*sentence)) for sentence in corpus])
    reading = readers.read(parallel.ParallelSource(units, parallel.beside(units)))
    assert errors(reading) == []
    assert [(r.units, r.tags) for r in reading.records] == [(s[0], tags_of(*s)) for s in corpus]
    assert [r.line for r in reading.records] == [*range(1, len(corpus) + 1)]
    assert parallel.beside(units) == tags


SPACED = st.one_of(UNITS, st.sampled_from([" ", "\t"]))


@given(
    st.lists(sentences(SPACED), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_columns_come_back_with_spaces_and_tabs_as_units(folder, corpus, end, last):
    if corpus[0][0][0].startswith("\ufeff"):
        return
    blocks = [
        "".join(f"{u}\t{t}{end}" for u, t in zip(s[0], tags_of(*s), strict=True)) for s in corpus
    ]
    path = put(folder / "a.conll", end.join(blocks) + (end if last else ""))
    reading = readers.read(conll.ConllSource(path))
    assert errors(reading) == []
    assert [(r.units, r.tags) for r in reading.records] == [(s[0], tags_of(*s)) for s in corpus]


CHARACTERS = st.one_of(
    st.sampled_from([mark for mark in ODD if len(mark) == 1]),
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
)


@given(st.lists(sentences(CHARACTERS), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_json_spans_come_back_from_text(folder, corpus, ascii_only, mention):
    rows = []
    for number, (units, spans) in enumerate(corpus):
        sentence = Sentence("", units)
        entries = [
            {
                **dict(zip(("start", "end"), sentence.characters(span), strict=True)),
                "label": span.label,
                **({"text": sentence.mention(span)} if mention else {}),
            }
            for span in reversed(spans)
        ]
        rows.append({"id": number, "text": sentence.text, "spans": entries})
    text = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows)
    reading = readers.read(jsonl.JsonlSource(put(folder / "a.jsonl", text)))
    assert errors(reading) == []
    assert [(r.units, r.spans) for r in reading.records] == corpus


@given(CORPORA, st.booleans())
def test_json_tokens_come_back_with_spans_or_tags(folder, corpus, with_tags):
    rows = []
    for units, spans in corpus:
        sentence = Sentence("", units, " ")
        marks = [(*sentence.characters(span), span.label) for span in spans]
        entries = [dict(zip(("start", "end", "label"), mark, strict=True)) for mark in marks]
        gold = {"tags": tags_of(units, spans)} if with_tags else {"spans": entries}
        rows.append({"tokens": units, **gold})
    path = put(folder / "a.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    reading = readers.read(jsonl.JsonlSource(path, " "))
    assert errors(reading) == []
    found = [(r.units, r.tags if with_tags else r.spans) for r in reading.records]
    assert found == [(s[0], tags_of(*s) if with_tags else s[1]) for s in corpus]
