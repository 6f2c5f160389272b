"""How sure constrained decoding is of an entity: the probability of its tags, along its path.

An entity has the probability, given all tags that were chosen before it, that it begins there, goes
on to its end, and does not go on behind it. That is not the sum over all paths, which no generator
can give: another beginning of the sentence might have led to it too.
"""

from collections.abc import Sequence

from backends.generating.search import TagPath
from harness.core import Span
from harness.tags import decode


def confidences(path: TagPath, tags: Sequence[str]) -> tuple[float, ...]:
    """The probability of each entity of ``path``; ``tags`` is the tag set."""
    spans = decode([tags[tag] for tag in path.tags])
    return tuple(_of(span, path, tags) for span in spans)


def _of(span: Span, path: TagPath, tags: Sequence[str]) -> float:
    chosen = path.tags[span.start : span.end]
    taken = path.shares[range(span.start, span.end), chosen].prod()
    if span.end == len(path.tags):
        return float(taken)
    return float(taken * (1 - path.shares[span.end, tags.index(f"I-{span.label}")]))
