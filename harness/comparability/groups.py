"""Which systems of a task may be ranked together, and which of these groups the table is about.

The reference is what is known and trained, not what is many: five imports without a stated fact,
or five rows that trained nothing, do not make the one trained row the stranger.
"""

from collections.abc import Sequence
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
    whole = [system for system in made if not _without_lines(system)]
    partial = [system for system in made if _without_lines(system)]
    found: list[list[System]] = []
    for system in whole:
        _join(found, system)
    found.sort(key=_precedence)
    for system in partial:
        _join(found, system)
    return tuple(map(tuple, sorted(found, key=_precedence)))


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


def _without_lines(system: System) -> bool:
    values = system.readings
    return any(field.separates and values[field.name] == NOT_APPLICABLE for field in FIELDS)


def _join(found: list[list[System]], system: System) -> None:
    """Put ``system`` into the first group none of whose rows it contradicts, or its own."""
    for group in found:
        if all(_together(system, other) for other in group):
            group.append(system)
            return
    found.append([system])


def _together(one: System, other: System) -> bool:
    # The seeds of a row that survived are not the row: it waits until all have finished.
    alike = one.complete == other.complete and has_one_seed(one) == has_one_seed(other)
    return alike and may_stand_together(one.readings, other.readings)


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
