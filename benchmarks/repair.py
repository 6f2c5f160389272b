"""Seconds to repair what a generator wrote: whole answers, a few faults, and texts without end.

    python -m benchmarks.repair

The sentence has 500 characters; faults are words left out of a text of characters and tags. Times
are CPU milliseconds, the median of some rounds with the lowest and the highest; the last line is
JSON. How much work it may be is counted in the tests (``tests/harness/generation``).
"""

import json
import statistics
from random import Random
from time import process_time

from harness.core import Sentence, Text
from harness.generation.formats import FORMATS
from harness.generation.repair import repair
from harness.tags import tag_set

TAGS = tag_set(["PER", "LOC"])
UNITS, ROUNDS = 500, 9
SENTENCE = Sentence("s", tuple(Random(0).choices("春江潮水连海平月共生滟随波千万里", k=UNITS)))


def texts() -> dict[str, str]:
    """What is repaired, by what is wrong with it."""
    words = FORMATS["char-tag"].render(SENTENCE, ("O",) * UNITS).split()
    return {
        "no fault": " ".join(words),
        "3 words left out": without(words, 3),
        "30 words left out": without(words, 30),
        "300 words left out": without(words, 300),
        "100,000 letters": "O" * 100_000,
        "50,000 foreign units": "哈 " * 50_000,
    }


def without(words: list[str], number: int) -> str:
    """The text of ``words`` less some of them, taken at random."""
    gone = set(Random(0).sample(range(len(words)), number))
    return " ".join(word for place, word in enumerate(words) if place not in gone)


def milliseconds(text: str) -> float:
    """CPU milliseconds of one repair."""
    begun = process_time()
    repair(Text(text, "char-tag"), SENTENCE, TAGS)
    return (process_time() - begun) * 1e3


def main() -> None:
    """Print the median of each text with its spread."""
    medians = {}
    for name, text in texts().items():
        taken = sorted(milliseconds(text) for _ in range(ROUNDS))
        medians[name] = statistics.median(taken)
        print(f"{name:22} {medians[name]:8.2f} ms CPU ({taken[0]:.2f} to {taken[-1]:.2f})")
    print(json.dumps({"milliseconds": medians}))


if __name__ == "__main__":
    main()
