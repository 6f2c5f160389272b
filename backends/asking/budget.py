"""What a run may cost: nothing is sent that could go beyond it.

What is under way counts with the most that it may cost, so requests side by side cannot spend the
same rest twice.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from backends.asking.exchange import LOST, Ask, Completion, Reply, completion, tokens_in
from harness.errors import ResourceError

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """What a million tokens cost, in any currency."""

    prompt: float = 0.0
    reply: float = 0.0

    @property
    def known(self) -> bool:
        """Whether any price was given."""
        return bool(self.prompt or self.reply)

    def of(self, prompt_tokens: int, reply_tokens: int) -> float:
        """The cost of so many tokens."""
        return (prompt_tokens * self.prompt + reply_tokens * self.reply) / MILLION

    def at_most(self, ask: Ask) -> float:
        """The most that ``ask`` is expected to cost."""
        return self.of(ask.prompt_tokens, ask.reply_tokens)

    def of_reply(self, reply: Reply) -> float:
        """What a reply cost: an error nothing, one that was lost or unreadable the most it may."""
        if found := completion(reply):
            return self.of(*counted(reply, found))
        is_error = reply.status not in (200, LOST)
        return 0.0 if is_error else self.of(reply.asked_tokens, reply.most_tokens)


def counted(reply: Reply, found: Completion) -> tuple[int, int]:
    """The tokens of prompt and reply, as the server counted, else as they are estimated."""
    prompt, written = found.prompt_tokens, found.reply_tokens
    return (
        reply.asked_tokens if prompt is None else prompt,
        tokens_in(found.text) if written is None else written,
    )


class SpendingLimit:
    """What was spent, what is under way, and the bounds; 0 is no bound."""

    def __init__(self, prices: Prices, max_requests: int, max_cost: float) -> None:
        self.prices, self.max_requests, self.max_cost = prices, max_requests, max_cost
        self.requests, self.cost, self._under_way = 0, 0.0, 0.0
        self._lock = threading.Lock()

    def spend(self, cost: float, requests: int = 1) -> None:
        """Count what was paid for before."""
        with self._lock:
            self.cost += cost
            self.requests += requests

    @contextmanager
    def request(self, ask: Ask) -> Iterator[None]:
        """A request is under way in here.

        Raises:
            ResourceError: where it could go beyond a bound; it is not sent then.
        """
        most = self.prices.at_most(ask)
        with self._lock:
            self._refuse(most)
            self.requests += 1
            self._under_way += most
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= most

    def _refuse(self, most: float) -> None:
        spent = f"{self.requests} requests and {self.cost:.4f} spent"
        remedy = "all replies are kept: raise it, and the same command goes on"
        if self.max_requests and self.requests >= self.max_requests:
            msg = f"max_requests={self.max_requests} is reached, with {spent}; {remedy}"
            raise ResourceError(msg)
        if self.max_cost and self.cost + self._under_way + most > self.max_cost:
            msg = f"max_cost={self.max_cost:g} could be passed, with {spent}; {remedy}"
            raise ResourceError(msg)
