"""Files become sentences here, once: no unit is normalised, stripped or lost without a problem.

Each format has a module with a frozen ``Source`` (what one split is made of) and ``read``.
"""

from typing import TypeAlias

from harness.data.readers import conll, hub, jsonl, parallel
from harness.data.readers.records import Problem, Raw, Reading, Severity

__all__ = ["Problem", "Raw", "Reading", "Severity", "Source", "read"]

Source: TypeAlias = parallel.Source | conll.Source | jsonl.Source | hub.Source


def read(source: Source) -> Reading:
    """The sentences of one split and every problem of its files.

    Raises:
        DataError: for a hub data set that cannot be reached.
        ConfigError: for a hub data set that is not pinned or not described rightly.
    """
    match source:
        case parallel.Source():
            return parallel.read(source)
        case conll.Source():
            return conll.read(source)
        case jsonl.Source():
            return jsonl.read(source)
        case hub.Source():
            return hub.read(source)
