"""seqeval without scikit-learn, whose import would take two seconds of every run.

seqeval asks scikit-learn for one class of warnings, which is in a file that stands by itself. That
file alone is imported, and is forgotten afterwards: whoever imports scikit-learn gets all of it.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

_FILE = "sklearn.exceptions"

Score = Callable[..., Any]


def by_default() -> Score:
    """``precision_recall_fscore_support`` of seqeval in its default mode, that of conlleval."""
    with _only_the_warnings():
        from seqeval.metrics import sequence_labeling

    return sequence_labeling.precision_recall_fscore_support  # type: ignore[no-any-return]


def strict() -> Score:
    """The same in its strict mode for IOB2."""
    with _only_the_warnings():
        from seqeval.metrics import v1
        from seqeval.scheme import IOB2

    return partial(v1.precision_recall_fscore_support, scheme=IOB2)


@contextmanager
def _only_the_warnings() -> Iterator[None]:
    if "sklearn" in sys.modules or (module := _loaded()) is None:
        yield
        return
    sys.modules[_FILE] = module
    try:
        yield
    finally:
        del sys.modules[_FILE]


def _loaded() -> ModuleType | None:
    """The module of that file; None where scikit-learn has none."""
    package = find_spec("sklearn")
    places = package.submodule_search_locations if package else None
    spec = PathFinder.find_spec(_FILE, places)
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
