"""The formats in which sentences with entities come and go: one table, for programs and people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from harness import registry
from harness.data import readers
from harness.data.readers import brat as read_brat
from harness.data.readers import docbin as read_docbin
from harness.data.readers import doccano as read_doccano
from harness.data.readers import jsonl as read_jsonl
from harness.data.readers import labelstudio as read_labelstudio
from harness.data.writers import brat, conll, docbin, doccano, jsonl, labelstudio
from harness.data.writers.annotated import Annotated
from harness.errors import ConfigError, did_you_mean
from harness.registry import Plugin

Write: TypeAlias = Callable[[Path, Sequence[Annotated]], None]
Open: TypeAlias = Callable[[Path, str], readers.Source]


@dataclass(frozen=True, slots=True)
class DataFormat:
    """A format: what it is, who uses it, and what it cannot hold.

    ``suffix`` is that of its file, empty for a folder. ``open`` makes the source of a split from
    its path and joiner, where nothing else need be known; ``write`` is None for what is only read.
    ``nested`` says that entities may lie inside of others.
    """

    name: str
    suffix: str
    about: str
    lost: str
    open: Open | None = None
    write: Write | None = None
    nested: bool = False


_INSIDE = "entities inside of others"
_TEXT = "units that bare text does not tell (words of several characters in a task of characters)"

FORMATS: dict[str, DataFormat] = {
    one.name: one
    for one in (
        DataFormat(
            "parallel", ".txt", "units and tags in two files, a sentence a line",
            f"spaces as units; {_INSIDE}",
        ),
        DataFormat(
            "conll", ".txt", "a unit and its tag a line (CoNLL)",
            f"tabs and line ends in units; {_INSIDE}", write=conll.write,
        ),
        DataFormat(
            "jsonl", ".jsonl", "an object a line, spans as offsets", "nothing",
            read_jsonl.JsonlSource, jsonl.write, nested=True,
        ),
        DataFormat(
            "docbin", ".spacy", "spaCy's DocBin (needs `spacy`)",
            f"ids, documents; {_INSIDE}; {_TEXT}", read_docbin.DocBinSource, docbin.write,
        ),
        DataFormat(
            "labelstudio", ".json", "Label Studio's JSON of tasks", _TEXT,
            read_labelstudio.LabelStudioSource, labelstudio.write, nested=True,
        ),
        DataFormat(
            "doccano", ".jsonl", "doccano's JSONL of sequence labelling", f"documents; {_TEXT}",
            read_doccano.DoccanoSource, doccano.write, nested=True,
        ),
        DataFormat(
            "brat", "", "brat's standoff, a folder of `.txt` and `.ann`",
            f"ids; line ends in text; {_TEXT}", read_brat.BratSource, brat.write, nested=True,
        ),
        DataFormat("hub", "", "a data set of a model hub (needs `datasets`)", _INSIDE),
    )
}  # fmt: skip
# Entry points of distributions that write formats; those that read are in readers/offered.py.
EXPORTERS = "harness.exporters"
WRITTEN = tuple(name for name, one in FORMATS.items() if one.write)


def writer(name: str) -> tuple[DataFormat, Write]:
    """The format called ``name``, and what writes it.

    Raises:
        ConfigError: for a name that is none of a format that is written.
    """
    offered = tuple(plugin.name for plugin in registry.installed(EXPORTERS))
    if name not in FORMATS and name in offered:
        return _offered(registry.find(name, EXPORTERS))
    found = FORMATS.get(name)
    if found is None or found.write is None:
        known = (*WRITTEN, *offered)
        near = did_you_mean(name, known)
        msg = f"no format {name!r} to write{near}; formats: {', '.join(known)}"
        raise ConfigError(msg)
    return found, found.write


def _offered(plugin: Plugin) -> tuple[DataFormat, Write]:
    """What writes a format of a distribution: called with a path and what to write.

    Its attribute ``suffix`` is that of its file, without one empty, for a folder.
    """
    suffix = str(getattr(plugin.load(), "suffix", ""))
    kind = DataFormat(plugin.name, suffix, f"of {plugin.distribution}", "what its page says")
    return kind, plugin.call


def table() -> str:
    """The formats as a Markdown table."""
    head = "| `format:` | file | what it is | read | written | does not hold |"
    rows = [
        f"| `{one.name}` | {f'`{one.suffix}`' if one.suffix else 'folder'} | {one.about} | yes | "
        f"{'yes' if one.write else 'no'} | {one.lost} |"
        for one in FORMATS.values()
    ]
    return "\n".join((head, "| --- | --- | --- | --- | --- | --- |", *rows)) + "\n"
