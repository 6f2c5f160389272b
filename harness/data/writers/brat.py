"""brat's standoff: in a folder, a ``.txt`` and an ``.ann`` for each document; a sentence a line."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from harness.data.writers.annotated import Annotated, require_lines, require_text

CONFIGURATION = "annotation.conf"


def write(folder: Path, items: Sequence[Annotated]) -> None:
    """Write ``items`` into ``folder``, with the configuration that names their labels.

    Raises:
        DataError: for text that is not lines, or units that it does not tell.
    """
    require_text(items, "brat")
    require_lines(items, "brat")
    folder.mkdir(parents=True, exist_ok=True)
    documents = groupby(items, lambda one: one.document)
    for number, (_, sentences) in enumerate(documents, 1):
        _document(folder / f"{number:05d}", list(sentences))
    labels = sorted({span.label for one in items for span in one.spans})
    sections = ["[entities]", *labels, "[relations]", "[events]", "[attributes]"]
    (folder / CONFIGURATION).write_text("\n".join(sections) + "\n", encoding="utf-8")


def _document(stem: Path, sentences: Sequence[Annotated]) -> None:
    text = "".join(one.sentence.text + "\n" for one in sentences)
    stem.with_suffix(".txt").write_text(text, encoding="utf-8", newline="\n")
    lines = (f"T{number}\t{line}\n" for number, line in enumerate(_entities(sentences), 1))
    stem.with_suffix(".ann").write_text("".join(lines), encoding="utf-8", newline="\n")


def _entities(sentences: Sequence[Annotated]) -> Iterator[str]:
    """The entities of a document, their offsets in all of its text."""
    before = 0
    for one in sentences:
        for found in one.entities():
            start, end = before + found["start"], before + found["end"]
            yield f"{found['label']} {start} {end}\t{found['text']}"
        before += len(one.sentence.text) + 1
