"""Tuning: an equal number of trials for each backend, on dev alone; the best becomes a preset."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import registry
from harness.data.task import Task, load_without_test
from harness.errors import BackendError
from harness.registry import Plugin
from harness.results import store
from harness.results.store import slug
from harness.runs import processes
from harness.runs.config import Options, Override, Settings
from harness.runs.hardware import accelerators, versions
from harness.runs.plan import GridCell, Inputs, Request, cells_of
from harness.runs.preflight import refuse_long_windows, refuse_machine, refuse_nested, refuse_seeds
from harness.runs.tryout import Described, Refused, Wanted, describe
from harness.tuning import search, space
from harness.tuning.search import OptionSearch, Report, TrialError, Values
from harness.tuning.trial import Told, work

TUNED = "tuned"


@dataclass(frozen=True, slots=True)
class Wish:
    """What ``tune`` was asked for; ``seed`` is that of every training, and never searched."""

    task: str
    trials: int
    preset: str
    overrides: tuple[Override, ...]
    settings: Settings
    seed: int
    output: Path
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class PlannedSearch:
    """A search of which everything is checked, and nothing trained."""

    plugin: Plugin
    wish: Wish
    wanted: space.Space
    base: Options
    task: Task

    def run(self, tell: Callable[[str], None]) -> Path:
        """Try options and write the preset of the best; gives its path.

        Raises:
            ConfigError: for the journal of another search.
            TrialError: when no trial ended well.
        """
        backend, task, wish = self.plugin.name, self.task, self.wish
        begin: Values = {name: self.base.values[name] for name in self.wanted.parameters}
        folder = wish.output / slug(task.name)
        identity = _identity(task, self.plugin, self.base, wish, self.wanted)
        journal = folder / f"{slug(backend)}.journal"
        found = search.opened(journal, self.wanted, begin, identity)
        trainer = _Trainer(self.plugin, wish, task, folder / slug(backend), Inputs())
        found.run(wish.trials, trainer, lambda text: tell(f"{backend} on {task.name}: {text}"))
        preset = folder / f"{slug(backend)}.{TUNED}.yaml"
        store.write(preset, _preset(backend, self.base, wish, task, found))
        return preset


def plan(
    backends: Sequence[str], wish: Wish, path: Path | None = None
) -> tuple[PlannedSearch, ...]:
    """The search of the options of each backend, in the space at ``path`` or the shipped one.

    Raises:
        ConfigError: for a space or options that cannot be.
        DataError: for data that cannot be read.
    """
    refuse_seeds([wish.seed])
    refuse_machine(wish.settings)
    known = {name: _within(space.read(name, path), name, wish) for name in backends}
    task = load_without_test(wish.task, wish.data, wish.settings.limit)
    refuse_nested(task, {name: found.nested for name, (_, found) in known.items()})
    return tuple(
        PlannedSearch(registry.find(name), wish, wanted, found.checked, task)
        for name, (wanted, found) in known.items()
    )


def _within(wanted: space.Space, backend: str, wish: Wish) -> tuple[space.Space, Described]:
    """``wanted`` and what ``backend`` is, every value of the space checked."""
    plugin = registry.find(backend)
    known = _described(plugin, wish, ())
    wanted.require_options(backend, known.names)
    for corner in wanted.corners():
        one = Override("", *corner, said=str(wanted.path))
        _described(plugin, wish, (one,)).checked  # noqa: B018 - refuses the rest
    refuse_long_windows(backend, known.longest, wish.settings)
    return wanted, known


def _described(plugin: Plugin, wish: Wish, more: Sequence[Override]) -> Described:
    """What ``plugin`` is under the wished options and ``more``."""
    wanted = Wanted(wish.preset, (*wish.overrides, *more))
    found = describe([plugin], wanted)[plugin]
    if isinstance(found, Refused):
        raise BackendError(found.reason)
    return found


def _identity(task: Task, plugin: Plugin, base: Options, wish: Wish, wanted: space.Space) -> Values:
    """What all trials of a search share, as texts by name."""
    parts: dict[str, Any] = {
        "data": task.fingerprint,
        "options": dict(base.values),
        "settings": wish.settings.model_dump(),
        "seed": wish.seed,
        "space": {name: one.model_dump() for name, one in wanted.parameters.items()},
        "code": Inputs().code(plugin).model_dump(),
        "libraries": versions(plugin.distribution),
    }
    return {key: json.dumps(value, sort_keys=True, default=str) for key, value in parts.items()}


@dataclass(frozen=True, slots=True)
class _Trainer:
    """Trains with some options, in a process of its own."""

    plugin: Plugin
    wish: Wish
    task: Task
    folder: Path
    inputs: Inputs

    def __call__(self, values: Values, report: Report) -> float | None:
        """The best F1 on dev; None where ``report`` ended it.

        Raises:
            TrialError: where it failed.
        """
        ours, process = _started(self._cell(values))
        try:
            return _heard(ours, report)
        finally:
            ours.close()
            _end(process)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _cell(self, values: Values) -> GridCell:
        wish = self.wish
        overrides = tuple(Override("", name, value) for name, value in values.items())
        options = _described(self.plugin, wish, overrides).checked
        request = Request(
            (wish.task,), (self.plugin.name,), (wish.seed,), (wish.preset,), wish.overrides,
            wish.settings, wish.output, wish.data,
        )  # fmt: skip
        pairs = [(self.plugin, options)]
        cell = next(cells_of(request, wish.task, self.task, pairs, self.inputs))
        return replace(cell, folder=self.folder)


def _started(cell: GridCell) -> tuple[Any, Any]:
    """The pipe to a process that trains ``cell``, and the process."""
    return processes.started(work, cell, 0 if accelerators() else None, duplex=True)


def _heard(pipe: Any, report: Report) -> float | None:
    """What a trial came to."""
    while True:
        try:
            told: Told = pipe.recv()
        except (EOFError, OSError):
            raise TrialError("its process died") from None
        if told.error:
            raise TrialError(told.error)
        if told.final:
            return told.f1
        goes_on = report(told.f1)
        pipe.send(goes_on)
        if not goes_on:
            return None


def _end(process: Any) -> None:
    """End a process and all that it started, at once: nothing of a trial is kept."""
    process.join(1.0)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        process.kill()
    process.join()


def _preset(backend: str, base: Options, wish: Wish, task: Task, found: OptionSearch) -> str:
    """The best options as a preset, with where they come from."""
    import yaml

    best = found.best
    counts = found.counts()
    of = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    head = (
        f"# The best of {of} on the development set of {task.name}; test was not read.\n"
        f"# python -m harness run --task {wish.task} --backend {backend} --preset FOLDER/{TUNED}\n"
    )
    tuned: Mapping[str, Any] = {
        **counts, "dev_f1": best.value, "task": task.name, "seed": wish.seed, "preset": wish.preset
    }  # fmt: skip
    content = {"options": {**base.values, **found.options_of(best)}, "tuned": tuned}
    return head + yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
