"""brat's standoff: in a folder, a ``.txt`` and an ``.ann`` for each document; a sentence a line."""

import logging
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from harness.data.writers.annotated import Annotated, require_lines, require_text

CONFIGURATION = "annotation.conf"
# brat's ``normalize_to_storage_form``: what its menu has, and writes, in the place of a label.
_FOREIGN = re.compile(r"[^a-zA-Z0-9_-]")
_log = logging.getLogger(__name__)


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
    _warn(labels)
    sections = ["[entities]", *labels, "[relations]", "[events]", "[attributes]"]
    (folder / CONFIGURATION).write_text("\n".join(sections) + "\n", encoding="utf-8")


def _warn(labels: Sequence[str]) -> None:
    """Say which labels brat writes otherwise when a person adds an entity."""
    foreign = [
        f"{label} as {_FOREIGN.sub('_', label)}" for label in labels if _FOREIGN.search(label)
    ]
    if foreign:
        _log.warning(
            "warning: brat takes letters a to z, digits, - and _ for labels: entities that are "
            "added in it come back with other names (%s)", ", ".join(foreign),
        )  # fmt: skip


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
