"""What a server understands beside the plain question, found out once by asking it.

A server that cannot write by a pattern often ignores the wish without a word. So it is asked to
greet, under a pattern that no greeting has: only who keeps to it is believed. Names that differ
between servers (the most tokens of a reply, temperature) are tried in order, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from backends.asking.client import Client, RefusedAskError, body_of
from backends.asking.exchange import Api, Ask, tokens_in
from harness.errors import ConfigError

Fields: TypeAlias = dict[str, Any]
Pattern: TypeAlias = Mapping[str, Any] | str  # a JSON schema or a regular expression
WORD = "kept"
SCHEMA: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "properties": {"probe": {"type": "string", "enum": [WORD]}},
        "required": ["probe"],
        "additionalProperties": False,
    }
)
GREETING, PROBE_TOKENS = "Say hello.", 32


def _openai_schema(pattern: Pattern) -> Fields:
    schema = {"name": "entities", "strict": True, "schema": pattern}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


# How servers are asked to write by a JSON schema, or by a regular expression: OpenAI's way first,
# then that of vLLM, what it was before, and that of SGLang.
WITH_SCHEMA: Mapping[str, Callable[[Pattern], Fields]] = MappingProxyType(
    {
        "response_format": _openai_schema,
        "structured_outputs": lambda pattern: {"structured_outputs": {"json": pattern}},
        "guided_json": lambda pattern: {"guided_json": pattern},
    }
)
WITH_REGEX: Mapping[str, Callable[[Pattern], Fields]] = MappingProxyType(
    {
        "structured_outputs": lambda pattern: {"structured_outputs": {"regex": pattern}},
        "guided_regex": lambda pattern: {"guided_regex": pattern},
        "regex": lambda pattern: {"regex": pattern},
    }
)
LIMITS = (("max_tokens", True), ("max_completion_tokens", True), ("max_completion_tokens", False))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one server is asked.

    ``structure`` is the way in which it takes a pattern, empty if it takes none; ``limit`` what it
    calls the most tokens of a reply; ``tempered`` whether it takes a temperature.
    """

    structure: str = ""
    limit: str = "max_tokens"
    tempered: bool = True

    @property
    def words(self) -> str:
        """What the record of a run says of it."""
        return f"by pattern ({self.structure})" if self.structure else "free, repaired"


@dataclass(frozen=True, slots=True)
class Phrasing:
    """What is the same in all requests of a run."""

    api: Api
    model: str
    temperature: float
    ways: Mapping[str, Callable[[Pattern], Fields]] = field(default_factory=dict)

    def ask(self, text: str, tokens: int, dialect: Dialect, pattern: Pattern | None = None) -> Ask:
        """The request for an answer to ``text`` of at most so many ``tokens``."""
        asked: Fields = {"model": self.model, dialect.limit: tokens}
        if self.api == "chat":
            asked["messages"] = [{"role": "user", "content": text}]
        else:
            asked["prompt"] = text
        if dialect.tempered:
            asked["temperature"] = self.temperature
        if dialect.structure and pattern is not None:
            asked |= self.ways[dialect.structure](pattern)
        return Ask(self.api, body_of(asked), tokens_in(text), tokens)

    def dialect_of(self, client: Client) -> Dialect:
        """What the server behind ``client`` understands.

        Raises:
            ConfigError: when it refuses even the plain question, in its words.
            ResourceError: when it does not answer.
        """
        plain = self._plain(client)
        for way in self.ways:
            dialect = Dialect(way, plain.limit, plain.tempered)
            if self._keeps_to(client, dialect):
                return dialect
        return plain

    def _plain(self, client: Client) -> Dialect:
        refusals: list[str] = []
        for limit, tempered in LIMITS:
            dialect = Dialect("", limit, tempered)
            try:
                client.ask_once(self.ask(GREETING, PROBE_TOKENS, dialect))
            except RefusedAskError as error:
                refusals.append(str(error))
            else:
                return dialect
        msg = f"{client.endpoint.url} refuses model {self.model!r}: {refusals[0]}"
        raise ConfigError(msg)

    def _keeps_to(self, client: Client, dialect: Dialect) -> bool:
        schema = self.ways is WITH_SCHEMA
        pattern: Pattern = dict(SCHEMA) if schema else WORD
        try:
            found = client.ask_once(self.ask(GREETING, PROBE_TOKENS, dialect, pattern))
        except RefusedAskError:
            return False
        said = "".join(found.text.split())
        return said == (f'{{"probe":"{WORD}"}}' if schema else WORD)


def entity_schema(labels: Sequence[str]) -> Pattern:
    """The JSON schema of the format ``json`` under a label set."""
    properties = {
        "text": {"type": "string"},
        "label": {"type": "string", "enum": list(labels)},
        "occurrence": {"type": ["integer", "null"]},
    }
    entity = _object(properties)
    return _object({"entities": {"type": "array", "items": entity}})


def _object(properties: Fields) -> Fields:
    """Every property is required and no other allowed, as OpenAI's strict mode asks."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
