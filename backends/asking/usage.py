"""What answers took, from the replies that hold them, whichever process they came to."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from statistics import fmean

from backends.asking.budget import Prices, counted
from backends.asking.exchange import Reply
from backends.asking.ledger import Ledger
from harness.protocol import Usage


def usage_of(
    ledger: Ledger, digests: Iterable[str], cost: float | None, *, api: str, structure: str,
    prompt: str, shots: int,
) -> Usage:  # fmt: skip
    """The usage of the answers that go by ``digests``, which took ``cost``."""
    paid = [pair for digest in digests if (pair := ledger.paid(digest)) is not None]
    replies = [reply for reply, _ in paid]
    tokens = [counted(*pair) for pair in paid]
    asked, written = (sum(pair[side] for pair in tokens) for side in (0, 1))
    days = sorted(_day(reply) for reply in replies) or [""]
    return Usage(
        models=tuple(sorted({found.model for _, found in paid if found.model})),
        first=days[0],
        last=days[-1],
        api=api,
        structure=structure,
        prompt=prompt,
        shots=shots,
        requests=len(ledger.replies),
        prompt_tokens=asked,
        reply_tokens=written,
        counted=all(None not in (one.prompt_tokens, one.reply_tokens) for _, one in paid),
        seconds=busy(replies),
        latency=fmean(reply.seconds for reply in replies) if replies else 0.0,
        refusals=sum(found.refused for _, found in paid),
        cost=cost,
    )


def cost_of(ledger: Ledger, prices: Prices, apart: Collection[str]) -> float | None:
    """What all replies cost but those to the requests ``apart``; None without prices."""
    if not prices.known:
        return None
    return sum(prices.of_reply(reply) for reply in ledger.replies if reply.digest not in apart)


def _day(reply: Reply) -> str:
    return datetime.fromtimestamp(reply.sent, UTC).date().isoformat()


def busy(replies: Iterable[Reply]) -> float:
    """The seconds in which at least one of the requests was under way."""
    total = end = 0.0
    for reply in sorted(replies, key=lambda each: each.sent):
        until = reply.sent + reply.seconds
        total += max(0.0, until - max(end, reply.sent))
        end = max(end, until)
    return total
