"""Results of several machines in one folder; those that may not share a table are refused.

A run enters when its answers give its scores, its certificate agrees with the runs of the same task
that are there, no run there has the same configuration and another result, and no other run has its
place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from harness.archive import places
from harness.archive.copying import copy_all
from harness.comparability import certificate
from harness.comparability.fields import FIELDS
from harness.comparability.gold import require_same_gold
from harness.errors import ConfigError, DataError
from harness.results import reader, store, verify
from harness.results.verify import Sound

# Of a task and a line of the certificate: the first run that it applies to, and its reading.
_First: TypeAlias = dict[tuple[str, str], tuple[Path, str]]


@dataclass(frozen=True, slots=True)
class Merged:
    """The folders that were copied, those that were there before, and those of seeds without end.

    ``lost`` are runs that failed or did not finish: they were planned, so tables count them.
    """

    copied: tuple[Path, ...]
    known: tuple[Path, ...]
    lost: tuple[Path, ...] = ()


def merge(sources: Iterable[Path], target: Path) -> Merged:
    """Copy the runs of ``sources`` into ``target``, all of them or none.

    Raises:
        ConfigError: for a run whose certificate differs, that contradicts one that is there, or
            whose place another run has.
        DataError: for a run that is corrupt or not sound, here or there.
        LockedError: when another process works in the place of one, or merges into ``target``.
    """
    present = {run.run.digest: run for run in _sound([target] if target.exists() else ()).runs}
    found = _sound(sources)
    incoming = found.runs
    known = [result for result in incoming if result.run.digest in present]
    for result in known:
        _refuse_contradiction(result, present[result.run.digest])
    new = [result for result in incoming if result.run.digest not in present]
    _refuse_damaged(new)
    _refuse_strangers([*present.values(), *new])
    finished = places.of_finished((run.result for run in new), target)
    left = places.of_lost(filter(places.is_lost, found.rejected), target, finished)
    store.make_folder(target)
    copy_all([*finished, *left], target)
    copied, lost = (tuple(copy.place for copy in copies) for copies in (finished, left))
    return Merged(copied, tuple(result.folder for result in known), lost)


def _sound(folders: Iterable[Path]) -> verify.Checked:
    found = verify.check(reader.read(folders))
    broken = [one for one in found.rejected if one.is_broken or one.kind == "duplicate"]
    if broken:
        raise DataError("\n".join(f"{one.folder}: {one.kind}: {one.reason}" for one in broken))
    return found


def _refuse_contradiction(result: Sound, there: Sound) -> None:
    if result.metrics != there.metrics:
        msg = (
            f"{result.folder} and {there.folder} have the same configuration and other results; "
            "nothing was copied: `verify` both"
        )
        raise ConfigError(msg)


def _refuse_damaged(runs: Iterable[Sound]) -> None:
    """Refuse files that no score shows to be other ones: a model, a history, training facts."""
    if wrong := [problem for run in runs for problem in verify.damage(run.result)]:
        raise DataError("\n".join((*wrong, "nothing was copied")))


def _refuse_strangers(runs: list[Sound]) -> None:
    """Refuse runs of one task that differ in a certificate line that separates rows."""
    require_same_gold(runs)
    first: _First = {}
    for result in runs:
        if lines := _differing(result, first):
            msg = "\n".join((f"{result.folder} differs; nothing was copied", *lines))
            raise ConfigError(msg)


def _differing(result: Sound, first: _First) -> list[str]:
    """The lines that ``result`` reads otherwise than the first run that each applies to."""
    readings, differing = certificate.readings(result), []
    for name in (field.name for field in FIELDS if field.separates and readings[field.name]):
        ours, key = readings[name], (result.run.data.task, name)
        there, theirs = first.setdefault(key, (result.folder, ours))
        if ours != theirs:
            differing.append(f"  {name}: {ours} here, {theirs} in {there}")
    return differing
