"""Which systems of a task may be ranked together, and which of these groups the table is about.

The reference is what is known and trained, not what is many: five imports without a stated fact,
or five rows that trained nothing, do not make the one trained row the stranger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from harness.comparability.certificate import differing, may_stand_together, unknown
from harness.comparability.fields import FIELDS, NOT_APPLICABLE, is_external, is_zero_shot
from harness.comparability.systems import System

Group: TypeAlias = tuple[System, ...]


def groups(made: Sequence[System]) -> tuple[Group, ...]:
    """The systems that may be ranked together; the group that the table is about comes first.

    A row to which a line does not apply (a lexicon has no precision) joins the first group that it
    does not contradict.
    """
    kinds = [(system, _Kind.of(system)) for system in made]
    found: list[_Forming] = []
    for system, kind in kinds:
        if not kind.lacks_lines:
            _join(found, system, kind)
    found.sort(key=_Forming.precedence)
    for system, kind in kinds:
        if kind.lacks_lines:
            _join(found, system, kind)
    return tuple(tuple(one.systems) for one in sorted(found, key=_Forming.precedence))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What decides with which others a row may stand; rows of one kind are compared once."""

    complete: bool
    one_seed: bool
    values: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, system: System) -> "_Kind":
        """The kind of ``system``."""
        values = system.readings
        separating = tuple((one.name, values[one.name]) for one in FIELDS)
        return cls(system.complete, has_one_seed(system), separating)

    @property
    def lacks_lines(self) -> bool:
        """Whether a line that separates does not apply to it."""
        values = dict(self.values)
        return any(one.separates and values[one.name] == NOT_APPLICABLE for one in FIELDS)

    def stands_with(self, other: "_Kind") -> bool:
        """Whether the two may be ranked together."""
        # The seeds of a row that survived are not the row: it waits until all have finished.
        alike = (self.complete, self.one_seed) == (other.complete, other.one_seed)
        return alike and may_stand_together(dict(self.values), dict(other.values))


@dataclass(frozen=True, slots=True)
class _Forming:
    """A group as it is put together, and the kinds that it holds."""

    systems: list[System]
    kinds: set[_Kind]

    def precedence(self) -> tuple[int, int, bool, int, int, str]:
        """Its place among the groups."""
        return _precedence(self.systems)


def is_rankable(group: Sequence[System]) -> bool:
    """Whether all that separates rows is known of ``group``: a rank claims that it is equal."""
    return not any(unknown(system.readings) for system in group)


def has_one_seed(system: System) -> bool:
    """Whether nothing is known of the luck of training: such a row supports no rank."""
    return len(system.results) == 1


def reasons(system: System, reference: System) -> tuple[str, ...]:
    """Why ``system`` is not ranked with ``reference``."""
    mine, theirs = system.readings, reference.readings
    found = [f"{name}: {mine[name]}, above {theirs[name]}" for name in differing(mine, theirs)]
    if system.complete != reference.complete:
        found.append("seeds finished: " + ("all" if system.complete else "not all"))
    if has_one_seed(system) != has_one_seed(reference):
        mine_, theirs_ = (len(one.results) for one in (system, reference))
        found.append(f"seeds: {mine_}, above {theirs_}")
    return tuple(found)


def _join(found: list[_Forming], system: System, kind: _Kind) -> None:
    """Put ``system`` into the first group none of whose rows it contradicts, or its own."""
    for group in found:
        if all(kind.stands_with(other) for other in group.kinds):
            group.systems.append(system)
            group.kinds.add(kind)
            return
    found.append(_Forming([system], {kind}))


def _precedence(group: Sequence[System]) -> tuple[int, int, bool, int, int, str]:
    """Known and trained by this harness first; then several seeds; then what is whole; then many.

    A lost seed is a watermark, as a cut test set is.
    """
    best = min(map(_standing, group))
    single = any(map(has_one_seed, group))
    marks = min(len(system.notes) for system in group)
    return *best, single, marks, -len(group), group[0].name


def _standing(system: System) -> tuple[int, int]:
    """0 where all is known, then 0 for trained here, 1 for stated to be trained, 2 for neither."""
    doubt = bool(unknown(system.readings))
    if is_zero_shot(system.first):
        return doubt, 2
    return doubt, int(is_external(system.first))
