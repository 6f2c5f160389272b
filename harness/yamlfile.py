"""Strict YAML: plain values, no duplicate keys, aliases or tags, and the line of every key kept.

Three readings of YAML 1.1 that surprise people are off: ``NO``, ``on`` and ``yes`` are strings,
``2024-05-03`` is a string, and ``5e-5`` is a number.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import yaml
from yaml.reader import ReaderError

from harness.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

Model = TypeVar("Model", bound="BaseModel")

DEEPEST = 32  # PyYAML needs a minute for a hundred thousand brackets; no file of ours has six
_TOO_DEEP = f"nested more than {DEEPEST} deep"
_BOOL, _FLOAT, _TIME = (f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "timestamp"))


class _DepthError(yaml.MarkedYAMLError):
    """Brackets within brackets, too many to be read."""


class _Loader(yaml.SafeLoader):
    """Safe YAML 1.1 without its surprises."""

    yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML's own attribute, an instance would not work)
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_BOOL, _TIME)]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def fetch_flow_collection_start(self, kind: Any) -> None:
        """Refuse a bracket too deep as it is met: PyYAML looks ahead, at a cost of their square."""
        if self.flow_level >= DEEPEST:
            raise _DepthError(problem_mark=self.get_mark())
        super().fetch_flow_collection_start(kind)


_Loader.add_implicit_resolver(_BOOL, re.compile(r"(?:true|false|True|False)$"), list("tTfF"))
_Loader.add_implicit_resolver(
    _FLOAT, re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def load(path: Path) -> tuple[dict[str, Any], dict[str, int]]:
    """The mapping in a YAML file, and the line of each key by its dotted name (``splits.train``).

    Raises:
        ConfigError: for a file that cannot be read, is not YAML, or breaks the rules above.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise ConfigError(msg) from None
    return parse(text, str(path))


def parse(text: str | bytes, source: str) -> tuple[dict[str, Any], dict[str, int]]:
    """As ``load``, from text; ``source`` names it in errors."""
    try:
        _refuse_beyond_plain(text, source)
        loader = _Loader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            msg = f"{source}: expected keys with values (such as `name: demo`), found none"
            raise ConfigError(msg)
        lines = dict(_lines(node, "", source))
        data: dict[str, Any] = loader.construct_document(node)
        return data, lines
    except _DepthError as error:
        line = getattr(error.problem_mark, "line", 0) + 1
        msg = f"{source}:{line}: {_TOO_DEEP}"
        raise ConfigError(msg) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(_undecoded(error, text, source) or _syntax(error, source)) from None


def value(text: str) -> Any:
    """What ``text`` means as a YAML value, as in ``--set learning_rate=5e-5``.

    Raises:
        ConfigError: for text that is no YAML value.
    """
    return parse(f"value: {text}", f"the value {text!r}")[0]["value"]


def validate(model: type[Model], data: Any, lines: Mapping[str, int], source: str) -> Model:
    """``data`` as ``model``.

    Raises:
        ConfigError: with every error of the file, each with its line and what was meant.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_messages(error, model, lines, source))) from None


def _refuse_beyond_plain(text: str | bytes, source: str) -> None:
    """Refuse what a file of plain values does not have: aliases, tags, and very deep nesting.

    Nine levels of aliases are a few lines of text and gigabytes of values, and a tag such as
    ``!!int`` takes a value to a constructor that is not made for it.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += _descent(event)
        if said := _beyond_plain(event, depth):
            mark: Any = event.start_mark
            msg = f"{source}:{mark.line + 1}: {said}"
            raise ConfigError(msg)


def _descent(event: yaml.Event) -> int:
    if isinstance(event, yaml.CollectionStartEvent):
        return 1
    return -1 if isinstance(event, yaml.CollectionEndEvent) else 0


def _beyond_plain(event: yaml.Event, depth: int) -> str:
    """What is wrong with ``event``, which is ``depth`` collections deep; empty if nothing is."""
    if isinstance(event, yaml.AliasEvent):
        return f"the alias *{event.anchor} is not allowed; write the value out"
    if tag := getattr(event, "tag", None):
        short = tag.replace("tag:yaml.org,2002:", "!!")
        return f"the tag {short} is not allowed; write the value without it, text in quotes"
    return _TOO_DEEP if depth > DEEPEST else ""


def _lines(node: yaml.Node, prefix: str, source: str) -> Iterator[tuple[str, int]]:
    """The dotted name and the line of every key and list entry below ``node``."""
    for name, child, line in _children(node, source):
        dotted = f"{prefix}{name}"
        yield dotted, line
        yield from _lines(child, f"{dotted}.", source)


def _children(node: yaml.Node, source: str) -> Iterator[tuple[str, yaml.Node, int]]:
    if isinstance(node, yaml.SequenceNode):
        for number, child in enumerate(node.value):
            yield str(number), child, child.start_mark.line + 1
    elif isinstance(node, yaml.MappingNode):
        seen: dict[str, int] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                msg = f"{source}:{line}: a key must be a word; put it in quotes"
                raise ConfigError(msg)
            if key.value in seen:
                first = seen[key.value]
                msg = f"{source}:{line}: the key {key.value!r} appears twice, first in line {first}"
                raise ConfigError(msg)
            seen[key.value] = line
            yield key.value, child, line


def _undecoded(error: Exception, text: str | bytes, source: str) -> str:
    """The line and the byte that are not UTF-8, where that is what ``error`` is about."""
    if not isinstance(error, ReaderError) or error.encoding == "unicode" or isinstance(text, str):
        return ""
    line = text.count(b"\n", 0, error.position) + 1
    byte = f"byte {error.position} is not UTF-8 ({text[error.position]:#04x})"
    return f"{source}:{line}: {byte}; save the file as UTF-8: it may be GB18030 or BIG5"


def _syntax(error: Exception, source: str) -> str:
    """One line for what PyYAML says in six."""
    mark = getattr(error, "problem_mark", None)
    where = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{where}: not valid YAML: {what}"


def _messages(
    error: "ValidationError", model: "type[BaseModel]", lines: Mapping[str, int], source: str
) -> Iterator[str]:
    for detail in error.errors(include_url=False):
        where = [str(part) for part in detail["loc"]]
        said = _message(detail, where, model)
        named = where or said.partition(":")[0].split(".")  # the key that keys disagree about
        yield f"{source}{_line(named, lines)}: {said}"


def _line(where: list[str], lines: Mapping[str, int]) -> str:
    """The line of the innermost key of ``where`` that stands in the file."""
    for depth in range(len(where), 0, -1):
        line = lines.get(".".join(where[:depth]))
        if line:
            return f":{line}"
    return ""


def _message(detail: "ErrorDetails", where: list[str], model: "type[BaseModel]") -> str:
    key = ".".join(where)
    if detail["type"] == "extra_forbidden":
        near = did_you_mean(where[-1], _names(model))
        return f"unknown key {key!r}{near or _keys(where, model)}"
    if detail["type"] == "missing":
        return f"the key {key!r} is missing"
    what = detail["msg"].removeprefix("Value error, ")
    found = "" if detail["type"] == "value_error" else f", found {detail['input']!r}"
    return f"{key}: {what}{found}" if key else what


def _keys(where: list[str], model: "type[BaseModel]") -> str:
    """What an outermost key could be called."""
    names = (field.alias or name for name, field in model.model_fields.items())
    return f"; keys: {', '.join(names)}" if len(where) == 1 else ""


def _names(model: Any) -> Iterator[str]:
    """The names of all keys of ``model`` and of the models within it."""
    for name, field in getattr(model, "model_fields", {}).items():
        yield field.alias or name
        yield from _names(field.annotation)
    for argument in get_args(model):
        yield from _names(argument)
