"""What a chain of tags says of one answer: the probability of each entity, and of each gold tag.

Rule: exact over all paths, for the chain that decodes. An entity has the probability that a path
drawn from the model holds it as the scorer reads it: B- (or an I- that nothing before it
continues), I- up to its end, and no I- of its label after. The states of the chain may be finer
than BIO: weight is led through all states that mean a tag.

Given the state before it, a state depends on nothing earlier. With ``after``, what a unit and all
that follow say of its state, the probability of a state given the one before it is
``step[before, state] * after[state]``, divided by the sum over states.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from backends.tagging.entities import Bools, Entities, Ints, TagTable, entities

Floats: TypeAlias = npt.NDArray[np.float64]

_LEAST = np.finfo(np.float64).tiny


@dataclass(frozen=True, slots=True)
class Posterior:
    """Probabilities over the states of a batch of sentences, one behind the other.

    ``marginals`` (units, states): of each state. ``after`` (units, states), of a unit and all that
    follows in its sentence, ``start`` (states,) and ``step`` (states, states), of the chain, are
    in proportion. ``first`` (units,): whether a sentence begins there.
    """

    marginals: Floats
    after: Floats
    start: Floats
    step: Floats
    first: Bools

    def confidences(self, path: Ints, table: TagTable) -> list[tuple[float, ...]]:
        """The probability of each entity of each sentence; ``path`` is (units,)."""
        found = entities(path, self.first, table)
        return self._by_sentence(self.of_entities(found, table), found.starts)

    def bits(self, gold: Ints) -> list[tuple[float, ...]]:
        """The surprisal of each state of ``gold`` (units,), by sentence."""
        return self._by_sentence(self.surprisal(gold), np.arange(len(gold)))

    def _by_sentence(self, values: Floats, units: Ints) -> list[tuple[float, ...]]:
        """The values that stand at ``units``, which rise, for each sentence."""
        parts = np.split(values, np.searchsorted(units, np.flatnonzero(self.first)[1:]))
        return [tuple(part.tolist()) for part in parts]

    def of_entities(self, found: Entities, table: TagTable) -> Floats:
        """The probability of each entity (entities,)."""
        if not len(found.starts):
            return np.empty(0)
        lengths = found.ends - found.starts
        order = np.argsort(-lengths, kind="stable")  # longest first
        starts, ends, label = (part[order] for part in self._places(found))
        weights = self._begun(starts, label, table)  # (entities, members)
        inner = np.flatnonzero(found.continues)
        ways = self._led_on(inner, found.label[inner], table)  # (inner units, members, members)
        row = np.cumsum(found.continues) - 1  # (units,)
        for place in range(1, lengths.max()):
            alive = (lengths > place).sum()
            led = weights[:alive, None] @ ways[row[starts[:alive] + place]]
            weights[:alive] = led[:, 0]
        going_on = (weights[:, None] @ self._led_on(ends, label, table))[:, 0]
        values = np.empty(len(order))
        values[order] = (weights - going_on).sum(axis=1)
        return values.clip(0, 1)

    def _places(self, found: Entities) -> tuple[Ints, Ints, Ints]:
        return found.starts, found.ends, found.label[found.starts]

    def _begun(self, starts: Ints, label: Ints, table: TagTable) -> Floats:
        """The probability of each way to begin (entities, members): B-, or an orphan I-."""
        members, rows = table.members[label], starts[:, None]  # (entities, members)
        before = self.marginals[rows - 1, members]  # (entities, members)
        continued = (before[:, None] @ self._led_on(starts, label, table))[:, 0]
        begun: Floats = (self.marginals[rows, members] - continued).clip(0)
        return begun

    def _led_on(self, units: Ints, label: Ints, table: TagTable) -> Floats:
        """The probability that an entity goes on at ``units``, (units, members, members).

        From each state of its label at the unit before to each that means I-; 0 where a sentence
        begins, and behind the last one.
        """
        members = table.members[label]  # (units, members)
        inside = np.minimum(units, len(self.after) - 1)
        begins = np.append(self.first, True)[units]  # (units,)
        after = self.after[inside[:, None], members] * table.inner  # (units, members)
        after[begins] = 0
        step = self.step[members]  # (units, members, states)
        every = (step @ self.after[inside][:, :, None])[:, :, 0]  # (units, members)
        ways = self.step[members[:, :, None], members[:, None]] * after[:, None]
        led: Floats = ways / np.maximum(every, _LEAST)[:, :, None]
        return led

    def surprisal(self, gold: Ints) -> Floats:
        """-log2 of the probability of each state of ``gold`` (units,), given those before it."""
        steps = np.where(self.first[:, None], self.start, self.step[np.roll(gold, 1)])
        ways = steps * self.after  # (units, states)
        chosen = ways[np.arange(len(gold)), gold]  # (units,)
        bits: Floats = np.log2(ways.sum(axis=1)) - np.log2(np.maximum(chosen, _LEAST))
        return bits
