"""A hub data set named in one line, ``hub:OWNER/NAME[:CONFIG]@REVISION``, as a task file.

What a task file would say is read from the data: labels, splits and columns. What they leave open
is refused, with the task file to write instead. The fingerprint of the task is of what was read, so
a revision that moved is another task.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from unicodedata import name as name_of

from harness import yamlfile
from harness.data import schemes, taskfile
from harness.data.readers.hub import HubSource
from harness.data.readers.hub_layout import HubLayout, layout
from harness.data.splits import DEV, TEST, TRAIN
from harness.data.taskfile import TaskFile
from harness.errors import ConfigError, DataError

PREFIX = "hub:"
_PART = r"[A-Za-z0-9][\w.-]*"
_REFERENCE = re.compile(
    rf"hub:(?P<repository>{_PART}(?:/{_PART})?)(?::(?P<config>{_PART}))?"
    rf"@(?P<revision>{_PART}(?:/{_PART})*)",
    re.ASCII,
)
# What columns and splits are called, the usual name first.
_UNITS = ("tokens", "words", "text", "characters")
_TAGS = ("ner_tags", "ner", "tags", "labels")
_SPLITS = {TRAIN: ("train",), DEV: ("validation", "dev", "valid", "val"), TEST: ("test",)}
_CARVED = {DEV: {"from": TRAIN, "share": 0.1}}
# Scripts in which no space stands between words, as Unicode names their characters.
_WITHOUT_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")


@dataclass(frozen=True, slots=True)
class HubReference:
    """A data set of a hub, at a revision."""

    repository: str
    config: str | None
    revision: str

    @classmethod
    def parse(cls, text: str) -> "HubReference":
        """The data set that ``text`` names.

        Raises:
            ConfigError: for anything but ``hub:OWNER/NAME[:CONFIG]@REVISION``.
        """
        if found := _REFERENCE.fullmatch(text):
            return cls(found["repository"], found["config"], found["revision"])
        msg = (
            f"{text}: expected hub:OWNER/NAME@REVISION or hub:OWNER/NAME:CONFIG@REVISION; the "
            "revision, a commit for choice, is what makes two people read the same rows"
        )
        raise ConfigError(msg)

    def __str__(self) -> str:
        config = f":{self.config}" if self.config else ""
        return f"{PREFIX}{self.repository}{config}@{self.revision}"

    @property
    def name(self) -> str:
        """What tables and folders call the task."""
        return "-".join(filter(None, (*self.repository.split("/"), self.config)))

    @property
    def folder(self) -> str:
        """Where a copy that ``save_to_disk`` wrote stands, below a folder of data sets."""
        return "/".join(filter(None, (self.repository, self.config))) + f"@{self.revision}"


def is_reference(task: str | Path) -> bool:
    """Whether ``task`` names a data set of a hub, and not a task file."""
    return str(task).startswith(PREFIX)


def described(task: str, data: Path | None = None) -> tuple[TaskFile, Path]:
    """What a task file of ``task`` would say, and the folder that it would name things below.

    A copy below ``data``, ``NER_HARNESS_DATA`` or ``data/`` is read in place of the hub.

    Raises:
        ConfigError: for what is no reference, or data that leave something open.
        DataError: for data that are damaged, or cannot be reached; with the places to fill.
    """
    reference = HubReference.parse(task)
    places = _places(data)
    root = next((place for place in places if (place / reference.folder).is_dir()), None)
    described = _at(reference) if root is None else {"repository": reference.folder}
    try:
        found = layout(_source(described, root))
    except DataError as error:
        copies = " or ".join(str(place / reference.folder) for place in places)
        msg = f"{error}\na copy that `save_to_disk` wrote is looked for as {copies}"
        raise DataError(msg) from error
    return _file(reference, described, found), root or Path()


def _places(data: Path | None) -> list[Path]:
    """Where copies may be."""
    return [place for place in (data, taskfile.data_folder(), Path("data")) if place]


def _at(reference: HubReference) -> dict[str, str]:
    """Where the data set is on the hub, in the keys of a task file."""
    config = {"config": reference.config} if reference.config else {}
    return {"repository": reference.repository, "revision": reference.revision, **config}


def _source(described: Mapping[str, str], root: Path | None) -> HubSource:
    repository = described["repository"]
    return HubSource(
        repository if root is None else str(root / repository),
        "*",
        described.get("revision"),
        described.get("config"),
    )


def _file(reference: HubReference, described: Mapping[str, str], found: HubLayout) -> TaskFile:
    """The task file that says of the data what they say themselves."""
    units = _column(reference, "units", _UNITS, found.units, found)
    tags = _column(reference, "tags", _TAGS, found.tags, found)
    splits = {name: _split(names, found.splits) for name, names in _SPLITS.items()}
    absent = [name for name, split in splits.items() if split is None and name not in _CARVED]
    if absent:
        _refuse(reference, f"no split for {' and '.join(absent)} among {', '.join(found.splits)}")
    keys = {
        "name": reference.name,
        "language": "und",  # undetermined, as ISO 639 has it: the data do not say
        "format": "hub",
        "joiner": _joiner(found.units[units]),
        "labels": _labels(found.tags[tags]),
        "hub": {**described, "tokens": units, "tags": tags},
        "splits": {name: split for name, split in splits.items() if split},
        "carve": {name: carve for name, carve in _CARVED.items() if not splits[name]},
        "licence": found.licence,
        "source": str(reference),
    }
    return yamlfile.validate(TaskFile, keys, {}, str(reference))


def _column(
    reference: HubReference, what: str, usual: Sequence[str], there: Collection[str],
    found: HubLayout,
) -> str:  # fmt: skip
    """The column of ``there`` with the usual name, or the only one."""
    named = [name for name in usual if name in there] or list(there)
    if len(named) != 1 and not set(named) & set(usual):
        held = ", ".join(there) or "none"
        columns = ", ".join(found.columns)
        _refuse(reference, f"which column holds the {what}? It could be {held}, of {columns}")
    return named[0]


def _refuse(reference: HubReference, what: str) -> NoReturn:
    msg = (
        f"{reference}: {what}; write a task file that says so (`format: hub`, docs/data.md), with "
        f"repository: {reference.repository} and revision: {reference.revision}"
    )
    raise ConfigError(msg)


def _split(names: Sequence[str], there: Sequence[str]) -> str | None:
    return next((name for name in names if name in there), None)


def _labels(tags: Sequence[str]) -> list[str]:
    """The labels of ``tags``, in the order of their first tags."""
    return [*dict.fromkeys(label for _, label in map(schemes.parse, tags) if label)]


def _joiner(units: Sequence[str]) -> str:
    """What separates units: nothing where most words are of a script without spaces."""
    words = [unit for unit in units if any(map(str.isalpha, unit))]
    without = sum(name_of(unit[0], "").startswith(_WITHOUT_SPACES) for unit in words)
    return "" if 2 * without > len(words) else " "
