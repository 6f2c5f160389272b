"""What a class says of itself, before anything is taught."""

import inspect
from typing import Any

from harness.conformance.check import NotApplicableError, Promise, PromiseError
from harness.conformance.subject import Subject
from harness.errors import ConfigError
from harness.protocol import UsesWeights
from harness.runs import config
from harness.runs.options import Given, checked, declared

# How many positional arguments each method of the protocol takes.
_ARGUMENTS = {"fit": 2, "predict": 1, "save": 1, "load": 1}
_UNLIKELY = "no_such_option"


class _OfNoType:
    """A value that no type of an option takes."""


def imports(subject: Subject) -> None:
    """The package is imported and has the class that its entry point names."""
    _ = subject.backend


def methods(subject: Subject) -> None:
    """The class has fit, predict, save and load, with the arguments of the protocol."""
    for name, number in _ARGUMENTS.items():
        method = getattr(subject.backend, name, None)
        if not callable(method):
            msg = f"there is no method {name}"
            raise PromiseError(msg)
        try:
            inspect.signature(method).bind(*[None] * (number + 1))
        except TypeError as error:
            msg = f"{name} cannot be called with {number} argument(s): {error}"
            raise PromiseError(msg) from error


def options(subject: Subject) -> None:
    """Every option is a keyword-only argument with a type and a default."""
    try:
        declared(subject.backend)
    except ConfigError as error:
        raise PromiseError(str(error)) from error


def defaults(subject: Subject) -> None:
    """The defaults and every preset pass the types and ranges that the options state."""
    name, backend = subject.plugin.name, subject.backend
    for preset in config.presets(name) or ("tiny",):
        config.options(name, backend, preset, ())
    _ = subject.options


def unknown_option(subject: Subject) -> None:
    """A name that is no option is refused, and the nearest that is one is named."""
    backend = subject.backend
    kinds = [each.kind for each in inspect.signature(backend).parameters.values()]
    if inspect.Parameter.VAR_KEYWORD in kinds:
        raise PromiseError("the constructor takes any keyword (**)")
    near = next(iter(declared(backend)), _UNLIKELY[:-1]) + "x"
    try:
        checked(backend, Given({near: 1}, "options"))
    except ConfigError as error:
        if declared(backend) and "did you mean" not in str(error):
            msg = f"{near!r} is refused, and nothing is suggested: {error}"
            raise PromiseError(msg) from error
    else:
        msg = f"{near!r} is accepted"
        raise PromiseError(msg)


def wrong_value(subject: Subject) -> None:
    """An option refuses a value of another type."""
    backend = subject.backend
    names = list(declared(backend))
    if not names:
        raise NotApplicableError("it has no options")
    lenient = [name for name in names if _accepts(backend, name)]
    if lenient:
        msg = f"{', '.join(lenient)} would take anything"
        raise PromiseError(msg)


def _accepts(backend: Any, name: str) -> bool:
    try:
        checked(backend, Given({name: _OfNoType()}, "options"))
    except ConfigError:
        return False
    return True


def light_constructor(subject: Subject) -> None:
    """The constructor only takes note of its options: it writes nothing and reads no weights."""
    subject.make()
    opened = [deed.what for deed in subject.watch.deeds
              if (deed.kind, deed.phase) == ("heavy", "the constructor")]  # fmt: skip
    if opened:
        msg = f"it opened {opened[0]}"
        raise PromiseError(msg)


def weights(subject: Subject) -> None:
    """The weights that it begins from are named by a text, or None for none."""
    backend = subject.backend
    if not issubclass(backend, UsesWeights):
        raise NotApplicableError("it has no weights_of")
    found: Any = backend.weights_of(subject.options.values)
    if found is not None and not isinstance(found, str):
        msg = f"weights_of returned a {type(found).__name__}"
        raise PromiseError(msg)


CHECKS = (
    Promise(
        "import",
        imports,
        "run `python -c 'import MODULE'`, and name the class in the entry point as module:class",
    ),
    Promise(
        "methods",
        methods,
        "write the four methods as harness.protocol.Backend has them",
        ("import",),
    ),
    Promise(
        "options",
        options,
        "write each option as `name: type = default` behind the `*` of the constructor",
        ("import",),
    ),
    Promise(
        "defaults",
        defaults,
        "correct the default or the preset, or widen the range in Field",
        ("options",),
    ),
    Promise(
        "unknown-option",
        unknown_option,
        "name every option in the constructor instead of **",
        ("options",),
    ),
    Promise(
        "wrong-value",
        wrong_value,
        "give the option a type that is not Any or object; "
        "Annotated[int, Field(ge=1)] also states a range",
        ("options",),
    ),
    Promise(
        "constructor",
        light_constructor,
        "read files and build models in fit and load: the "
        "constructor also runs where nothing is trained",
        ("methods", "defaults"),
    ),
    Promise("weights", weights, "return the folder or the hub id, or None", ("defaults",)),
)
