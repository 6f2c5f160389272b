"""spaCy's DocBin: a ``Doc`` for each sentence, a token for each unit, entities as ``Doc.ents``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.data.readers.docbin import library
from harness.data.writers.annotated import Annotated, require_text


def write(path: Path, items: Sequence[Annotated]) -> None:
    """Write ``items`` into the file ``path``.

    Raises:
        ConfigError: without spaCy.
        DataError: for units that bare text does not tell.
    """
    spacy = library()
    require_text(items, "spaCy")
    vocabulary = spacy.blank("xx").vocab
    packed = spacy.tokens.DocBin(attrs=["ENT_IOB", "ENT_TYPE"])
    for one in items:
        packed.add(_doc(spacy, vocabulary, one))
    path.write_bytes(packed.to_bytes())


def _doc(spacy: Any, vocabulary: Any, one: Annotated) -> Any:
    sentence = one.sentence
    last = len(sentence) - 1
    spaces = [bool(sentence.joiner) and place < last for place in range(len(sentence))]
    doc = spacy.tokens.Doc(vocabulary, words=list(sentence.units), spaces=spaces)
    doc.ents = [
        spacy.tokens.Span(doc, span.start, span.end, label=span.label) for span in one.spans
    ]
    return doc
