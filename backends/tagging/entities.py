"""Where the entities of a path of tags lie, as arrays: all sentences of a batch at once.

Rule: the spans are those of ``harness.tags.decode``, so what is called an entity here is what is
scored; a property test holds the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from harness.tags import split

Ints: TypeAlias = npt.NDArray[np.intp]
Bools: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TagTable:
    """What the states of a head mean in BIO: several may mean one tag, as in BIOES.

    ``label`` (states,) is that of each state, -1 for O; ``inside`` (states,), whether it means I-.
    ``members`` (labels, members) are the states of each label, and ``inner`` (members,) says which
    of them mean I-.
    """

    label: Ints
    inside: Bools
    members: Ints
    inner: Bools

    @classmethod
    def of(cls, meanings: Sequence[str]) -> "TagTable":
        """The table of states, from the BIO tag that each means; all labels have equally many."""
        parts = [split(tag) for tag in meanings]
        labels = list(dict.fromkeys(label for _, label in parts if label))
        inside = np.array([prefix == "I" for prefix, _ in parts])
        label = np.array([labels.index(label) if label else -1 for _, label in parts])
        members = np.array(
            [sorted(np.flatnonzero(label == one), key=inside.__getitem__)
             for one in range(len(labels))], np.intp,
        ).reshape(len(labels), -1)  # fmt: skip
        return cls(label, inside, members, inside[members[0]] if labels else inside[:0])


@dataclass(frozen=True, slots=True)
class Entities:
    """Half-open ``starts`` and ``ends`` (entities,) over the units of a batch.

    ``label`` (units,) is the label of each unit, -1 for O; ``continues`` (units,) says where a unit
    goes on with the entity of the unit before it.
    """

    starts: Ints
    ends: Ints
    label: Ints
    continues: Bools


def entities(path: Ints, first: Bools, table: TagTable) -> Entities:
    """The entities of ``path``.

    Args:
        path: (units,), the state of each unit of a batch.
        first: (units,), whether a sentence begins there.
        table: what states mean.
    """
    label, inside = table.label[path], table.inside[path]  # (units,)
    before = np.where(first, -1, np.roll(label, 1))  # (units,)
    continues = inside & (before == label)
    starts = np.flatnonzero((label >= 0) & ~continues)
    stops = np.append(np.flatnonzero(~continues), len(path))
    ends = stops[np.searchsorted(stops, starts, side="right")]
    return Entities(starts, ends, label, continues)
