"""Files become sentences here, once; no unit is normalised, stripped or lost without a problem.

Each format has a module with a frozen ``Source`` (what one split is made of) and ``read``.
"""

from typing import TypeAlias

from harness.data.readers import conll, hub, jsonl, parallel
from harness.data.readers.records import Problem, Raw, ReadSplit, Severity

__all__ = ["Problem", "Raw", "ReadSplit", "Severity", "Source", "read"]

Source: TypeAlias = parallel.ParallelSource | conll.ConllSource | jsonl.JsonlSource | hub.HubSource


def read(source: Source) -> ReadSplit:
    """The sentences of one split and every problem of its files.

    Raises:
        DataError: for a hub data set that cannot be reached.
        ConfigError: for a hub data set that is not pinned or not described rightly.
    """
    match source:
        case parallel.ParallelSource():
            return parallel.read(source)
        case conll.ConllSource():
            return conll.read(source)
        case jsonl.JsonlSource():
            return jsonl.read(source)
        case hub.HubSource():
            return hub.read(source)
