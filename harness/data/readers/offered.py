"""Files that an installed distribution reads, by an entry point of the group ``harness.readers``.

One is called with the path of a split and the joiner, and gives a ``ReadSplit``. What it gives is
checked as what our readers give; so is its gold.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from harness import registry
from harness.core import Span
from harness.data.readers.entry_errors import EntryError, check_units
from harness.data.readers.records import Problem, Raw, ReadSplit, Severity
from harness.errors import BackendError
from harness.registry import Plugin

GROUP = "harness.readers"


@dataclass(frozen=True, slots=True)
class OfferedSource:
    """The file or folder of one split, and who reads it."""

    plugin: Plugin
    path: Path
    joiner: str


def names() -> tuple[str, ...]:
    """The formats that distributions read; none of their packages is imported."""
    return tuple(dict.fromkeys(plugin.name for plugin in registry.installed(GROUP)))


def source(name: str, path: Path, joiner: str) -> OfferedSource:
    """The source of a split in the format called ``name``.

    Raises:
        ConfigError: when none or more than one reads it.
    """
    return OfferedSource(registry.find(name, GROUP), path, joiner)


def read(source: OfferedSource) -> ReadSplit:
    """What the distribution reads.

    Raises:
        BackendError: for a reader that fails, or gives something else, or sentences that no reader
            of ours would give.
    """
    found = source.plugin.call(source.path, source.joiner)
    if not isinstance(found, ReadSplit):
        said = f"gave a {type(found).__name__} for {source.path}, not a ReadSplit"
        raise BackendError(source.plugin.refusal(said))
    try:
        return _checked(found, source.joiner)
    except ValueError as error:
        said = f"gave {error}, for {source.path}"
        raise BackendError(source.plugin.refusal(said)) from None


def _checked(found: ReadSplit, joiner: str) -> ReadSplit:
    """``found`` with all its sentences at hand, each as our readers give it."""
    try:
        whole = replace(found, records=tuple(found.records), problems=tuple(found.problems))
    except Exception as error:  # sentences that are made as they are taken
        what = f"sentences that cannot be read ({type(error).__name__}: {error})"
        raise ValueError(what) from error
    for one in whole.problems:
        _require_problem(one)
    for number, record in enumerate(whole.records, start=1):
        _require_sound(number, record, joiner)
    return whole


def _require_problem(one: Any) -> None:
    if not isinstance(one, Problem) or one.severity not in get_args(Severity):
        msg = f"{one!r} for a Problem with a severity"
        raise ValueError(msg)


def _require_sound(number: int, record: Any, joiner: str) -> None:
    """Refuse a sentence whose units, tags or spans do not go together."""
    if not isinstance(record, Raw):
        msg = f"a {type(record).__name__} for sentence {number}, not a Raw"
        raise ValueError(msg)
    try:
        _require_units(record, joiner)
        _require_gold(record)
    except (EntryError, ValueError) as error:
        msg = f"sentence {number}, line {record.line}, of which {error}"
        raise ValueError(msg) from None


def _require_units(record: Raw, joiner: str) -> None:
    line: Any = record.line
    if not _are_texts(record.units) or not record.units:
        msg = f"the units are {record.units!r}, expected a tuple of strings"
        raise ValueError(msg)
    check_units(record.units, joiner)
    if type(line) is not int or line < 1:
        raise ValueError("the line is no number from 1")


def _require_gold(record: Raw) -> None:
    if record.tags is not None and not _are_texts(record.tags):
        msg = f"the tags are {record.tags!r}, expected a tuple of strings"
        raise ValueError(msg)
    if record.tags is not None and len(record.tags) != len(record.units):
        what = f"there are {len(record.units)} units and {len(record.tags)} tags"
        raise ValueError(what)
    spans: Any = record.spans
    if not isinstance(spans, tuple):
        msg = f"the spans are {spans!r}, expected a tuple of Spans"
        raise ValueError(msg)
    for span in spans:
        if not _is_within(span, len(record.units)):
            msg = f"{span!r} is no Span within {len(record.units)} units"
            raise ValueError(msg)


def _are_texts(given: Any) -> bool:
    return isinstance(given, tuple) and all(isinstance(one, str) for one in given)


def _is_within(span: Any, units: int) -> bool:
    """Whether ``span`` has a label and ends within so many units."""
    if not isinstance(span, Span):
        return False
    label: Any = span.label
    return isinstance(label, str) and label != "" and span.end <= units
