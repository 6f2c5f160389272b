"""Results of several machines in one folder; those that may not share a table are refused.

A run enters when its answers give its scores, its certificate agrees with the runs of the same task
that are there, and no run there has the same configuration and another result.
"""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.comparability import certificate
from harness.comparability.fields import FIELDS
from harness.comparability.gold import require_same_gold
from harness.errors import ConfigError, DataError, ResourceError
from harness.protocol import UNFINISHED
from harness.results import disk, locking, reader, store, verify
from harness.results.locking import HOLDER, LOCK
from harness.results.reader import Rejected
from harness.results.verify import Sound

LOST = ("failed", "unfinished")


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
        ConfigError: for a run whose certificate differs, or that contradicts one that is there.
        DataError: for a run that is corrupt or not sound, here or there.
    """
    store.make_folder(target)
    present = {result.run.digest: result for result in _sound([target]).runs}
    found = _sound(sources)
    incoming = found.runs
    known = [result for result in incoming if result.run.digest in present]
    for result in known:
        _refuse_contradiction(result, present[result.run.digest])
    new = [result for result in incoming if result.run.digest not in present]
    _refuse_damaged(new)
    _refuse_strangers([*present.values(), *new])
    lost = dict(_lost(found.rejected, target))
    _refuse_links([*(result.folder for result in new), *lost])
    copied = tuple(_copy(result.folder, _place(target, result.run.data.task)) for result in new)
    left = tuple(_copy(folder, place) for folder, place in lost.items())
    return Merged(copied, tuple(result.folder for result in known), left)


def _lost(rejected: Iterable[Rejected], target: Path) -> Iterator[tuple[Path, Path]]:
    """What is left of seeds that failed or did not finish, and its place, if nothing is there."""
    for one in rejected:
        if one.kind in LOST and one.row:
            place = _place(target, one.row[0])
            if not (place / one.folder.name).exists():
                yield one.folder, place


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
    first: dict[str, Sound] = {}
    for result in runs:
        other = first.setdefault(result.run.data.task, result)
        require_same_gold([other, result])
        ours, theirs = certificate.readings(result), certificate.readings(other)
        names = [field.name for field in FIELDS if field.separates]
        differing = [n for n in names if ours[n] and theirs[n] and ours[n] != theirs[n]]
        if differing:
            lines = "\n".join(f"  {n}: {ours[n]}, not {theirs[n]}" for n in differing)
            msg = f"{result.folder} differs from {other.folder}; nothing was copied\n{lines}"
            raise ConfigError(msg)


def _refuse_links(folders: Iterable[Path]) -> None:
    """Refuse folders with a link in them: what it points at is no part of a result."""
    for folder in folders:
        link = next((path for path in folder.rglob("*") if path.is_symlink()), None)
        if link:
            msg = f"{link} is a symbolic link; nothing was copied: put the file in its place"
            raise DataError(msg)


def _no_part(folder: str, names: list[str]) -> set[str]:
    """What of a run folder is not its result: who holds it, and where unfinished work stands."""
    del folder
    return {LOCK, HOLDER, UNFINISHED} & set(names)


def _place(target: Path, task: str) -> Path:
    return target / store.slug(task)


def _copy(source: Path, place: Path) -> Path:
    """Copy a run folder beside its place, under a name that no reader looks at, and rename it."""
    folder = place / source.name
    locking.refuse_link(folder)
    beside = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        shutil.copytree(source, beside, ignore=_no_part)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        several = isinstance(error, shutil.Error)  # it has a reason for each file
        reason = error.args[0][0][2] if several else error.strerror
        msg = f"cannot copy {source} to {place}: {reason}; {disk.room(place)}"
        raise ResourceError(msg) from error
    if not store.is_complete(folder):
        shutil.rmtree(folder, ignore_errors=True)  # a seed that failed here and finished there
    beside.rename(folder)
    return folder
