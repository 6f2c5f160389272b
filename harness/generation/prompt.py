"""Prompt templates: read, validated and hashed before anything heavy is loaded.

A template is a text file of sections: ``[format]``, the format its answers have; ``[instruction]``,
with ``{tags}``, ``{labels}`` or ``{descriptions}``, a line for each label; ``[question]``, with
``{text}``; and, where examples may be shown,
``[example]``, with ``{text}`` and then ``{answer}``. Braces are doubled to be themselves. A
template that results were made with is never edited, only superseded: its version is in its name,
and its SHA-256 is in the record of a run.
"""

import errno
import os
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from harness.errors import ConfigError
from harness.generation.formats import format_named, spell_tag
from harness.resources import find, folder, names
from harness.tags import OUTSIDE, split

_HEADING = re.compile(r"^\[(\w+)\]$", re.MULTILINE)
# What each section has to hold: one of each group, and no field that is in none.
_FIELDS: Mapping[str, tuple[frozenset[str], ...]] = {
    "format": (),
    "instruction": (frozenset({"tags", "labels", "descriptions"}),),
    "example": (frozenset({"text"}), frozenset({"answer"})),
    "question": (frozenset({"text"}),),
}
_REQUIRED = ("format", "instruction", "question")
# Where a sentence or an answer belongs: private-use characters, so that no template has them.
_PLACEHOLDER = re.compile("\ue000([0-9]+)\ue001")
NO_DESCRIPTIONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Prompt:
    """A valid template; ``example`` is None if it shows none."""

    name: str
    digest: str
    format: str
    instruction: str
    example: str | None
    question: str

    def render(
        self, tags: Sequence[str], shots: int, descriptions: Mapping[str, str] = NO_DESCRIPTIONS
    ) -> str:
        """The prompt with ``shots`` examples, and a placeholder for each sentence and answer.

        Placeholders are in reading order: the text and the answer of each example, then the text
        that is asked about. ``descriptions`` says of labels what they mean.
        """
        blocks = [_fill(self.instruction, _meanings(tags, descriptions))]
        for shot in range(shots):
            values = {"text": _placeholder(2 * shot), "answer": _placeholder(2 * shot + 1)}
            blocks += [_fill(self.example or "", values)]
        return "\n".join([*blocks, _fill(self.question, {"text": _placeholder(2 * shots)})])


def parts(rendered: str) -> list[str]:
    """The texts around the placeholders of a rendered prompt, one more than it has placeholders."""
    return _PLACEHOLDER.split(rendered)[::2]


def load(name: str) -> Prompt:
    """The template called ``name`` (``tags.zh.v1``), or that of a path that ends in ``.txt``.

    Raises:
        ConfigError: for a template that is not there or not valid.
    """
    path = Path(name) if name.endswith(".txt") else find("prompts", name)
    try:
        if path is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        content = path.read_bytes()
    except OSError as error:
        known = ", ".join(names("prompts"))
        msg = f"no prompt {name!r} ({error.strerror}); known are {known}, or give a path to a .txt"
        raise ConfigError(msg) from error
    return parse(path.stem, content)


def of_format(format_name: str, language: str) -> str:
    """The name of the first template for a format, without examples, in ``language`` if there is.

    Raises:
        ConfigError: for a format that no template has.
    """
    wanted = format_named(format_name).name
    paths = sorted(folder("prompts").glob("*.txt"))
    plain = [prompt for prompt in (load(path.stem) for path in paths) if prompt.example is None]
    fitting = [p.name for p in plain if format_named(p.format).name == wanted]
    if not fitting:
        msg = f"no prompt without examples has the format {format_name!r}"
        raise ConfigError(msg)
    spoken = [name for name in fitting if name.split(".")[1] == language]
    return (spoken or fitting)[0]


def parse(name: str, content: bytes) -> Prompt:
    """The template that ``content`` is.

    Raises:
        ConfigError: for a section or field that is missing, unknown or double.
    """
    try:
        text = content.decode("utf-8-sig")  # editors may begin a file with a byte order mark
    except UnicodeDecodeError as error:
        msg = f"prompt {name}: invalid UTF-8 at byte {error.start}"
        raise ConfigError(msg) from error
    sections = _sections(name, text.replace("\r\n", "\n"))
    for section, body in sections.items():
        _check(name, section, body)
    return Prompt(
        name,
        sha256(content).hexdigest(),
        sections["format"],
        sections["instruction"],
        sections.get("example"),
        sections["question"],
    )


def _sections(name: str, text: str) -> dict[str, str]:
    before, *rest = _HEADING.split(text)
    headings, bodies = rest[::2], [body.strip("\n") for body in rest[1::2]]
    if before.strip():
        _fail(name, f"there is text before the first heading: {before.strip()[:40]!r}")
    if len(set(headings)) < len(headings):
        _fail(name, f"a section stands twice: {', '.join(headings)}")
    for heading in headings:
        if heading not in _FIELDS:
            _fail(name, f"[{heading}] is no section; there are {', '.join(_FIELDS)}")
    for required in _REQUIRED:
        if required not in headings:
            _fail(name, f"the section [{required}] is missing")
    return dict(zip(headings, bodies, strict=True))


def _check(name: str, section: str, body: str) -> None:
    """Each group of fields is there once, and nothing else is."""
    try:
        found = list(_fields(body))
    except ValueError as error:
        _fail(name, f"[{section}]: {error}; write {{{{ and }}}} for braces")
    _refuse_formatted(name, section, body)
    _check_fields(name, section, found)
    if section != "instruction" and len(set(found)) < len(found):
        _fail(name, f"[{section}] has a field twice")
    if section == "example" and found != ["text", "answer"]:
        _fail(name, "[example] shows its {answer} before its {text}")
    if _PLACEHOLDER.search(body):
        _fail(name, f"[{section}] has private-use characters that mark placeholders")


def _refuse_formatted(name: str, section: str, body: str) -> None:
    """A field is filled in as it is: a conversion or a width would be of its placeholder."""
    for _, field, spec, conversion in string.Formatter().parse(body):
        if spec or conversion:
            _fail(name, f"[{section}]: a field has no `!` and no `:`, write {{{field}}}")


def _check_fields(name: str, section: str, found: Sequence[str]) -> None:
    groups = _FIELDS[section]
    for group in groups:
        wanted = " or ".join(f"{{{field}}}" for field in sorted(group))
        if not group & set(found):
            _fail(name, f"[{section}] lacks the field {wanted}")
    for field in found:
        if not any(field in group for group in groups):
            _fail(name, f"[{section}] has the field {{{field}}}, which it cannot have")


def _fail(name: str, what: str) -> None:
    msg = f"prompt {name}: {what}"
    raise ConfigError(msg)


def _fields(body: str) -> Iterable[str]:
    return (field for _, field, _, _ in string.Formatter().parse(body) if field is not None)


def _fill(body: str, values: Mapping[str, str]) -> str:
    return string.Formatter().vformat(body, (), values)


def _meanings(tags: Sequence[str], descriptions: Mapping[str, str]) -> Mapping[str, str]:
    labels = dict.fromkeys(split(tag)[1] for tag in tags if tag != OUTSIDE)
    described = (f"{label}: {descriptions[label]}" if label in descriptions else label
                 for label in labels)  # fmt: skip
    return {
        "tags": " ".join(map(spell_tag, tags)),
        "labels": " ".join(labels),
        "descriptions": "\n".join(f"- {each}" for each in described),
    }


def _placeholder(number: int) -> str:
    return f"\ue000{number}\ue001"
