"""What is asked of a server and what it replied, as it was sent and as it came."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal, TypeAlias

Api: TypeAlias = Literal["chat", "completion"]
PATHS: Mapping[str, str] = {"chat": "chat/completions", "completion": "completions"}
LOST = 0  # instead of a status: the request was sent, and no whole reply came
REFUSAL = "content_filter"  # the finish reason, or the code of the error, where a filter refused


def tokens_in(text: str) -> int:
    """About how many tokens ``text`` is: four ASCII characters are one, any other is one each."""
    plain = sum(character.isascii() for character in text)
    return plain // 4 + 1 + len(text) - plain


@dataclass(frozen=True)
class Ask:
    """One request; equal ones are one, and are paid for once.

    ``prompt_tokens`` is an estimate, ``reply_tokens`` the most that the reply may have.
    """

    api: Api
    body: str
    prompt_tokens: int
    reply_tokens: int

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is sent."""
        return sha256(f"{PATHS[self.api]}\n{self.body}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for a request, not read yet: status, body, when it was sent, for how long.

    ``sent`` is in seconds since 1970; ``asked_tokens`` is the estimate of the prompt, and
    ``most_tokens`` the most that may have been written. ``status`` is ``LOST`` where none came.
    """

    digest: str
    status: int
    body: str
    sent: float
    seconds: float
    asked_tokens: int = 0
    most_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Completion:
    """What a reply says: the text, the model that wrote it, and what the server counted."""

    text: str
    model: str = ""
    refused: bool = False
    prompt_tokens: int | None = None
    reply_tokens: int | None = None


def completion(reply: Reply) -> Completion | None:
    """What ``reply`` says; None where it is no answer: an error, garbage, or a body cut short."""
    try:
        value = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    if reply.status != 200:
        return Completion("", refused=True) if _is_filtered(value) else None
    choices = value.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return _answer(value, first) if isinstance(first, dict) else None


def _answer(value: dict[str, Any], choice: dict[str, Any]) -> Completion | None:
    message = choice.get("message")
    holder, key = (message, "content") if isinstance(message, dict) else (choice, "text")
    text, refusal = _text_of(holder.get(key)), holder.get("refusal")
    refused = bool(refusal) or choice.get("finish_reason") == REFUSAL
    if not isinstance(text, str) and not refused and key not in holder:
        return None
    usage = value.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    return Completion(
        text if isinstance(text, str) else "",
        str(value.get("model") or ""),
        refused,
        _count(counts.get("prompt_tokens")),
        _count(counts.get("completion_tokens")),
    )


def _text_of(content: Any) -> Any:
    """The text of ``content``, which some servers give as a list of parts."""
    if not isinstance(content, list):
        return content
    parts = [part.get("text") for part in content if isinstance(part, dict)]
    return "".join(part for part in parts if isinstance(part, str))


def _count(found: Any) -> int | None:
    return found if isinstance(found, int) and found >= 0 else None


def _is_filtered(value: dict[str, Any]) -> bool:
    error = value.get("error")
    return isinstance(error, dict) and REFUSAL in (error.get("code"), error.get("type"))


def complaint(reply: Reply) -> str:
    """What the server said of a request that it did not answer, short enough for one line."""
    try:
        value = json.loads(reply.body)
        error = value.get("error", value.get("detail", value))
        said = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, RecursionError, AttributeError):
        said = reply.body
    text = " ".join(str(said).split())[:200]
    return f"HTTP {reply.status}: {text}" if text else f"HTTP {reply.status}"
