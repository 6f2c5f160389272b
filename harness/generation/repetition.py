"""A loop at the end is cut before alignment, or its copies would stand in for what is missing.

Only what the sentence has no use for is cut, a key and what follows it at a time, so a text that
repeats itself because its sentence does stays whole.
"""

from collections import Counter
from collections.abc import Container, Sequence

from harness.generation.recurrence import repeated_ends

LEAST = 4  # words said again; fewer are doubled, not a loop


def length_without_repetition(
    words: Sequence[str], keys: Sequence[str], tags: Container[str]
) -> int:
    """How many of ``words`` remain when the superfluous end of a loop over ``keys`` is cut.

    Nothing is cut if a key looks like one of ``tags``: copies cannot be counted then.
    """
    if any(key in tags for key in keys):
        return len(words)
    first = _said_again_from(words)
    wanted, present = Counter(keys), Counter(words)
    end = at = len(words)
    while at > first:
        at -= 1
        word = words[at]
        if present[word] <= wanted[word]:
            break
        present[word] -= 1
        end = at if word in wanted else end
    return end if len(words) - end >= LEAST else len(words)


def _said_again_from(words: Sequence[str]) -> int:
    """Where the longest end begins of which each word was said one period before."""
    length, repeated = len(words), repeated_ends(words)
    for period in range(2, length // 2 + 1):
        if repeated[period] >= max(period, LEAST):
            return length - repeated[period]
    return length
