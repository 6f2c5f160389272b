"""A stored result run again from its record: equal, within its interval, or different and why."""

from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from harness import registry, yamlfile
from harness.comparability.fields import MISSING, is_external
from harness.data.task import load
from harness.errors import ConfigError
from harness.registry import Plugin
from harness.results import reader, store, verify
from harness.results.run_record import Run
from harness.results.verify import Sound
from harness.runs import hardware, weights
from harness.runs.apart import ask
from harness.runs.config import Options, Settings
from harness.runs.options import Given, checked
from harness.runs.plan import GridCell, Request, cells_of
from harness.runs.tryout import plain
from harness.scoring.score import percent

if TYPE_CHECKING:
    from harness.statistics import Interval


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a second run compares with the first; ``reasons`` hold both scores and what changed."""

    outcome: str
    reasons: tuple[str, ...]


def stored(path: Path) -> Sound:
    """The result at ``path``, a run folder or one of its files, if its answers give its scores.

    Raises:
        ConfigError: if there is not one finished run, or one that was imported or put together.
        DataError: if what it claims is not what its answers give.
    """
    result = reader.one(path)
    if result.run.members:
        msg = f"{path} is an ensemble of stored answers: reproduce its members, and `vote` again"
        raise ConfigError(msg)
    if is_external(result):
        msg = f"{path} was imported: nothing here can run it again; `verify` scores it again"
        raise ConfigError(msg)
    if made := result.run.settings.get("exported"):
        msg = (
            f"{path} is a model that was exported ({made}), not a training: reproduce the run that "
            "it is from, and export that one"
        )
        raise ConfigError(msg)
    return verify.require_sound(result)


def fresh(output: Path) -> Path:
    """``output``, or the first of ``output-2``, ``output-3`` and so on that holds nothing yet.

    What an earlier run left there would be taken for this one.
    """
    names = (output.with_name(f"{output.name}-{number}") for number in count(2))
    return next(path for path in chain([output], names) if not path.exists())


def cell(result: Sound, output: Path, data: Path | None) -> GridCell:
    """The cell that runs ``result`` again, into a folder below ``output``.

    Raises:
        ConfigError: when its backend is not installed, or its record does not say how it was run.
        DataError: when its data cannot be read.
    """
    run = result.run
    names = Settings.model_fields
    known = {key: value for key, value in run.settings.items() if key in names}
    settings = yamlfile.validate(Settings, known, {}, f"settings of {result.folder / store.RUN}")
    task_file = _task_file(result)
    request = Request(
        tasks=(task_file,),
        backends=(run.backend,),
        seeds=(run.seed,),
        presets=(run.preset,),
        overrides=(),
        settings=settings,
        output=output,
        data=data,
    )
    plugin = registry.find(run.backend)
    recorded = Options(run.preset, run.options, run.variant)
    options = ask(plugin, partial(_as_recorded, recorded=recorded, where=str(result.folder)))
    task = load(task_file, data, settings.limit)
    return next(cells_of(request, task_file, task, [(plugin, options)]))


def _as_recorded(plugin: Plugin, recorded: Options, where: str) -> Options:
    """``recorded``, found in ``where``, as the options of ``plugin`` that they are today."""
    backend = plugin.load()
    values = checked(backend, Given(recorded.values, f"{where}/{store.RUN}"))
    options = replace(recorded, values=values, weights=weights.named(backend, values))
    return options if plugin.is_own else plain(options)


def _task_file(result: Sound) -> str:
    recorded = result.run.settings.get("task_file")
    if not isinstance(recorded, str):
        msg = f"{result.folder / store.RUN} does not record a task file: nobody knows what to read"
        raise ConfigError(msg)
    return recorded


def compare(first: Sound, second: Sound) -> Verdict:
    """What the second run says of the first."""
    then, now = first.metrics.micro().f1, second.metrics.micro().f1
    interval = _interval(first)
    scores = (
        f"F1 {percent(then)} claimed and given by its answers, {percent(now)} now; 95 % interval "
        f"over sentences {percent(interval.low)} to {percent(interval.high)}"
    )
    reasons = (scores, *_changes(first, second))
    if first.metrics == second.metrics:
        return Verdict("equal", reasons)
    inside = now is not None and interval.low <= now <= interval.high
    return Verdict("within the interval" if inside else "different", reasons)


def _interval(result: Sound) -> "Interval":
    """The interval of a run's F1 over the choice of sentences."""
    from harness.statistics import interval

    return interval(result.recount.by_sentence[None])


def _changes(first: Sound, second: Sound) -> list[str]:
    then, now = first.run.hardware, hardware.describe()
    code, code_now = _code(first.run), _code(second.run)
    pairs: dict[str, tuple[object, object]] = {
        "data": (first.run.data.fingerprint, second.run.data.fingerprint),
        "harness": (first.run.harness, second.run.harness),
        "code of harness": (code[0], code_now[0]),
        "code of the backend": (code[1], code_now[1]),
        "precision": (first.run.precision, second.run.precision),
        "weights": (first.run.weights, second.run.weights),
        "content of the weights": (first.run.weights_digest, second.run.weights_digest),
        "label descriptions": (_descriptions(first.run), _descriptions(second.run)),
        "processor": (then.get("processor"), now["processor"]),
        "accelerators": (then.get("accelerators"), now["accelerators"]),
    }
    for name in sorted({*first.run.versions, *second.run.versions}):
        pairs[name] = (first.run.versions.get(name), second.run.versions.get(name))
    for option in sorted({*first.run.files, *second.run.files}):
        pairs[f"file of {option}"] = (_content(first.run, option), _content(second.run, option))
    return [f"{name}: {a} then, {b} now" for name, (a, b) in pairs.items() if a != b]


def _descriptions(run: Run) -> object:
    return run.settings.get("descriptions") or "none"


def _content(run: Run, option: str) -> str:
    """The digest of the file that an option names, short."""
    return run.files[option][:12] if option in run.files else MISSING


def _code(run: Run) -> tuple[str, str]:
    """The digests of the sources of the harness and of the backend, short."""
    return (run.code.harness[:12], run.code.backend[:12]) if run.code else (MISSING, MISSING)
