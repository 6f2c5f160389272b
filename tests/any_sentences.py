"""Sentences of any characters, or of words of any, with entities: what formats have to hold."""

from hypothesis import strategies as st

from harness.core import Sentence, Span
from harness.data.writers.annotated import Annotated

CHARACTERS = "张三在京aB1，。 \u3000\u200b😀é\u0301[#-O\u2028\x0b"


@st.composite
def sentences(draw, joiner):
    alphabet = CHARACTERS if joiner == "" else "abzÄ张.-#[1'"
    unit = st.sampled_from(alphabet) if joiner == "" else st.text(alphabet, min_size=1, max_size=4)
    units = tuple(draw(st.lists(unit, min_size=1, max_size=12)))
    cuts = sorted(draw(st.sets(st.integers(0, len(units)), max_size=6)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    spans = tuple(Span(a, b, draw(st.sampled_from(["PER", "LOC", "a-b.c"]))) for a, b in pairs)
    return units, spans


def annotated(drawn, joiner):
    return [
        Annotated(Sentence(f"s{number}", units, joiner), spans)
        for number, (units, spans) in enumerate(drawn)
    ]
