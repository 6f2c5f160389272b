"""Options and settings, checked against the signatures that own them; all errors come together.

A backend's options are read from its constructor (``harness.runs.options``). Layers, the later
wins: constructor default, preset file (``configs/backends/<backend>.<preset>.yaml``), ``--set``.
``--set key=value`` goes to each chosen backend that has the option, ``--set backend.key=value`` to
that one. What concerns every backend alike is a setting of the run (``Settings``).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness import resources, yamlfile
from harness.data.windows import PUNCTUATION, Border, WindowPolicy
from harness.errors import ConfigError, did_you_mean
from harness.runs import weights
from harness.runs.options import Given, checked, declared, renamed
from harness.runs.portable import portable
from harness.runs.preset_file import PresetFile


class Settings(BaseModel):
    """What concerns the run and not the model: the same for every row of a table."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    device: Annotated[
        Literal["auto", "cpu", "cuda"], Field(description="where it computes; auto: a GPU if any")
    ] = "auto"
    precision: Annotated[
        Literal["auto", "fp32", "bf16", "bf16-all"],
        Field(description="of training; bf16-all predicts in bf16 too"),
    ] = "auto"
    threads: Annotated[int, Field(ge=1, description="of one run")] = 1
    window_limit: Annotated[int, Field(ge=4, description="units of a window at most")] = 254
    window_margin: Annotated[
        int, Field(ge=1, description="units of context on each side where a sentence is cut")
    ] = 32
    window_cut: Annotated[
        Border, Field(description="where a sentence is cut: after punctuation, or anywhere: plain")
    ] = PUNCTUATION
    limit: Annotated[
        int | None, Field(ge=1, description="the first sentences of each split; null: all")
    ] = None
    train_share: Annotated[
        float, Field(gt=0, le=1, description="the part of train that is learned from")
    ] = 1.0
    train_draw: Annotated[int, Field(ge=0, description="which sentences that part has")] = 0
    allow_overlap: Annotated[
        bool, Field(description="accept a test set that train or dev contains")
    ] = False
    tuning_trials: Annotated[
        int, Field(ge=0, description="how many sets of options were tried elsewhere; stated")
    ] = 0
    free_decoding: Annotated[
        bool, Field(description="also score what generators write with nothing forced")
    ] = True
    keep_model: Annotated[bool, Field(description="keep the trained model in the run")] = True
    checkpoint_minutes: Annotated[
        float, Field(ge=0, description="the time between two checkpoints at least")
    ] = 5.0

    @model_validator(mode="after")
    def _windows_have_room(self) -> Self:
        _ = self.windows
        return self

    @property
    def windows(self) -> WindowPolicy:
        """How long text is cut."""
        return WindowPolicy(self.window_limit, self.window_margin, self.window_cut)


@dataclass(frozen=True, slots=True)
class Override:
    """One option: ``scope`` is a backend's name, or empty for all that have it.

    ``said`` is where it was asked for, for errors.
    """

    scope: str
    key: str
    value: Any
    said: str = field(default="--set", compare=False)

    @classmethod
    def parse(cls, text: str) -> "Override":
        """The override that ``[backend.]key=value`` asks for.

        Raises:
            ConfigError: when there is no ``=``.
        """
        name, equals, value = text.partition("=")
        if not equals or not name:
            msg = f"--set {text!r}: expected key=value or backend.key=value"
            raise ConfigError(msg)
        return cls.of(name, yamlfile.value(value))

    @classmethod
    def of(cls, name: str, value: Any) -> "Override":
        """``value`` for the option ``[backend.]key``."""
        scope, _, key = name.rpartition(".")
        return cls(scope, key, value)


def assignments(texts: Iterable[str], flags: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The value of each name in ``texts`` of the form ``[backend.]key=value`` and in ``flags``.

    ``flags`` are options of the command line that have a name of their own; None is not given.

    Raises:
        ConfigError: for a text without ``=``, or two values for one name.
    """
    overrides = [*map(Override.parse, texts)]
    given = [(f"{o.scope}.{o.key}" if o.scope else o.key, o.value) for o in overrides]
    given += [(name, value) for name, value in (flags or {}).items() if value is not None]
    found: dict[str, Any] = {}
    for name, value in given:
        if name in found and found[name] != value:
            msg = f"{name} is given twice, as {found[name]!r} and as {value!r}; leave one out"
            raise ConfigError(msg)
        found[name] = value
    return found


@dataclass(frozen=True, slots=True)
class Options:
    """The resolved options of one backend.

    ``variant`` names those that differ from the preset, and that the backend does not call
    ``unnamed``.
    ``weights`` are the folders and hub ids that they begin from, by the option that names them.
    ``tuned`` counts the trials of the search that the preset is the best of. Those in ``inert``
    change no result, such as a budget: they make no other run, and no record has them.
    """

    preset: str
    values: Mapping[str, Any]
    variant: str
    weights: Mapping[str, str] = field(default_factory=dict)
    tuned: int = 0
    inert: frozenset[str] = frozenset()

    @property
    def lasting(self) -> dict[str, Any]:
        """The options that can change a result."""
        return {key: value for key, value in self.values.items() if key not in self.inert}


def settings_from(overrides: Iterable[Override], **given: Any) -> Settings:
    """The settings of a run: those given on the command line and those among the overrides."""
    names = Settings.model_fields
    chosen = {o.key: o.value for o in overrides if not o.scope and o.key in names}
    chosen |= {key: value for key, value in given.items() if value is not None}
    return yamlfile.validate(Settings, chosen, {}, "settings")


def options(name: str, backend: type, preset: str, overrides: Sequence[Override]) -> Options:
    """The options of ``backend`` under ``preset`` and ``overrides``.

    Raises:
        ConfigError: naming every unknown key and every wrong value at once.
    """
    asked = [o for o in overrides if _applies(o, name, backend)]
    changes = {o.key: o.value for o in asked}
    given, tuned = _preset(name, preset)
    base = checked(backend, given)
    changed = renamed(backend, Given(changes, f"{_said(asked)} {name}"))
    final = checked(backend, replace(changed, values={**base, **changed.values}))
    inert = frozenset(getattr(backend, "without_effect", ()))
    unnamed = inert | frozenset(getattr(backend, "unnamed", ()))
    changed_keys = sorted(key for key in final if final[key] != base[key] and key not in unnamed)
    differing = [f"{key}={portable(final[key])}" for key in changed_keys]
    variant, begun = ", ".join(differing), weights.named(backend, final)
    return Options(Path(preset).name, final, variant, begun, tuned, inert)


def _applies(override: Override, name: str, backend: type) -> bool:
    if override.scope:
        return override.scope == name
    return override.key in option_names(backend)


def option_names(backend: Any) -> set[str]:
    """The names that an option of ``backend`` has and had."""
    options = declared(backend).values()
    return {name for option in options for name in (option.name, *option.former_names)}


def refuse_unused(
    overrides: Sequence[Override], backends: Mapping[str, Iterable[str]], others: Iterable[str] = ()
) -> None:
    """Refuse an override that no chosen backend, no setting and none of ``others`` takes.

    ``backends`` has the names that the options of each have and had.

    Raises:
        ConfigError: naming the nearest option that exists.
    """
    known = {name for names in backends.values() for name in names}
    known |= {*Settings.model_fields, *others}
    for override in overrides:
        if override.scope and override.scope not in backends:
            name = f"{override.scope}.{override.key}"
            msg = f"{override.said} {name}: {override.scope!r} is not among the "
            raise ConfigError(msg + f"chosen backends: {', '.join(backends)}")
        if not override.scope and override.key not in known:
            near = did_you_mean(override.key, known)
            msg = f"{override.said} {override.key}: not an option of {', '.join(backends)}{near}"
            raise ConfigError(msg)


def chosen(name: str, owner: Any, overrides: Sequence[Override]) -> dict[str, Any]:
    """The options of ``owner``, called ``name`` in errors: its defaults under ``overrides``.

    Raises:
        ConfigError: naming every unknown key and every wrong value at once.
    """
    values = {o.key: o.value for o in overrides}
    return checked(owner, Given(values, f"{_said(overrides)} {name}"))


def _said(overrides: Sequence[Override]) -> str:
    """Where all of them were asked for, in words."""
    return ", ".join(dict.fromkeys(one.said for one in overrides)) or "--set"


def presets(name: str) -> tuple[str, ...]:
    """The presets that there are for a backend."""
    return resources.presets(name)


def _preset(name: str, preset: str) -> tuple[Given, int]:
    """The preset file of a backend, and the trials that it is the best of.

    ``FOLDER/PRESET`` is in that folder. A backend without any file has ``tiny``: its defaults.
    """
    if path := _preset_file(name, preset):
        data, lines = yamlfile.load(path)
        file = yamlfile.validate(PresetFile, data, lines, str(path))
        inner = {k.removeprefix("options."): n for k, n in lines.items() if k != "options"}
        return Given(file.options or {}, str(path), inner), file.tuned.trials
    if _is_elsewhere(preset):
        msg = f"backend {name!r} has no preset {preset!r}: there is no {_elsewhere(name, preset)}"
        raise ConfigError(msg)
    known = presets(name)
    if _is_defaults(name, preset):
        return Given({}, "defaults"), 0
    msg = f"backend {name!r} has no preset {preset!r}; it has: {', '.join(known) or 'tiny'}"
    raise ConfigError(msg)


def _preset_file(name: str, preset: str) -> Path | None:
    elsewhere = _is_elsewhere(preset)
    path = _elsewhere(name, preset) if elsewhere else resources.find("presets", f"{name}.{preset}")
    return path if path and path.is_file() else None


def _is_elsewhere(preset: str) -> bool:
    return Path(preset).name != preset


def _elsewhere(name: str, preset: str) -> Path:
    return Path(preset).parent / f"{name}.{Path(preset).name}.yaml"


def _is_defaults(name: str, preset: str) -> bool:
    return preset == "tiny" and not presets(name)


def has_preset(name: str, preset: str) -> bool:
    """Whether a backend can begin with ``preset``."""
    return _is_defaults(name, preset) or _preset_file(name, preset) is not None
