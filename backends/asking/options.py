"""What is asked, how, and for how much: the options of served models."""

import re
from typing import Annotated, Literal, TypeAlias
from urllib.parse import SplitResult, urlsplit

from pydantic import Field

from backends.asking.exchange import Api
from backends.training.option_group import option_group
from harness.errors import ConfigError

ServedFormat: TypeAlias = Literal["json", "char-tag", "inline"]
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


@option_group
class AskingOptions:
    """Which model is asked, and what."""

    url: Annotated[
        str, Field(description="the endpoint up to /v1; the key comes from the environment")
    ] = "http://localhost:8000/v1"
    model: Annotated[str, Field(description="the model, as the server calls it")] = "default"
    api: Annotated[Api, Field(description="chat messages, or a plain completion")] = "chat"
    format: Annotated[ServedFormat, Field(description="how entities are written down")] = "json"
    prompt: Annotated[str, Field(description="a template of prompts/, or a path to a .txt")] = (
        "json.zh.shots.v1"
    )
    shots: Annotated[
        int, Field(ge=0, description="examples shown, drawn from train by the seed")
    ] = 0
    structure: Annotated[
        Literal["auto", "none"],
        Field(description="bind replies to a pattern where the server can; or never"),
    ] = "auto"
    temperature: Annotated[float, Field(ge=0, le=2, description="of the server's sampling")] = 0.0
    reply_tokens: Annotated[
        int, Field(ge=0, description="the most of one reply; 0: what the format can need")
    ] = 0

    def __post_init__(self) -> None:
        found = _place(self.url)
        if found is None:
            msg = f"url={self.url!r} is no http address such as http://localhost:8000/v1"
            raise ConfigError(msg)
        if found.username or found.password or found.query or found.fragment:
            raise ConfigError(
                "url holds more than a place: it is recorded, so a key belongs into the "
                "environment (key_variable names the variable)"
            )


def _place(url: str) -> SplitResult | None:
    """The parts of an address that a request can be sent to; None of any other text."""
    try:
        found = urlsplit(url)
        _ = found.port, (found.hostname or "").encode("idna")  # a number, names of sane length
    except ValueError:
        return None
    return found if found.scheme in ("http", "https") and found.hostname else None


@option_group
class CostOptions:
    """How patiently a server is asked, and what that may cost; none of it changes a result."""

    key_variable: Annotated[
        str, Field(description="the environment variable that holds the key, if any")
    ] = "OPENAI_API_KEY"
    concurrency: Annotated[int, Field(ge=1, le=256, description="requests at once")] = 8
    timeout: Annotated[float, Field(gt=0, description="seconds that one reply may take")] = 120.0
    attempts: Annotated[int, Field(ge=1, le=100, description="at one answer, pauses between")] = 8
    pause: Annotated[
        float, Field(ge=0, description="seconds before the second attempt; doubles, up to 600")
    ] = 1.0
    max_requests: Annotated[int, Field(ge=0, description="sent in all; 0: any number")] = 0
    max_cost: Annotated[float, Field(ge=0, description="in all; 0: any cost")] = 0.0
    prompt_price: Annotated[float, Field(ge=0, description="of a million tokens asked")] = 0.0
    reply_price: Annotated[float, Field(ge=0, description="of a million tokens written")] = 0.0
    probe: Annotated[
        Literal["text", "gold", "none"],
        Field(
            description="what the model is asked to go on with, once all is answered: sentences of "
            "test and train, lines with gold too (half of it is sent), or nothing"
        ),
    ] = "text"

    def __post_init__(self) -> None:
        if not _VARIABLE.fullmatch(self.key_variable):
            raise ConfigError(
                "key_variable is the name of an environment variable, such as OPENAI_API_KEY, "
                "and never the key itself"
            )
        if self.max_cost and not (self.prompt_price or self.reply_price):
            raise ConfigError(
                "max_cost needs prices: set prompt_price and reply_price, per million tokens"
            )
