"""From the arguments of ``pretrain`` to the text in its order and the options of the backend."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from harness import registry
from harness.errors import BackendError, ConfigError
from harness.pretraining import corpus
from harness.pretraining.corpus import Corpus, Filter, Tasks
from harness.pretraining.mixture import Mixture
from harness.pretraining.stream import Stream, alphabet, ordered, windows_in
from harness.protocol import Pretrains
from harness.registry import Plugin
from harness.results.pretraining import SourceRead, TextRead
from harness.runs import apart, config
from harness.runs.apart import ask
from harness.runs.config import Override
from harness.runs.options import declared
from harness.runs.tryout import plain_values
from harness.version import __version__

# A character that comes less often is unknown: nothing would be learned of it.
SEEN = 5
ALLOWED = {"device": ("auto", "cpu", "cuda"), "precision": ("auto", "fp32", "bf16")}


@dataclass(frozen=True, slots=True)
class TextRequest:
    """Which text is read, and how much: ``characters``, in windows of ``window`` of them.

    ``tasks`` are those whose development and test sentences are held out; None stands for all
    shipped ones whose data are here. ``alphabet`` is the most characters that a model knows.
    """

    paths: tuple[Path, ...]
    characters: int
    window: int = 256
    alphabet: int = 6000
    mixture: Mixture = field(default_factory=Mixture)
    filter: Filter = field(default_factory=Filter)
    tasks: tuple[str, ...] | None = None
    data: Path | None = None
    seed: int = 13

    def __post_init__(self) -> None:
        if self.characters < self.window:
            msg = f"--characters {self.characters} is less than one window of {self.window}"
            raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class PretrainingRequest:
    """What ``pretrain`` was asked for; ``overrides`` change the options of the preset."""

    text: TextRequest
    backend: str
    preset: str
    overrides: tuple[Override, ...]
    output: Path
    device: str = "auto"
    precision: str = "auto"
    threads: int = 1

    def __post_init__(self) -> None:
        for name, allowed in ALLOWED.items():
            if getattr(self, name) not in allowed:
                msg = f"--{name} {getattr(self, name)}: there are {', '.join(allowed)}"
                raise ConfigError(msg)


@dataclass(frozen=True, slots=True)
class PretrainingPlan:
    """Pretraining that can begin: ``options`` make the model, ``learning`` trains it."""

    request: PretrainingRequest
    plugin: Plugin
    options: Mapping[str, Any]
    learning: Mapping[str, Any]
    stream: Stream
    text: TextRead
    corpus: Corpus

    @property
    def identity(self) -> dict[str, Any]:
        """All that decides what is learned, the code and its libraries apart."""
        return {
            "text": [self.text.sha256, hashlib.sha256(self.stream.characters.encode()).hexdigest()],
            "backend": [self.plugin.name, self.plugin.distribution, self.plugin.value],
            "options": dict(self.options),
            "learning": dict(self.learning),
            "run": [self.request.device, self.request.precision, self.request.threads],
            "seed": self.request.text.seed,
            "harness": __version__,
        }

    @property
    def digest(self) -> str:
        """SHA-256 of ``identity``."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()


def plan(request: PretrainingRequest) -> PretrainingPlan:
    """The plan of a request: every option checked, every file read, nothing trained.

    Raises:
        ConfigError: for options that do not exist or text that does not suffice.
        DataError: for text or tasks that cannot be read.
        BackendError: for a backend that cannot be pretrained.
    """
    plugin, asked = registry.find(request.backend), request.text
    chosen = ask(plugin, partial(_chosen, preset=request.preset, overrides=request.overrides))
    if chosen is None:
        raise _cannot_learn(plugin)
    _refuse_long_windows(plugin, chosen, asked.window)
    tasks = (
        corpus.shipped_tasks(asked.data)
        if asked.tasks is None
        else corpus.named_tasks(asked.tasks, asked.data)
    )
    read = corpus.gather(asked.paths, asked.filter, tasks.held_out)
    stream, shares = _stream(asked, read)
    return PretrainingPlan(
        request,
        plugin,
        chosen.options,
        chosen.learning,
        stream,
        _text_record(asked, tasks, read, stream, shares),
        read,
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The options of the constructor and those of ``pretrain``.

    ``longest`` is how many characters a window may have; None for any number.
    """

    options: Mapping[str, Any]
    learning: Mapping[str, Any]
    longest: int | None


def _chosen(plugin: Plugin, preset: str, overrides: tuple[Override, ...]) -> _Chosen | None:
    """What is chosen of ``plugin``, ``pretrain`` first; None where it has no such method."""
    backend = plugin.load()
    if not issubclass(backend, Pretrains):
        return None
    own = declared(backend.pretrain)
    ours = tuple(o for o in overrides if o.key in own)
    others = tuple(o for o in overrides if o.key not in own)
    config.refuse_unused(overrides, {plugin.name: config.option_names(backend)}, own)
    _refuse_unread(plugin, backend, others)
    made = config.options(plugin.name, backend, preset, others)
    learning = config.chosen(f"{plugin.name} pretrain", backend.pretrain, ours)
    longest = getattr(backend, "longest_text", None)
    return _Chosen(
        plain_values(made.values),
        plain_values(learning),
        longest if type(longest) is int else None,
    )


def _refuse_unread(plugin: Plugin, backend: Any, overrides: Sequence[Override]) -> None:
    """Refuse an option that is of the task alone: it would be taken, and change nothing."""
    read: frozenset[str] | None = getattr(backend, "text_options", None)
    if read is None:
        return
    if unread := [override.key for override in overrides if override.key not in read]:
        msg = (
            f"--set {unread[0]}: pretraining {plugin.name} does not read it, set it in the run "
            f"that follows; pretraining reads {', '.join(sorted(read))}"
        )
        raise ConfigError(msg)


def _cannot_learn(plugin: Plugin) -> BackendError:
    """What to tell of a backend that cannot be pretrained."""
    others = apart.ask_each([p for p in registry.installed() if p != plugin], _is_able)
    able = ", ".join(other.name for other, found in others.items() if found is True)
    return BackendError(
        f"backend {plugin.name!r} learns nothing from raw text; these do: {able or 'none'}"
    )


def _is_able(plugin: Plugin) -> bool:
    try:
        return issubclass(plugin.load(), Pretrains)
    except BackendError:
        return False


def _refuse_long_windows(plugin: Plugin, chosen: _Chosen, window: int) -> None:
    if chosen.longest is not None and window > chosen.longest:
        msg = (
            f"--window {window}: {plugin.name} has {chosen.longest} positions; give --window "
            f"{chosen.longest} or less"
        )
        raise ConfigError(msg)


def _stream(asked: TextRequest, read: Corpus) -> tuple[Stream, dict[str, int]]:
    """The text in its order, and the windows that each source gives."""
    texts = [text.joined for text in read.texts]
    names = [text.source.name for text in read.texts]
    sizes = {name: windows_in(text, asked.window) for name, text in zip(names, texts, strict=True)}
    shares = asked.mixture.shares(sizes, asked.characters // asked.window)
    known = alphabet(_count_characters(texts), asked.alphabet, SEEN)
    _refuse_few(known, asked.alphabet)
    places = ordered(texts, [shares[name] for name in names], asked.window, asked.seed)
    return Stream(texts, places, asked.window, known), shares


def _refuse_few(known: str, most: int) -> None:
    """Refuse text of which a model knows one character at most: no guess could be wrong."""
    if len(known) < 2:
        number = f"{len(known)} character{'' if len(known) == 1 else 's'}"
        msg = (
            f"--alphabet {most}: a model that knows {number} has nothing to tell apart; raise it, "
            f"or give text in which two characters or more come {SEEN} times"
        )
        raise ConfigError(msg)


def _count_characters(texts: Sequence[str]) -> Counter[str]:
    total = Counter[str]()
    for text in texts:
        total.update(text)
    return total


def _text_record(
    asked: TextRequest, tasks: Tasks, read: Corpus, stream: Stream, shares: Mapping[str, int]
) -> TextRead:
    """What the record says of the text."""
    licences = asked.filter.licences
    return TextRead(
        sha256=stream.digest,
        characters=stream.windows * stream.length,
        window=stream.length,
        alphabet=len(stream.characters),
        seed=asked.seed,
        power=asked.mixture.power,
        passes=asked.mixture.passes,
        factors=dict(asked.mixture.factors),
        licences=None if licences is None else tuple(sorted(licences)),
        only_shippable=asked.filter.shippable,
        sources=tuple(
            SourceRead(
                name=text.source.name,
                licence=text.source.facts.licence,
                shippable=text.source.facts.shippable,
                sha256=text.sha256,
                characters=len(joined),
                removed_lines=read.removed_from(text.source.name),
                read=shares[text.source.name] * stream.length,
            )
            for text, joined in zip(read.texts, stream.texts, strict=True)
        ),
        compared=dict(tasks.compared),
        not_compared=dict(tasks.not_compared),
        removed=dict(read.counts),
    )
