"""The options of a backend, read from its constructor: flat by name, alone or in groups.

A keyword-only parameter is an option: name, type and default stand in the signature. Where its
default is a dataclass it is a group instead: each field is an option, whose default is what the
default group has. ``Annotated[int, Field(ge=1, description="...")]`` adds a range and a line of
documentation, ``FormerName`` a name that older presets and results use.
"""

import inspect
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, get_type_hints

from pydantic import ConfigDict, create_model
from pydantic.fields import FieldInfo

from harness import yamlfile
from harness.errors import ConfigError
from harness.protocol import Context, FormerName

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, protected_namespaces=())
_log = logging.getLogger(__name__)
RENAMED = "warning: %s: option %r is called %r now; its former name is read for one more release"


@dataclass(frozen=True, slots=True)
class Option:
    """One option; ``parameter`` of the constructor takes it, alone or in a group with others."""

    name: str
    annotation: Any
    default: Any
    parameter: str

    @property
    def description(self) -> str:
        """What it is, as its annotation says; empty if that says nothing."""
        found = (one.description for one in self._metadata if isinstance(one, FieldInfo))
        return next(filter(None, found), "")

    @property
    def former_names(self) -> tuple[str, ...]:
        """What it was called before."""
        return tuple(one.name for one in self._metadata if isinstance(one, FormerName))

    @property
    def _metadata(self) -> tuple[Any, ...]:
        return getattr(self.annotation, "__metadata__", ())


@dataclass(frozen=True, slots=True)
class Given:
    """Values of options, and where they were found: a file with the line of each, or a flag."""

    values: Mapping[str, Any]
    where: str
    lines: Mapping[str, int] = field(default_factory=dict)


def declared(backend: Any) -> dict[str, Option]:
    """The options of a backend, or of a method of one, by name, in the order of its arguments.

    Raises:
        ConfigError: for an option without a type or a default, or of a name that another one has.
    """
    found: dict[str, Option] = {}
    for option in _options(backend):
        if option.name in found:
            first = found[option.name].parameter
            msg = (
                f"{backend.__qualname__}: option {option.name!r} is in both {first!r} and "
                f"{option.parameter!r}; remove one of them"
            )
            raise ConfigError(msg)
        found[option.name] = option
    return found


def _options(backend: Any) -> Iterator[Option]:
    owner = backend.__init__ if inspect.isclass(backend) else backend
    hints = get_type_hints(owner, include_extras=True)
    for name, default in _defaults(backend).items():
        if is_dataclass(default):
            for key, hint in _fields(default).items():
                yield Option(key, hint, getattr(default, key), name)
        elif name in hints and default is not inspect.Parameter.empty:
            yield Option(name, hints[name], default, name)
        else:
            msg = f"{backend.__qualname__}: option {name!r} needs a type and a default"
            raise ConfigError(msg)


def _defaults(backend: Any) -> dict[str, Any]:
    """The default of each keyword-only parameter of the constructor."""
    parameters = inspect.signature(backend).parameters.items()
    return {name: each.default for name, each in parameters if each.kind is each.KEYWORD_ONLY}


def _fields(group: Any) -> dict[str, Any]:
    hints = get_type_hints(type(group), include_extras=True)
    return {each.name: hints[each.name] for each in fields(group)}


def checked(backend: Any, given: Given) -> dict[str, Any]:
    """The value of every option of ``backend``: as given, else its default.

    Raises:
        ConfigError: for unknown names and wrong values, all at once, and then for values that do
            not go together.
    """
    options, given = declared(backend), renamed(backend, given)
    typed: dict[str, Any] = {o.name: (o.annotation, o.default) for o in options.values()}
    model = create_model("options", __config__=_STRICT, **typed)
    values: dict[str, Any] = yamlfile.validate(
        model, given.values, given.lines, given.where
    ).model_dump()
    arguments(backend, values)
    return values


def renamed(backend: Any, given: Given) -> Given:
    """``given`` with the names that options have today; each former one is warned of.

    Raises:
        ConfigError: for an option that is given by its former name and by its own.
    """
    today = {old: new.name for new in declared(backend).values() for old in new.former_names}
    found = [name for name in given.values if name in today]
    for old in found:
        if today[old] in given.values:
            former = f"{old!r} is the former name of {today[old]!r}"
            msg = f"{given.where}: {former}, which is also given; leave it out"
            raise ConfigError(msg)
        _log.warning(RENAMED, given.where, old, today[old])
    return replace(
        given,
        values={today.get(name, name): value for name, value in given.values.items()},
        lines={today.get(name, name): line for name, line in given.lines.items()},
    )


def construct(backend: Any, context: Context, given: Given) -> Any:
    """A ``backend`` with the options ``given`` and its defaults for all others.

    Raises:
        ConfigError: as ``checked``.
    """
    return backend(context, **arguments(backend, checked(backend, given)))


def arguments(backend: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the constructor takes: options that stand alone, and groups made of the others."""
    defaults = _defaults(backend)
    given: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for name, option in declared(backend).items():
        given[option.parameter][name] = values[name]
    return {
        name: replace(defaults[name], **own) if is_dataclass(defaults[name]) else own[name]
        for name, own in given.items()
    }
