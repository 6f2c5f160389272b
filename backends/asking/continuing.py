"""Texts that a served model is to go on with, which shows what it has read before.

A completion endpoint is given the text as it is. A chat model is told what to do with it, and where
it says the text again before it goes on, that is left out of what it wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backends.asking.dialect import Dialect, Phrasing
from backends.asking.exchange import Ask, tokens_in
from harness.core import Sentence
from harness.protocol import PROBED, REACH

INSTRUCTION = (
    "Go on with the text below exactly as its source does, from where it breaks off. "
    "Write only what comes next, and nothing else.\n\n"
)
TOKENS = 3  # of a character at most
PER_LINE = 8  # of a unit and its tag


def continuing(
    phrasing: Phrasing, dialect: Dialect, texts: Sequence[str], characters: int
) -> list[Ask]:
    """The requests to go on with each of ``texts`` by about so many ``characters``."""
    told = INSTRUCTION if phrasing.api == "chat" else ""
    free = Dialect("", dialect.limit, dialect.tempered)
    return [phrasing.ask(told + text, TOKENS * characters, free) for text in texts]


@dataclass(frozen=True, slots=True)
class ProbeEstimate:
    """How many requests a probe may take, and of how many tokens."""

    requests: int
    prompt_tokens: int
    reply_tokens: int


def estimated(*splits: Sequence[Sentence], with_gold: bool) -> ProbeEstimate:
    """What going on with sentences of each of ``splits`` may take, and with lines of gold."""
    asked = [sentence for split in splits for sentence in split[:PROBED]]
    around = tokens_in(INSTRUCTION)
    texts = sum(tokens_in(sentence.text) // 2 + around for sentence in asked)
    longest = max(
        (len(sentence.joiner.join(sentence.units[:REACH])) for sentence in asked), default=0
    )
    replies = len(asked) * TOKENS * longest
    if not with_gold:
        return ProbeEstimate(len(asked), texts, replies)
    lines = sum(PER_LINE * len(sentence) // 2 + around for sentence in asked)
    gold = len(asked) * TOKENS * (longest + PER_LINE * REACH)
    return ProbeEstimate(2 * len(asked), texts + lines, replies + gold)


def behind(shown: str, written: str) -> str:
    """What ``written`` has behind ``shown``, which it may begin with."""
    return written.lstrip().removeprefix(shown.lstrip())
