"""What the sentences of a task take in memory, said before a run.

A split is held whole, since training draws sentences in random order. The figures are those of
today's objects (a sentence with its units, spans, tags and line while its file is read);
``tests/harness/data/test_size.py`` holds them to what Python allocates.
"""

from dataclasses import dataclass

from harness.data.task import Task

SENTENCE = 760  # bytes of a sentence while it is read, and
UNIT = 21  # of each of its units, tags and entities of the usual number included


@dataclass(frozen=True, slots=True)
class Size:
    """The sentences of all splits of a task, and their units."""

    sentences: int
    units: int

    @property
    def bytes_to_read(self) -> int:
        """The most that they take, while they are read; about two thirds of it stay."""
        return SENTENCE * self.sentences + UNIT * self.units


def size_of(task: Task) -> Size:
    """The size of ``task``."""
    splits = task.splits.values()
    units = sum(len(example.sentence) for split in splits for example in split.examples)
    return Size(sum(map(len, splits)), units)
