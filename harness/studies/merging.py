"""Results of several machines in one folder; those that may not share a table are refused.

A run enters when its answers give its scores, its certificate agrees with the runs of the same task
that are there, and no run there has the same configuration and another result.
"""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.comparability import certificate
from harness.comparability.gold import require_same_gold
from harness.errors import ConfigError, DataError
from harness.results import reader, store, verify
from harness.results.verify import Sound

REFUSED = ("corrupt", "newer", "duplicate", "unsound", "contradictory")


@dataclass(frozen=True, slots=True)
class Merged:
    """The folders that were copied, and those that were there before."""

    copied: tuple[Path, ...]
    known: tuple[Path, ...]


def merge(sources: Iterable[Path], target: Path) -> Merged:
    """Copy the finished runs of ``sources`` into ``target``, all of them or none.

    Raises:
        ConfigError: for a run whose certificate differs, or that contradicts one that is there.
        DataError: for a run that is corrupt or not sound, here or there.
    """
    target.mkdir(parents=True, exist_ok=True)
    present = {result.run.digest: result for result in _sound([target])}
    incoming = _sound(sources)
    known = [result for result in incoming if result.run.digest in present]
    for result in known:
        _refuse_contradiction(result, present[result.run.digest])
    new = [result for result in incoming if result.run.digest not in present]
    _refuse_strangers([*present.values(), *new])
    copied = tuple(_copy(result, target) for result in new)
    return Merged(copied, tuple(result.folder for result in known))


def _sound(folders: Iterable[Path]) -> tuple[Sound, ...]:
    found = verify.check(reader.read(folders))
    broken = [one for one in found.rejected if one.kind in REFUSED]
    if broken:
        raise DataError("\n".join(f"{one.folder}: {one.kind}: {one.reason}" for one in broken))
    return found.runs


def _refuse_contradiction(result: Sound, there: Sound) -> None:
    if result.metrics != there.metrics:
        msg = (
            f"{result.folder} and {there.folder} have the same configuration and other results; "
            "nothing was copied: `verify` both"
        )
        raise ConfigError(msg)


def _refuse_strangers(runs: list[Sound]) -> None:
    """Refuse runs of one task that differ in a certificate line that separates rows."""
    first: dict[str, Sound] = {}
    for result in runs:
        other = first.setdefault(result.run.data.task, result)
        require_same_gold([other, result])
        ours, theirs = certificate.readings(result), certificate.readings(other)
        names = [field.name for field in certificate.FIELDS if field.separates]
        differing = [n for n in names if ours[n] and theirs[n] and ours[n] != theirs[n]]
        if differing:
            lines = "\n".join(f"  {n}: {ours[n]}, not {theirs[n]}" for n in differing)
            msg = f"{result.folder} differs from {other.folder}; nothing was copied\n{lines}"
            raise ConfigError(msg)


def _copy(result: Sound, target: Path) -> Path:
    folder = target / store.slug(result.run.data.task) / result.folder.name
    beside = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(result.folder, beside)
    beside.rename(folder)
    return folder
