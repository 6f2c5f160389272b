"""Files become sentences here, once; no unit is normalised, stripped or lost without a problem.

Each format has a module with a frozen ``Source`` (what one split is made of) and ``read``.
"""

from collections.abc import Callable
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

__all__ = ["Problem", "Raw", "ReadSplit", "Severity", "Source", "read"]

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

_READERS: dict[type, Callable[[Any], ReadSplit]] = {
    parallel.ParallelSource: parallel.read,
    conll.ConllSource: conll.read,
    jsonl.JsonlSource: jsonl.read,
    hub.HubSource: hub.read,
    docbin.DocBinSource: docbin.read,
    doccano.DoccanoSource: doccano.read,
    labelstudio.LabelStudioSource: labelstudio.read,
    brat.BratSource: brat.read,
    offered.OfferedSource: offered.read,
}


def read(source: Source) -> ReadSplit:
    """The sentences of one split and every problem of its files.

    Raises:
        DataError: for a hub data set that cannot be reached.
        ConfigError: for a hub data set that is not pinned or not described rightly, or a format
            that needs what is not installed.
        BackendError: for the reader of a distribution that fails.
    """
    return _READERS[type(source)](source)
