"""Data sets of a model hub, read with ``datasets``: tokens, one tag per token, a pinned revision.

A folder on this machine takes the same road: what ``save_to_disk`` wrote, or parquet or JSON files.
A repository without a pinned revision is refused: its rows may change under the table's feet.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any

from harness.data.readers.entry_errors import EntryError, check_units
from harness.data.readers.records import Problem, Raw, ReadSplit, counted
from harness.errors import ConfigError, DataError, HarnessError
from harness.sequences import Keep, in_memory

_ROWS = 1000


@dataclass(frozen=True, slots=True)
class HubSource:
    """One split of a repository or folder, the names of its columns, and the tags by number.

    ``names`` is None if the data set knows its own (a ClassLabel) or holds tags as text.
    """

    repository: str
    split: str
    revision: str | None = None
    config: str | None = None
    tokens: str = "tokens"
    tags: str = "ner_tags"
    names: tuple[str, ...] | None = None

    @property
    def place(self) -> str:
        """How problems name this split."""
        return f"{self.repository}[{self.split}]"


def read(source: HubSource, keep: Keep = in_memory) -> ReadSplit:
    """The sentences of one split.

    Raises:
        ConfigError: without ``datasets``, for an unpinned repository or a column that is not there.
        DataError: if the data set cannot be reached.
    """
    problems, empty = list[Problem](), list[int]()
    with opening(source) as datasets:
        data = _split(opened(source, datasets, source.split), source)
        _require_columns(source, data.column_names)
        records = keep(_records(source, data, problems, empty))
    problems += counted(source.place, empty, "empty-line", "note", "a row without tokens: skipped")
    return ReadSplit(source.place, records, tuple(problems))


def _records(
    source: HubSource, data: Any, problems: list[Problem], empty: list[int]
) -> Iterator[Raw]:
    """The sentences of ``data``; adds what is wrong, and the numbers of rows without tokens."""
    names = source.names or class_names(data.features[source.tags])
    for number, (tokens, tags) in enumerate(_rows(source, data), start=1):
        try:
            record = _record(number, tokens, tags, names)
        except EntryError as error:
            problems.append(Problem(source.place, number, error.code, "error", error.message))
            continue
        if record:
            yield record
        else:
            empty.append(number)


def _record(number: int, tokens: Any, tags: Any, names: tuple[str, ...] | None) -> Raw | None:
    """The sentence of one row; None for a row of no tokens."""
    if not (isinstance(tokens, list) and isinstance(tags, list)):
        found = f"{type(tokens).__name__} and {type(tags).__name__}"
        raise EntryError("not-lists", f"a row needs a list of tokens and one of tags, not {found}")
    if len(tokens) != len(tags):
        raise EntryError("unequal-lengths", f"{len(tokens)} tokens, {len(tags)} tags")
    if not all(isinstance(token, str) for token in tokens):
        raise EntryError("empty-unit", f"a token is not text: {tokens!r}")
    check_units(tokens, "")
    spelled = tuple(intern(_name(tag, names)) for tag in tags)
    return Raw(tuple(map(intern, tokens)), number, spelled) if tokens else None


def _name(tag: Any, names: tuple[str, ...] | None) -> str:
    if names is None:
        if not isinstance(tag, str):
            raise EntryError("names", f"the tag {tag!r} has no name; list `names` under `hub`")
        return tag
    if type(tag) is not int or not 0 <= tag < len(names):
        raise EntryError("names", f"the tag {tag!r} is not among the {len(names)} names")
    return names[tag]


def _rows(source: HubSource, data: Any) -> Iterator[tuple[Any, Any]]:
    """The tokens and the tags of each row, some rows at a time: the library maps its files."""
    for rows in data.select_columns([source.tokens, source.tags]).iter(_ROWS):
        yield from zip(rows[source.tokens], rows[source.tags], strict=True)


@contextmanager
def opening(source: HubSource) -> Iterator[Any]:
    """The library, to read ``source`` with; whatever it makes of what it finds is one error.

    Raises:
        ConfigError: without the library, or for a repository without a revision.
        DataError: for data that are damaged, or cannot be reached.
    """
    try:
        import datasets
    except ImportError:
        message = (
            f"{source.repository}: reading from a hub needs the package `datasets`;"
            " install it: pip install 'ner-harness[hub]'"
        )
        raise ConfigError(message) from None
    if not Path(source.repository).is_dir() and not source.revision:
        message = f"{source.repository}: give the `revision` (a commit) under `hub`"
        raise ConfigError(message)
    try:
        yield datasets
    except HarnessError:
        raise
    except Exception as error:  # noqa: BLE001 - what the library makes of a damaged file is its own
        raise DataError(_unreadable(source, error, datasets)) from None


def _require_columns(source: HubSource, there: Sequence[str]) -> None:
    missing = {source.tokens, source.tags} - set(there)
    if missing:
        message = (
            f"{source.place}: no column {', '.join(sorted(missing))}; it has"
            f" {', '.join(there)}; name yours as `tokens` and `tags` under `hub`"
        )
        raise ConfigError(message)


def _unreadable(source: HubSource, error: Exception, datasets: Any) -> str:
    said = next(iter(str(error).splitlines()), type(error).__name__)
    message = f"{source.place} cannot be read: {said}"
    if Path(source.repository).is_dir():
        return f"{message}; save the data set again with `save_to_disk`"
    cache = datasets.config.HF_DATASETS_CACHE
    return (
        f"{message}; without a network it must be in {cache} (HF_HOME or HF_DATASETS_CACHE name"
        " another place; HF_HUB_OFFLINE=1 looks there only), or save it elsewhere with"
        " `save_to_disk` and give the folder as `repository`"
    )


def opened(source: HubSource, datasets: Any, split: str | None = None) -> Any:
    """One split of the data set, or all of them by name; what was saved as one has no names."""
    found = _loaded(source, datasets, split)
    for one in found.values() if hasattr(found, "keys") else [found]:
        one.data.validate(full=True)  # or a damaged Arrow file ends the program when it is read
    return found


def _loaded(source: HubSource, datasets: Any, split: str | None) -> Any:
    local = Path(source.repository).is_dir()
    if local and _saved(Path(source.repository)):
        return datasets.load_from_disk(source.repository)
    revision = None if local else source.revision
    return datasets.load_dataset(source.repository, source.config, split=split, revision=revision)


def _saved(folder: Path) -> bool:
    """Whether ``save_to_disk`` wrote ``folder``."""
    return any((folder / name).is_file() for name in ("dataset_dict.json", "state.json"))


def _split(saved: Any, source: HubSource) -> Any:
    """The split of ``source`` in what was opened, which may hold all of them."""
    if hasattr(saved, "keys"):
        if source.split not in saved:
            message = f"no split {source.split!r}; it has {', '.join(saved)}"
            raise ValueError(message)
        return saved[source.split]
    return saved


def class_names(feature: Any) -> tuple[str, ...] | None:
    """The names that a list of ClassLabel knows; None for tags kept as text."""
    names = getattr(getattr(feature, "feature", None), "names", None)
    return tuple(names) if names else None
