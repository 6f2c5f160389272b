"""What the sentences of a task take in memory or in temporary files, said before a run.

The figures are those of today's objects (a sentence with its units, spans, tags and line while its
file is read); ``tests/harness/data/test_size.py`` holds them to what Python allocates.
"""

from dataclasses import dataclass

from harness.data.task import Task
from harness.sequences import OnDisk

SENTENCE = 760  # bytes of a sentence while it is read, and
UNIT = 21  # of each of its units, tags and entities of the usual number included


@dataclass(frozen=True, slots=True)
class Size:
    """The sentences of all splits of a task, and their units.

    ``on_disk`` says that they are kept in temporary files (``harness.data.memory``).
    """

    sentences: int
    units: int
    on_disk: bool = False

    @property
    def bytes_to_read(self) -> int:
        """The most that they take while they are read; in memory, about two thirds of it stay."""
        return SENTENCE * self.sentences + UNIT * self.units


def size_of(task: Task) -> Size:
    """The size of ``task``."""
    splits = task.splits.values()
    units = sum(len(example.sentence) for split in splits for example in split.examples)
    on_disk = any(isinstance(split.examples, OnDisk) for split in splits)
    return Size(sum(map(len, splits)), units, on_disk)
