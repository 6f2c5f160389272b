"""What is searched: options of one backend, each with a range or with choices.

A space file (``configs/tuning/BACKEND.yaml``) has an option a line::

    learning_rate: {low: 0.0003, high: 0.005, log: true}
    layers: {low: 1, high: 4}
    schedule: {choices: [linear, cosine]}

Only options of the backend are searched. What concerns every row alike is no option, and the seed
is luck: a search for it would find the luckiest one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from harness import yamlfile
from harness.errors import ConfigError, did_you_mean
from harness.resources import folder
from harness.runs.config import Settings

Value: TypeAlias = bool | int | float | str | None


class Parameter(BaseModel):
    """The values of one option that are tried: from ``low`` to ``high``, or ``choices``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    low: int | float | None = None
    high: int | float | None = None
    log: bool = False
    choices: tuple[Value, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _has_one_kind_of_values(self) -> Self:
        ranged = self.low is not None and self.high is not None
        if ranged == bool(self.choices):
            raise ValueError("expected low and high, or choices")
        if self.low is not None and self.high is not None and self.low >= self.high:
            msg = f"low is {self.low} and high is {self.high}: there is nothing between"
            raise ValueError(msg)
        if self.log and (self.low is None or self.low <= 0):
            raise ValueError("a logarithmic range begins above 0")
        return self

    @property
    def corners(self) -> tuple[Value, ...]:
        """The values that all others lie between, or all of them."""
        return self.choices or (self.low, self.high)

    def has(self, value: object) -> bool:
        """Whether ``value`` is one of those that are tried."""
        if self.choices:
            return value in self.choices
        numeric = isinstance(value, int if self.is_whole else int | float)
        return numeric and not isinstance(value, bool) and self.low <= value <= self.high  # type: ignore[operator]

    @property
    def is_whole(self) -> bool:
        """Whether it is a range of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)


class _Parameters(RootModel[Annotated[dict[str, Parameter], Field(min_length=1)]]):
    """A space file."""


@dataclass(frozen=True, slots=True)
class Space:
    """The parameters of a search, by the options that they are values of."""

    path: Path
    parameters: Mapping[str, Parameter]
    lines: Mapping[str, int]

    def corners(self) -> Iterator[tuple[str, Value]]:
        """Each option with each value that must be possible."""
        for name, parameter in self.parameters.items():
            for value in parameter.corners:
                yield name, value

    def require_options(self, backend: str, known: tuple[str, ...]) -> None:
        """Refuse what is no option of ``backend``, whose options are ``known``.

        Raises:
            ConfigError: for the seed, a setting of the run, or a name that nothing has.
        """
        for name in self.parameters:
            if reason := _refused(name, backend, known):
                line = self.lines.get(name)
                place = f"{self.path}:{line}" if line else str(self.path)
                msg = f"{place}: {name} {reason}"
                raise ConfigError(msg)


def _refused(name: str, backend: str, known: tuple[str, ...]) -> str:
    if name == "seed":
        return "is never tuned: its best value is luck, and is none on other text; remove it"
    if name in Settings.model_fields:
        return "concerns every row of a table alike, and is no option of a backend; remove it"
    if name not in known:
        return f"is not an option of {backend}{did_you_mean(name, known)}"
    return ""


def read(backend: str, path: Path | None = None) -> Space:
    """The space of ``path``, or the shipped one of ``backend``.

    Raises:
        ConfigError: for a file that is missing or no space.
    """
    place = path or folder("configs") / "tuning" / f"{backend}.yaml"
    if not place.is_file():
        shipped = sorted(one.stem for one in (folder("configs") / "tuning").glob("*.yaml"))
        msg = f"no search space {place}; shipped are those of {', '.join(shipped)}: give --space"
        raise ConfigError(msg)
    data, lines = yamlfile.load(place)
    found = yamlfile.validate(_Parameters, data, lines, str(place))
    return Space(place, found.root, lines)
