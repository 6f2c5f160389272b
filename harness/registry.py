"""Backends and what else packages offer, by entry points: listing imports none of it.

Asking for one imports that one. Built-in and third-party backends take the same road. Two packages
that offer one name, or an import that fails, are errors that name the packages; nothing is won
silently. A class may say what it needs beyond its distribution, ``needs``, from a module to the
command that installs it, and why ``all`` does not mean it, ``by_name``. ``harness.runs.apart``
imports third-party ones in a process of their own first.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import Any

from harness.errors import BackendError, ConfigError, HarnessError, did_you_mean
from harness.version import OWN

GROUP = "harness.backends"
PRELOADED = "harness.preloaded"  # by name of a backend, a module that its runs import late
ALL = "all"  # in the place of names of backends
# The groups of entry points, and what one entry is called.
KINDS = {
    GROUP: "backend",
    "harness.readers": "reader",
    "harness.exporters": "exporter",
    "harness.formats": "format",
    "harness.metrics": "metric",
    "harness.resources": "resource",
}


@dataclass(frozen=True, slots=True)
class Plugin:
    """Something that some installed distribution offers; not imported yet.

    ``value`` is ``module:object``, in the group of backends a class; ``group`` is one of ``KINDS``.
    """

    name: str
    value: str
    distribution: str
    version: str
    group: str = GROUP

    @property
    def module(self) -> str:
        """The module that holds it."""
        return self.value.partition(":")[0]

    @property
    def is_own(self) -> bool:
        """Whether it comes with the harness."""
        return self.distribution == OWN

    def load(self) -> Any:
        """The object, of a backend the class.

        Raises:
            BackendError: when its module cannot be imported, ends the program or has no such
                object, or something is not installed that it needs.
        """
        found = self._class()
        if remedy := _missing(found):
            raise BackendError(self.need(remedy))
        return found

    def call(self, *given: Any) -> Any:
        """What the object gives when it is called.

        Raises:
            BackendError: as ``load``, and for whatever it raises but our own errors; ending the
                program is no way out of it.
        """
        found = self.load()
        try:
            return found(*given)
        except HarnessError:
            raise
        except (Exception, SystemExit) as error:
            said = f"fails ({self.value}): {type(error).__name__}: {error}"
            raise BackendError(self.refusal(said)) from error

    def lacks(self) -> str:
        """The command that installs what the class needs, empty if all of it is there."""
        return _missing(self._class())

    def left_out(self) -> str:
        """Why ``all`` does not mean it: what it lacks, or that it is asked for by name alone."""
        remedy = self.lacks()
        by_name = str(getattr(self._class(), "by_name", ""))
        return f"it needs {remedy}" if remedy else by_name

    def _class(self) -> Any:
        try:
            return EntryPoint(self.name, self.value, self.group).load()
        except (Exception, SystemExit) as error:  # a package may raise anything as it is imported
            said = f"fails to import ({self.value}): {type(error).__name__}: {error}"
            raise BackendError(self.refusal(said)) from error

    def need(self, remedy: str) -> str:
        """What to tell of a class that needs what ``remedy`` would install."""
        return f"{KINDS[self.group]} {self.name!r} needs what is not installed: {remedy}"

    def refusal(self, said: str) -> str:
        """What to tell of a package that ``said`` of itself that it is of no use."""
        kind = KINDS[self.group]
        return (
            f"{kind} {self.name!r} of {self.distribution} {self.version} {said}; install what it "
            f"needs or remove it with `pip uninstall {self.distribution}`"
        )


def _missing(found: Any) -> str:
    needs = getattr(found, "needs", {})
    return "; ".join(dict.fromkeys(needs[name] for name in needs if not _is_here(name)))


def _is_here(module: str) -> bool:
    """Whether ``module`` can be found; for one of a package, the package is imported."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # no such package; a module that nothing was loaded from
        return False


def installed(group: str = GROUP) -> tuple[Plugin, ...]:
    """All that installed distributions offer in a group, by name; imports none of it."""
    return tuple(sorted({_plugin(entry) for entry in entry_points(group=group)}, key=str))


def names_of(chosen: Sequence[str]) -> tuple[str, ...]:
    """The names in ``chosen``, each once; ``all`` alone means all that have what they need.

    What a third-party one needs is not known before it is tried.
    """
    if list(chosen) != [ALL]:
        return tuple(dict.fromkeys(chosen))
    reasons = {plugin.name: plugin.left_out() if plugin.is_own else "" for plugin in installed()}
    for name in filter(reasons.get, reasons):
        sys.stderr.write(f"{name} is left out: {reasons[name]}\n")
    return tuple(name for name, reason in reasons.items() if not reason)


def modules_of(names: Iterable[str]) -> list[str]:
    """The modules that processes may share that run the backends called ``names``.

    A third-party one is imported by each run for itself: what it leaves behind stays there.

    Raises:
        ConfigError: as ``find`` does.
    """
    own = {plugin.name: plugin for plugin in map(find, names) if plugin.is_own}
    late = [plugin for plugin in installed(PRELOADED) if plugin.is_own and plugin.name in own]
    return sorted({plugin.module for plugin in (*own.values(), *late)})


def _plugin(entry: EntryPoint) -> Plugin:
    if entry.dist is None:
        return Plugin(entry.name, entry.value, "unknown", "unknown", entry.group)
    return Plugin(entry.name, entry.value, entry.dist.name, entry.dist.version, entry.group)


def find(name: str, group: str = GROUP, own: Sequence[str] = ()) -> Plugin:
    """What is called ``name`` in a group, or ``distribution:name`` if two offer the same.

    ``own`` are names that come with the harness without an entry point, for what is told.

    Raises:
        ConfigError: when none or more than one goes by that name.
    """
    distribution, _, short = name.rpartition(":")
    plugins, kind = installed(group), KINDS[group]
    offers = [p for p in plugins if p.name == short and distribution in ("", p.distribution)]
    if not offers:
        raise ConfigError(_unknown(kind, name, [*own, *(plugin.name for plugin in plugins)]))
    if len(offers) > 1:
        owners = " and ".join(f"{p.distribution}:{p.name}" for p in offers)
        said = owners.replace(" and ", " or ")
        remedy = f"write --backend {said}" if group == GROUP else f"write {said}"
        msg = f"{kind} {name!r} is offered twice: {remedy}"
        raise ConfigError(msg)
    return offers[0]


def _unknown(kind: str, name: str, names: list[str]) -> str:
    if not names:
        return f"no {kind} is called {name!r}: none is installed; run `pip install -e .`"
    near = did_you_mean(name, names)
    return f"no {kind} is called {name!r}{near}; installed: {', '.join(sorted(set(names)))}"
