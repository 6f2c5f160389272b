"""What a run has to know of its backends, and which of those that were asked for are of no use.

Third-party ones are imported in processes of their own (``harness.runs.apart``).
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from harness.errors import BackendError, ConfigError, GridError, HarnessError
from harness.protocol import AnswersNested, LimitsWindows
from harness.registry import Plugin
from harness.runs import apart, config
from harness.runs.config import Options, Override


@dataclass(frozen=True, slots=True)
class Described:
    """What a run has to know of a backend: the names its options have and had, and their values.

    ``longest`` is how many units a window may have, None for any number; ``nested`` says whether it
    answers with entities that overlap. ``mistake`` is what is wrong with the values that were asked
    for, and ``options`` is None then.
    """

    names: tuple[str, ...]
    options: Options | None = None
    mistake: str = ""
    longest: int | None = None
    nested: bool = False

    @property
    def checked(self) -> Options:
        """The options.

        Raises:
            ConfigError: for values that are wrong.
        """
        if self.options is None:
            raise ConfigError(self.mistake)
        return self.options


@dataclass(frozen=True, slots=True)
class Refused:
    """A backend that is of no use here, and why; ``lacking`` if only something is not installed."""

    name: str
    reason: str
    lacking: bool = False


def without_lacking(refused: Sequence[Refused]) -> tuple[Refused, ...]:
    """Those of ``refused`` that are broken; a line on standard error for each of the others."""
    for one in refused:
        if one.lacking:
            sys.stderr.write(f"{one.name} is left out: {one.reason}\n")
    return tuple(one for one in refused if not one.lacking)


@contextmanager
def tell(refused: Sequence[Refused]) -> Iterator[None]:
    """Say at the end of the work in here which backends were ``refused``, whatever else failed.

    Raises:
        GridError: for any that was.
    """
    failures: list[str] = []
    try:
        yield
    except HarnessError as error:
        if not refused:
            raise
        failures.append(str(error))
    reasons = "".join(f"\n  {one.reason}" for one in refused)
    if refused:
        failures.insert(0, f"{len(refused)} backends could not be used:{reasons}")
        raise GridError("\n".join(failures))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options of a backend begin with, and what is changed in them."""

    preset: str
    overrides: Sequence[Override]


def describe(plugins: Sequence[Plugin], wanted: Wanted) -> dict[Plugin, Described | Refused]:
    """What each of ``plugins`` is, or why it cannot be used.

    Raises:
        BackendError: for one of our own that cannot be imported or lacks something.
    """
    found = apart.ask_each(plugins, partial(_described, wanted=wanted))
    return {
        plugin: Refused(plugin.name, str(one)) if isinstance(one, HarnessError) else one
        for plugin, one in found.items()
    }


def describe_under(
    plugins: Sequence[Plugin], presets: Sequence[str], overrides: Sequence[Override]
) -> list[tuple[Plugin, Described | Refused]]:
    """What each of ``plugins`` is under each of ``presets`` that it has.

    One that has none of them, and a preset that no backend has, is described: its lack is an error.

    Raises:
        BackendError: as ``describe`` does.
        ConfigError: for two presets of one name, by which rows are told apart.
    """
    presets = tuple(dict.fromkeys(presets))
    _refuse_namesakes(presets)
    having = {
        plugin: [one for one in presets if config.has_preset(plugin.name, one)] or presets
        for plugin in plugins
    }
    found = (
        describe([p for p in plugins if one in having[p]] or plugins, Wanted(one, overrides))
        for one in presets
    )
    return [pair for described in found for pair in described.items()]


def _refuse_namesakes(presets: Sequence[str]) -> None:
    names = [Path(one).name for one in presets]
    for one, name in zip(presets, names, strict=True):
        if names.count(name) > 1:
            msg = f"preset {one!r}: another one is called {name!r}, too; rename one of the files"
            raise ConfigError(msg)


def _described(plugin: Plugin, wanted: Wanted) -> Described | Refused:
    """What ``plugin`` is; asked of a third-party one in its own process."""
    if not plugin.is_own and (remedy := plugin.lacks()):
        return Refused(plugin.name, plugin.need(remedy), lacking=True)
    backend = plugin.load()
    names = _names(plugin, backend)
    try:
        options = config.options(plugin.name, backend, wanted.preset, wanted.overrides)
    except ConfigError as error:
        return Described(names, mistake=str(error))
    longest = _longest_window(plugin, backend, options.values)
    nested = isinstance(backend, AnswersNested) and bool(backend.answers_nested(options.values))
    told = options if plugin.is_own else plain(options)
    return Described(names, told, longest=longest, nested=nested)


def _names(plugin: Plugin, backend: Any) -> tuple[str, ...]:
    """The names that its options have and had; that they cannot be read is the package's fault."""
    try:
        return tuple(sorted(config.option_names(backend)))
    except ConfigError as error:
        raise BackendError(plugin.refusal(f"has options that cannot be read: {error}")) from error


def _longest_window(plugin: Plugin, backend: Any, values: Mapping[str, Any]) -> int | None:
    found = backend.longest_window(values) if isinstance(backend, LimitsWindows) else None
    if found is not None and type(found) is not int:
        msg = f"longest_window of backend {plugin.name!r} gave {found!r}, not a number of units"
        raise BackendError(msg)
    return found


def plain(options: Options) -> Options:
    """``options`` in values that a process can read without the package that they are of."""
    weights = {name: f"{value}" for name, value in options.weights.items()}
    return replace(options, values=plain_values(options.values), weights=weights)


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` as plain ones; what is of a type of somebody's own is its text."""
    return {f"{name}": _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    if type(value) is dict:
        return plain_values(value)
    return value if type(value) in (str, int, float, bool, type(None)) else f"{value}"
