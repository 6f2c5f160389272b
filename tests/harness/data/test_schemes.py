"""Every spelling of a file means the same spans; what it cannot mean is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Span
from harness.data import schemes
from harness.data.schemes import Spelling
from harness.tags import POLICIES, decode, encode, invalid_transitions

LABELS = ("PER", "PER.NOM", "creative-work", "A_B-C")
LETTERS = {  # begin, inside, end, single
    "BIO": "BIIB",
    "BIOES": "BIES",
    "BMES": "BMES",
    "BILOU": "BILU",
}


@st.composite
def sentences(draw):
    """A number of units, and spans over them."""
    spans, end = [], 0
    for gap, size in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4)), max_size=5)):
        spans.append(Span(end + gap, end + gap + size, draw(st.sampled_from(LABELS))))
        end += gap + size
    return end + draw(st.integers(0, 2)), tuple(spans)


def spell(spans, units, scheme, separator):
    """The tags of ``spans`` in a scheme, from its definition."""
    begin, inside, end, single = LETTERS[scheme]
    tags = ["O"] * units
    for span in spans:
        letters = single if len(span) == 1 else begin + inside * (len(span) - 2) + end
        for position, letter in enumerate(letters, start=span.start):
            tags[position] = f"{letter}{separator}{span.label}"
    return tuple(tags)


@given(sentences(), st.sampled_from(sorted(LETTERS)), st.sampled_from("_-"))
def test_spans_come_back_from_every_spelling_under_every_policy(sentence, scheme, separator):
    units, spans = sentence
    tags = spell(spans, units, scheme, separator)
    for policy in POLICIES:
        assert schemes.read(tags, scheme, policy) == schemes.ParsedGold(spans)
    if spans:
        found = schemes.detect(tags)
        assert found.separator == separator
        assert schemes.read(tags, found.scheme, "conlleval").spans == spans


TAGS = ("O", *(f"{letter}-{label}" for letter in "BI" for label in ("X", "Y")))


@given(st.lists(st.sampled_from(TAGS)), st.sampled_from(POLICIES))
def test_bio_is_read_as_the_tags_module_reads_it(tags, policy):
    gold = schemes.read(tags, "BIO", policy)
    assert gold.spans == decode(tags, policy)
    assert len(gold.malformed) == invalid_transitions(tags)


BIOES = ("O", *(f"{letter}-{label}" for letter in "BIES" for label in ("X", "Y")))


@given(st.lists(st.sampled_from(BIOES), max_size=12), st.sampled_from(POLICIES))
def test_any_bioes_sequence_is_read_and_a_sound_one_is_its_own_spelling(tags, policy):
    gold = schemes.read(tags, "BIOES", policy)
    respelled = spell(gold.spans, len(tags), "BIOES", "-")
    assert (not gold.malformed) == (respelled == tuple(tags))
    assert decode(encode(gold.spans, len(tags))) == gold.spans  # in order, without overlap


@pytest.mark.parametrize(
    ("tags", "conlleval", "strict", "malformed"),
    [
        ("B-X E-X I-X O", [(0, 2), (2, 3)], [(0, 2)], (2, 3)),  # goes on after its end; no end
        ("S-X E-X", [(0, 1), (1, 2)], [(0, 1)], (1,)),
        ("B-X I-X O", [(0, 2)], [(0, 2)], (2,)),  # never ends
        ("B-X", [(0, 1)], [(0, 1)], (0,)),
        ("E-X E-X", [(0, 1), (1, 2)], [], (0, 1)),
        ("B-X E-Y", [(0, 1), (1, 2)], [(0, 1)], (1,)),
        ("S-X I-X E-X", [(0, 1), (1, 3)], [(0, 1)], (1,)),
    ],
)
def test_malformed_bioes(tags, conlleval, strict, malformed):
    sequence = tags.split(" ")
    for policy, spans in (("conlleval", conlleval), ("strict", strict), ("discard", strict)):
        gold = schemes.read(sequence, "BIOES", policy)
        assert [(span.start, span.end) for span in gold.spans] == spans
        assert gold.malformed == malformed


@pytest.mark.parametrize(
    ("tags", "spelling"),
    [
        ("O", "BIO, B-X"),
        ("B_X I_X", "BIO, B_X"),
        ("B-X E-X", "BIOES, B-X"),
        ("S_X", "BIOES, B_X"),
        ("B-X M-X E-X", "BMES, B-X"),
        ("B-X L-X U-X", "BILOU, B-X"),
        ("B-creative_work I-PER_NOM", "BIO, B-X"),
    ],
)
def test_the_spelling_of_a_file_is_seen(tags, spelling):
    assert str(schemes.detect(tags.split(" "))) == spelling


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ("B-X M-X I-X", "the letters B, I, M belong to none of BIO, BIOES, BMES, BILOU"),
        ("B-X E-X L-X", "belong to none of"),
        ("B-X I_X", "one file writes tags in two ways: 'B-X' and 'I_X'"),
    ],
)
def test_a_mixture_is_refused(tags, message):
    with pytest.raises(ValueError, match=message):
        schemes.detect(tags.split(" "))


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("b-PER", "lower-case letter; write 'B-PER'"),
        ("B-", "has no label"),
        ("B", "is not a tag"),
        ("BPER", "is not a tag"),
        ("o", "is not a tag"),
        ("", "is not a tag"),
        ("O ", "is not a tag"),
        ("X-PER", "is not a tag"),
        ("PER", "is not a tag"),
    ],
)
def test_what_is_no_tag_is_refused(tag, message):
    with pytest.raises(ValueError, match=message):
        schemes.parse(tag)


@pytest.mark.parametrize("label", LABELS)
def test_a_label_keeps_all_that_follows_the_separator(label):
    assert schemes.parse(f"B-{label}") == ("B", label)
    assert schemes.parse(f"I_{label}") == ("I", label)


def test_a_spelling_reads_well():
    assert str(Spelling("BIOES", "_")) == "BIOES, B_X"


def test_a_tag_that_may_neither_follow_nor_be_the_last_is_malformed_once():
    assert schemes.read(("O", "M-PER"), "BMES", "conlleval").malformed == (1,)
