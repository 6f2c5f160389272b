"""Columns that installed distributions offer in the group ``harness.metrics``, where asked for.

One is a ``Measure`` of ``harness.leaderboard.measures``. It reads a run as ours do, from files
that were checked; what it may not do is named with its distribution.
"""

from dataclasses import replace
from functools import cache
from math import isfinite

from harness import registry
from harness.errors import BackendError
from harness.leaderboard.measures import Measure, Read
from harness.registry import Plugin
from harness.results.verify import Sound

GROUP = "harness.metrics"


def names() -> tuple[str, ...]:
    """The keys of these columns; none of their packages is imported."""
    return tuple(dict.fromkeys(plugin.name for plugin in registry.installed(GROUP)))


def measure(key: str) -> Measure:
    """The measure that is called ``key``.

    Raises:
        ConfigError: when two distributions offer one.
        BackendError: for one that cannot be imported or is no measure; reading raises it for a
            value that is none.
    """
    return _loaded(registry.find(key, GROUP))


@cache
def _loaded(plugin: Plugin) -> Measure:
    found = plugin.load()
    if not isinstance(found, Measure):
        said = f"is a {type(found).__name__}, not a harness.leaderboard.measures.Measure"
        raise BackendError(plugin.refusal(said))
    return replace(found, key=plugin.name, read=_guarded(plugin, found.read))


def _guarded(plugin: Plugin, read: Read) -> Read:
    def value(result: Sound) -> float | None:
        try:
            found: object = read(result)
        except Exception as error:
            said = f"fails on {result.folder}: {type(error).__name__}: {error}"
            raise BackendError(plugin.refusal(said)) from error
        if found is None:
            return None
        if not isinstance(found, int | float) or not isfinite(found):
            raise BackendError(plugin.refusal(f"gave {found!r} for {result.folder}, no number"))
        return float(found)

    return value
