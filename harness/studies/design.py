"""A study: one question, a base configuration, and the axes along which it is varied.

A study file (``configs/studies/NAME.yaml``)::

    question: How many layers does a tagger from scratch need?
    tasks: [resume]
    backends: [bert-crf]
    preset: small
    seeds: [13, 42, 87]
    options: {epochs: 20}
    axes:
      layers: {values: [1, 2, 3, 4]}

The first axis is what the question is about: the answer compares its points, once for each point
of all other axes. ``values`` are values of the option called as the axis, or as its ``option``
says; ``points`` are points by name, each with a backend, a preset or options of its own, and, if
the axis is a scale, with the number that it lies ``at``. ``law: power`` says that points are shares
of train, over which F1 grows by a power law.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness import yamlfile
from harness.errors import ConfigError, did_you_mean
from harness.resources import folder

Scale: TypeAlias = Literal["linear", "log"]
Value: TypeAlias = bool | int | float | str | None


class Change(BaseModel):
    """What a point of an axis changes; ``at`` is where it lies, if the axis is a scale."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    backend: str | None = None
    preset: str | None = None
    options: dict[str, Value] = {}
    at: Annotated[float, Field(allow_inf_nan=False)] | None = None


class Axis(BaseModel):
    """The points along which a study goes: values of one option, or named changes.

    ``law`` is how F1 is thought to grow over them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    values: tuple[Value, ...] = ()
    option: str | None = None
    points: dict[str, Change] = {}
    scale: Scale = "linear"
    law: Literal["power"] | None = None

    @model_validator(mode="after")
    def _has_one_kind_of_points(self) -> Self:
        if bool(self.values) == bool(self.points):
            raise ValueError("expected either values of an option or points by name")
        if self.option and self.points:
            raise ValueError("option goes with values; points name their options themselves")
        if len(set(map(str, self.values))) < len(self.values):
            raise ValueError("two values read the same")
        return self

    @model_validator(mode="after")
    def _has_a_place_for_each_point(self) -> Self:
        """A law is drawn over places, and neither it nor a logarithm has one for 0."""
        by = "law: power" if self.law else f"scale: {self.scale}"
        for name, point in self.named(""):
            if self.law and point.at is None:
                msg = f"point {name!r} has no place; with {by}, give each point a number to lie at"
                raise ValueError(msg)
            if by != "scale: linear" and point.at is not None and point.at <= 0:
                msg = f"point {name!r} lies at {point.at:g}; with {by}, give it a number above 0"
                raise ValueError(msg)
        return self

    def named(self, name: str) -> Iterator[tuple[str, Change]]:
        """Each point of the axis called ``name``, with what it is called."""
        yield from self.points.items()
        for value in self.values:
            at = None if isinstance(value, bool | str | None) else float(value)
            yield str(value), Change(options={self.option or name: value}, at=at)

    @property
    def chooses_backend(self) -> bool:
        """Whether its points are backends, or of backends."""
        return any(point.backend for point in self.points.values())

    @property
    def places(self) -> dict[str, float] | None:
        """Where each point lies on the scale, or None where one of them does not."""
        points = dict(self.named(""))
        found = {name: point.at for name, point in points.items() if point.at is not None}
        return found if len(found) == len(points) else None


class Study(BaseModel):
    """One question, and the runs that answer it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: str
    tasks: Annotated[tuple[str, ...], Field(min_length=1)]
    backends: tuple[str, ...] = ()
    preset: str = "small"
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (13, 42, 87)
    options: dict[str, Value] = {}
    axes: Annotated[dict[str, Axis], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_backends(self) -> Self:
        if not self.backends and not any(axis.chooses_backend for axis in self.axes.values()):
            raise ValueError("expected backends, or an axis whose points all name one")
        return self

    def asked_of(
        self, backends: Sequence[str], tasks: Sequence[str], seeds: Sequence[int]
    ) -> "Study":
        """The same question about other backends, tasks or seeds, where any are given.

        Raises:
            ConfigError: for backends where an axis chooses them.
        """
        if backends and any(axis.chooses_backend for axis in self.axes.values()):
            msg = f"--backend {' '.join(backends)}: an axis of this study chooses the backends"
            raise ConfigError(msg)
        given = {"backends": backends, "tasks": tasks, "seeds": seeds}
        return self.model_copy(update={k: tuple(v) for k, v in given.items() if v})

    @property
    def subject(self) -> str:
        """The axis that the question is about."""
        return next(iter(self.axes))


@dataclass(frozen=True, slots=True)
class Combination:
    """One point of every axis: where it lies, and the configuration that it means.

    ``optional`` are the options that are neither varied by value nor given to a backend by name.
    """

    place: Mapping[str, str]
    backends: tuple[str, ...]
    preset: str
    options: Mapping[str, Value]
    optional: frozenset[str] = frozenset()


def combinations(study: Study) -> tuple[Combination, ...]:
    """Every combination of the points of the axes, the first axis outermost.

    Raises:
        ConfigError: for two points that give one option two values, or name two backends.
    """
    named = [[(name, *point) for point in axis.named(name)] for name, axis in study.axes.items()]
    return tuple(_combined(study, points) for points in product(*named))


def _combined(study: Study, points: Sequence[tuple[str, str, Change]]) -> Combination:
    """The configuration of ``points``: axis, name of the point, and what it changes."""
    backends = {point.backend for _, _, point in points if point.backend}
    presets = {point.preset for _, _, point in points if point.preset}
    place = {axis: name for axis, name, _ in points}
    _require_one(backends, "backend", place)
    _require_one(presets, "preset", place)
    options = {**study.options, **_options(points, place)}
    return Combination(
        place,
        tuple(backends) or study.backends,
        next(iter(presets), study.preset),
        options,
        frozenset(options) - _required(study, points),
    )


def _required(study: Study, points: Sequence[tuple[str, str, Change]]) -> set[str]:
    """The options that ``points`` are about: varied by value, or of a backend that one names."""
    varied = {axis.option or name for name, axis in study.axes.items() if axis.values}
    return varied | {key for _, _, point in points if point.backend for key in point.options}


def _options(
    points: Sequence[tuple[str, str, Change]], place: Mapping[str, str]
) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for _, _, point in points:
        for key, value in point.options.items():
            _require_one({found.get(key, value), value}, key, place)
            found[key] = value
    return found


def _require_one(found: set[Any], what: str, place: Mapping[str, str]) -> None:
    if len(found) > 1:
        where = ", ".join(f"{axis}={name}" for axis, name in place.items())
        given = " and ".join(sorted(map(str, found)))
        msg = f"the axes disagree at {where}: {what} is both {given}"
        raise ConfigError(msg)


def names() -> tuple[str, ...]:
    """The studies that ship."""
    return tuple(sorted(path.stem for path in _shipped().glob("*.yaml")))


def read(name: str) -> Study:
    """The study of a file, or the shipped study called ``name``.

    Task files are looked for beside the file of the study, and then in the working directory.

    Raises:
        ConfigError: for a study that does not exist, or a file that is none.
    """
    path = Path(name) if name.endswith((".yaml", ".yml")) else _shipped() / f"{name}.yaml"
    if not path.is_file():
        near = did_you_mean(name, names())
        msg = f"no study is called {name!r}{near}. Shipped: {', '.join(names())}; or name a file"
        raise ConfigError(msg)
    data, lines = yamlfile.load(path)
    study = yamlfile.validate(Study, data, lines, str(path))
    tasks = tuple(_beside(path, task) for task in study.tasks)
    return study.model_copy(update={"tasks": tasks})


def _beside(study: Path, task: str) -> str:
    """``task`` beside the file of the study, if its file is there; else as the study names it."""
    path = study.parent / task
    is_task = path.suffix in (".yaml", ".yml") and path.is_file() and path != study
    return str(path) if is_task else task


def _shipped() -> Path:
    return folder("configs") / "studies"
