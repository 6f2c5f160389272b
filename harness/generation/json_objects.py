"""Where whole objects stand in text that may be damaged anywhere, in a time that grows with it.

An object is ``{`` and ``}`` with no brace between but in strings, which tells where it ends if it
is known where it begins. Where it does not end, the next ``{`` may begin another one, although the
first had it in a string. Two readings that are outside of strings at the same place go on alike, so
each place is read once.
"""

import re
from bisect import bisect
from collections.abc import Iterator, Sequence
from typing import TypeAlias

Place: TypeAlias = tuple[int, int]

# A quote ends a string unless backslashes in an odd number stand right before it. No quote is among
# them, so it is told without knowing where the string began.
_CLOSING = re.compile(r'(?<!\\)(?:\\\\)*"')
_TURN = re.compile(r'[{}"]')


def objects(text: str) -> Iterator[Place]:
    """The half-open place of each object without another one in it, from left to right."""
    closings = [match.end() for match in _CLOSING.finditer(text)]
    hopeless: set[int] = set()
    start = text.find("{")
    while start >= 0:
        end = _end(text, start + 1, closings, hopeless)
        if end:
            yield start, end
        start = text.find("{", end or start + 1)


def _end(text: str, at: int, closings: Sequence[int], hopeless: set[int]) -> int:
    """Where the object ends that ``at`` is in, outside of its strings; 0 where it does not.

    ``hopeless`` are the places from which none ends; those that are found are added.
    """
    seen: list[int] = []
    while at not in hopeless:
        seen.append(at)
        turn = _TURN.search(text, at)
        if turn and turn[0] == "}":
            return turn.end()
        closing = bisect(closings, turn.end()) if turn and turn[0] == '"' else len(closings)
        if closing == len(closings):
            break
        at = closings[closing]
    hopeless.update(seen)
    return 0
