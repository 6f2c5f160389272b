"""The model-independent part: data, windows, repair, scores, tables; no torch, no backend by name.

From Python: ``run``, ``plan``, ``read``, ``build_leaderboard``, ``render``, ``predict`` and three
that export, whose documentation is in ``harness.api``, and ``harness.errors``, which they raise.
They are imported when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.version import __version__

if TYPE_CHECKING:
    from harness import errors
    from harness.api import (
        Experiment,
        build_leaderboard,
        export_data,
        export_model,
        export_predictions,
        plan,
        predict,
        read,
        render,
        run,
    )

__all__ = [
    "Experiment",
    "__version__",
    "build_leaderboard",
    "errors",
    "export_data",
    "export_model",
    "export_predictions",
    "plan",
    "predict",
    "read",
    "render",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    if name == "errors":
        return import_module("harness.errors")
    return getattr(import_module("harness.api"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
