"""From a request to cells: one task, one backend with its options, one seed each.

A cell's digest hashes everything that can change its result: options, settings, data, weights,
code, versions and where the backend comes from. Same digest, same folder; any change, another one.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import registry
from harness.data import overlap
from harness.data.size import Size, size_of
from harness.data.task import Task, load
from harness.data.windows import PUNCTUATION
from harness.errors import BackendError
from harness.registry import Plugin
from harness.results import store
from harness.results.provenance import Found
from harness.results.run_record import Code
from harness.runs import config, launch
from harness.runs.code import code_of
from harness.runs.config import Options, Override, Settings
from harness.runs.hardware import versions
from harness.runs.named_files import NamedFiles, named_files
from harness.runs.portable import portable_values
from harness.runs.preflight import (
    refuse_long_windows,
    refuse_machine,
    refuse_nested,
    refuse_seeds,
)
from harness.runs.resolved import resolved
from harness.runs.tryout import Described, Refused, describe_under
from harness.runs.weights import identity
from harness.version import __version__

# Settings that change no result.
WITHOUT_EFFECT = {"keep_model", "checkpoint_minutes"}
# Settings that came later, with the value that runs before had.
LATER = {"window_cut": PUNCTUATION}


@dataclass(frozen=True, slots=True)
class Request:
    """What ``run`` was asked for.

    Each backend runs with each of ``presets`` that it has, of which it must have one.
    """

    tasks: tuple[str, ...]
    backends: tuple[str, ...]
    seeds: tuple[int, ...]
    presets: tuple[str, ...]
    overrides: tuple[Override, ...]
    settings: Settings
    output: Path
    data: Path | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """What plans are made on: data sets, code and weights, each read once for all plans."""

    _tasks: dict[tuple[Any, ...], Task] = field(default_factory=dict)
    _codes: dict[Plugin, Code] = field(default_factory=dict)
    _weights: dict[str, str] = field(default_factory=dict)

    def task(self, name: str, request: Request) -> Task:
        """The task called ``name``, as ``request`` reads it.

        Raises:
            DataError: for data that cannot be read, or whose test set is one it learns from.
        """
        settings = request.settings
        key = (name, request.data, settings.limit, settings.allow_overlap)
        if key not in self._tasks:
            self._tasks[key] = _task(name, request)
        return self._tasks[key]

    def code(self, plugin: Plugin) -> Code:
        """The hashes of what a run of ``plugin`` goes through."""
        if plugin not in self._codes:
            self._codes[plugin] = code_of(plugin)
        return self._codes[plugin]

    def weights(self, names: Mapping[str, str]) -> dict[str, str]:
        """What tells each of the weights of ``names`` apart, by the option that names them."""
        for name in names.values():
            if name not in self._weights:
                self._weights[name] = identity(name)
        return {option: self._weights[name] for option, name in names.items()}


@dataclass(frozen=True, slots=True)
class GridCell:
    """One run of the grid, small enough to be sent to another process.

    ``size`` is that of the whole task, of which a run may use a share. ``fresh`` sets aside what
    was done before. ``found`` is what was there when the command began; None where nobody looked.
    """

    task: str
    data: Path | None
    fingerprint: str
    plugin: Plugin
    options: Options
    settings: Settings
    seed: int
    planned_seeds: tuple[int, ...]
    code: Code
    weights: Mapping[str, str]
    files: NamedFiles
    digest: str
    folder: Path
    size: Size
    fresh: bool = False
    found: Found | None = None

    @property
    def name(self) -> str:
        """What a person calls it: ``bert-crf tiny (epochs=5) on demo, seed 13``."""
        variant = f" ({self.options.variant})" if self.options.variant else ""
        kind = f"{self.plugin.name} {self.options.preset}{variant}"
        return f"{kind} on {self.folder.parent.name}, seed {self.seed}"

    @property
    def about(self) -> dict[str, Any]:
        """What a table needs to know of a run that never ends."""
        return {
            "digest": self.digest,
            "task": self.folder.parent.name,
            "backend": self.plugin.name,
            "preset": self.options.preset,
            "variant": self.options.variant,
            "options": portable_values(self.options.lasting),
            "settings": self.settings.model_dump() | self.files.recorded,
            "weights_digest": dict(self.weights),
            "fingerprint": self.fingerprint,
            "seed": self.seed,
            "planned_seeds": list(self.planned_seeds),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """The cells of a request, and the backends that none could be made of."""

    cells: tuple[GridCell, ...]
    refused: tuple[Refused, ...] = ()


def plan(request: Request, inputs: Inputs | None = None) -> tuple[GridCell, ...]:
    """The cells of a request, every option checked and every data set read.

    Plans that share ``inputs`` read nothing twice.

    Raises:
        ConfigError: for names, options or presets that do not exist.
        DataError: for a data set that cannot be read, or whose test set is one it learns from.
        BackendError: for a backend that is of no use here.
    """
    found = plan_usable(request, inputs)
    if found.refused:
        raise BackendError("\n".join(one.reason for one in found.refused))
    return found.cells


def plan_usable(request: Request, inputs: Inputs | None = None) -> Plan:
    """As ``plan``, without the third-party backends that cannot be used, which are named.

    Raises:
        BackendError: when none can.
    """
    refuse_seeds(request.seeds)
    refuse_machine(request.settings)
    plugins = list(dict.fromkeys(registry.find(name) for name in request.backends))
    found = describe_under(plugins, request.presets, request.overrides)
    usable = [(plugin, one) for plugin, one in found if isinstance(one, Described)]
    refused = {one.name: one for _, one in found if isinstance(one, Refused)}
    if refused and not usable:
        raise BackendError("\n".join(one.reason for one in refused.values()))
    names = {plugin.name: one.names for plugin, one in usable}
    if not refused:  # an override may be meant for one of them
        config.refuse_unused(request.overrides, names)
    pairs = [(plugin, one.checked) for plugin, one in usable]
    nested = dict.fromkeys(names, True)
    for plugin, one in usable:
        refuse_long_windows(plugin.name, one.longest, request.settings)
        nested[plugin.name] &= one.nested
    known = inputs or Inputs()
    tasks = [(name, known.task(name, request)) for name in request.tasks]
    for _, task in tasks:
        refuse_nested(task, nested)
    cells = (cell for name, task in tasks for cell in cells_of(request, name, task, pairs, known))
    once = {cell.folder: cell for cell in cells}  # what is asked for twice runs once
    return Plan(tuple(once.values()), tuple(refused.values()))


def _task(name: str, request: Request) -> Task:
    task = load(name, request.data, request.settings.limit)
    if not request.settings.allow_overlap:
        overlap.refuse(task.name, overlap.overlaps(task.examples, task.test_sets))
    return task


def cells_of(
    request: Request, name: str, task: Task, pairs: Sequence[tuple[Plugin, Options]],
    inputs: Inputs | None = None,
) -> Iterator[GridCell]:  # fmt: skip
    """One cell for each seed and backend of ``request`` on ``task``, which ``name`` stands for."""
    settings = resolved(request.settings)
    known = inputs or Inputs()
    size = size_of(task)
    systems = [_Planned.of(plugin, options, known) for plugin, options in pairs]
    for seed in request.seeds:
        for one in systems:
            digest = _digest(task, one, settings, seed)
            yield GridCell(
                task=name,
                data=request.data,
                fingerprint=task.fingerprint,
                plugin=one.plugin,
                options=one.options,
                settings=settings,
                seed=seed,
                planned_seeds=request.seeds,
                code=one.code,
                weights=one.weights,
                files=one.files,
                digest=digest,
                folder=request.output / store.slug(task.name) / _folder(one, seed, digest),
                size=size,
            )


@dataclass(frozen=True, slots=True)
class _Planned:
    """What the cells of all seeds share: a backend with its options, and what these name."""

    plugin: Plugin
    options: Options
    code: Code
    weights: Mapping[str, str]
    files: NamedFiles

    @classmethod
    def of(cls, plugin: Plugin, options: Options, known: Inputs) -> "_Planned":
        """What ``options`` of ``plugin`` are, with the content of all that they name."""
        weights = known.weights(options.weights)
        return cls(plugin, options, known.code(plugin), weights, named_files(options))


def _folder(one: _Planned, seed: int, digest: str) -> str:
    options = one.options
    return store.run_folder(seed, digest, one.plugin.name, options.preset, options.variant)


def _digest(task: Task, one: _Planned, settings: Settings, seed: int) -> str:
    """SHA-256 over all that can change the result of a cell."""
    plugin = one.plugin
    identity = {
        "task": [task.name, task.fingerprint],
        "backend": [plugin.name, plugin.distribution, plugin.version, plugin.value],
        "preset": one.options.preset,
        "options": one.options.lasting,
        "weights": dict(one.weights),
        "prompts": dict(one.files.prompts),
        "settings": _identifying(settings),
        "seed": seed,
        "harness": __version__,
        "code": one.code.model_dump(),
        "versions": versions(plugin.distribution),
    }
    if one.files.others:
        identity["files"] = dict(one.files.others)
    if task.descriptions:
        identity["descriptions"] = dict(task.descriptions)
    if launch.processes() > 1:  # sums of other parts, so other bits
        identity["processes"] = launch.processes()
    text = json.dumps(identity, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _identifying(settings: Settings) -> dict[str, Any]:
    """The settings that tell runs apart; later ones are left out where they change nothing."""
    as_ever = {name for name, value in LATER.items() if getattr(settings, name) == value}
    return settings.model_dump(exclude=WITHOUT_EFFECT | as_ever)
