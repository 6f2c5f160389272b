"""spaCy's DocBin: each ``Doc`` is a sentence, its ``ents`` are the entities.

In a task of characters the text is cut into characters, whatever the tokens are; in one of words
each token is a unit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core import Span
from harness.data.readers.entry_errors import EntryError, check_units
from harness.data.readers.offsets import spans
from harness.data.readers.records import Problem, Raw, ReadSplit, counted
from harness.errors import ConfigError


@dataclass(frozen=True, slots=True)
class DocBinSource:
    """The file of one split, and what stands between two units of its texts."""

    path: Path
    joiner: str = ""


def library() -> Any:
    """The package ``spacy``.

    Raises:
        ConfigError: where it is not installed.
    """
    try:
        import spacy
        import spacy.tokens
    except ImportError:
        msg = "spaCy's DocBin needs the package `spacy`: pip install 'ner-harness[spacy]'"
        raise ConfigError(msg) from None
    return spacy


def read(source: DocBinSource) -> ReadSplit:
    """The documents of a file, numbered from 1 in place of lines.

    Raises:
        ConfigError: without spaCy.
    """
    file, spacy = str(source.path), library()
    problems, records, empty = list[Problem](), list[Raw](), list[int]()
    try:
        docs = list(_docs(spacy, source.path))
    except Exception as error:  # noqa: BLE001 - what the library makes of a damaged file is its own
        said = getattr(error, "strerror", None) or next(iter(str(error).splitlines()), "")
        message = f"cannot be read as a DocBin: {said or type(error).__name__}"
        return ReadSplit(file, (), (Problem(file, None, "unreadable", "error", message),))
    for number, doc in enumerate(docs, start=1):
        try:
            record = _whole_record(doc, number, source.joiner)
        except EntryError as error:
            problems.append(Problem(file, number, error.code, "error", error.message))
            continue
        if record:
            records.append(record)
        else:
            empty.append(number)
    problems += counted(file, empty, "empty-line", "note", "a document without text: skipped")
    return ReadSplit(file, tuple(records), tuple(problems))


def _docs(spacy: Any, path: Path) -> Any:
    packed = spacy.tokens.DocBin().from_bytes(path.read_bytes())
    return packed.get_docs(spacy.blank("xx").vocab)


def _whole_record(doc: Any, number: int, joiner: str) -> Raw | None:
    """The sentence of one document, which may hold numbers of names that the file does not have."""
    try:
        return _record(doc, number, joiner)
    except (ValueError, KeyError) as error:
        raise EntryError("unreadable", f"a damaged document: {error}") from None


def _record(doc: Any, number: int, joiner: str) -> Raw | None:
    """The sentence of one document; None for an empty one."""
    if joiner:
        units = tuple(token.text for token in doc)
        odd = next((unit for unit in units if not unit.strip()), None)
        if odd is not None:
            raise EntryError("empty-unit", f"the token {odd!r} is no word; leave such tokens out")
        found = tuple(Span(ent.start, ent.end, ent.label_) for ent in doc.ents)
    else:
        units = tuple(doc.text)
        entries = [{"start": ent.start_char, "end": ent.end_char, "label": ent.label_}
                   for ent in doc.ents]  # fmt: skip
        found = spans(entries, units, joiner)
    check_units(units, joiner)
    return Raw(units, number, spans=found) if units else None
