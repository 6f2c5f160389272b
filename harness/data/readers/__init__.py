"""Files become sentences here, once; no unit is normalised, stripped or lost without a problem.

Each format has a module with a frozen ``Source`` (what one split is made of) and ``read``.
"""

import os
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeAlias

from harness.data.readers import (
    brat,
    conll,
    docbin,
    doccano,
    hub,
    jsonl,
    labelstudio,
    offered,
    parallel,
)
from harness.data.readers.records import Problem, Raw, ReadSplit, Severity
from harness.sequences import Keep, in_memory

__all__ = ["Problem", "Raw", "ReadSplit", "Severity", "Source", "files", "place", "read"]

Source: TypeAlias = (
    parallel.ParallelSource
    | conll.ConllSource
    | jsonl.JsonlSource
    | hub.HubSource
    | docbin.DocBinSource
    | doccano.DoccanoSource
    | labelstudio.LabelStudioSource
    | brat.BratSource
    | offered.OfferedSource
)

_STREAMS: dict[type, Callable[[Any, Keep], ReadSplit]] = {
    parallel.ParallelSource: parallel.read,
    conll.ConllSource: conll.read,
    jsonl.JsonlSource: jsonl.read,
    hub.HubSource: hub.read,
    doccano.DoccanoSource: doccano.read,
}
_READERS: dict[type, Callable[[Any], ReadSplit]] = {
    docbin.DocBinSource: docbin.read,
    labelstudio.LabelStudioSource: labelstudio.read,
    brat.BratSource: brat.read,
    offered.OfferedSource: offered.read,
}


def read(source: Source, keep: Keep = in_memory) -> ReadSplit:
    """The sentences of one split, kept by ``keep``, and every problem of its files.

    Formats whose files are one value each (DocBin, Label Studio, brat, those of distributions) are
    held whole until they are read.

    Raises:
        DataError: for a hub data set that cannot be reached.
        ConfigError: for a hub data set that is not pinned or not described rightly, or a format
            that needs what is not installed.
        BackendError: for the reader of a distribution that fails.
    """
    kind = type(source)
    if kind in _STREAMS:
        return _STREAMS[kind](source, keep)
    found = _READERS[kind](source)
    return replace(found, records=keep(found.records))


def place(source: Source) -> tuple[str | None, ...]:
    """Where the sentences of ``source`` are, the same however its path is written."""
    if isinstance(source, hub.HubSource):
        return source.repository, source.config, source.split
    path = source.units if isinstance(source, parallel.ParallelSource) else source.path
    return (os.path.realpath(path),)


def files(source: Source) -> tuple[Path, ...]:
    """The files and folders of ``source``, as far as they are on this machine."""
    values = [getattr(source, field.name) for field in fields(source)]
    if isinstance(source, hub.HubSource):
        values.append(Path(source.repository))
    return tuple(value for value in values if isinstance(value, Path))
