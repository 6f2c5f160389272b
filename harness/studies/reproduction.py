"""A stored result run again from its record: equal, within its interval, or different and why."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness import registry
from harness.comparability.certificate import is_external
from harness.data.task import load
from harness.errors import ConfigError
from harness.results import reader
from harness.results.reader import Result
from harness.runs import hardware
from harness.runs.config import Options, Settings
from harness.runs.options import Given, checked
from harness.runs.plan import GridCell, Request, cells_of
from harness.scoring.counting import count

if TYPE_CHECKING:
    from harness.statistics import Interval


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a second run compares with the first; ``reasons`` are what changed around it."""

    outcome: str
    reasons: tuple[str, ...]


def stored(path: Path) -> Result:
    """The result at ``path``, a run folder or one of its files.

    Raises:
        ConfigError: if there is not one finished run, or one that was imported.
    """
    found = reader.read([path.parent if path.is_file() else path])
    if len(found.runs) != 1:
        reasons = "".join(f"; {one.folder.name}: {one.reason}" for one in found.rejected)
        msg = f"{path}: expected one finished run, found {len(found.runs)}{reasons}"
        raise ConfigError(msg)
    if is_external(found.runs[0]):
        msg = f"{path} was imported: nothing here can run it again; `verify` scores it again"
        raise ConfigError(msg)
    return found.runs[0]


def cell(result: Result, output: Path, data: Path | None) -> GridCell:
    """The cell that runs ``result`` again, into a folder below ``output``.

    Raises:
        ConfigError: when its backend is not installed.
        DataError: when its data cannot be read.
    """
    run = result.run
    names = Settings.model_fields
    settings = Settings(**{key: value for key, value in run.settings.items() if key in names})
    task_file = str(run.settings["task_file"])
    request = Request(
        tasks=(task_file,),
        backends=(run.backend,),
        seeds=(run.seed,),
        preset=run.preset,
        overrides=(),
        settings=settings,
        output=output,
        data=data,
    )
    plugin = registry.find(run.backend)
    values = checked(plugin.load(), Given(run.options, str(result.folder / "run.json")))
    options = Options(run.preset, values, run.variant)
    task = load(task_file, data, settings.limit)
    return next(cells_of(request, task_file, task, [(plugin, options)]))


def compare(first: Result, second: Result) -> Verdict:
    """What the second run says of the first."""
    if first.metrics == second.metrics:
        return Verdict("equal", ())
    reasons = tuple(_changes(first, second))
    interval = _interval(first)
    found = second.metrics.micro().f1
    inside = found is not None and interval.low <= found <= interval.high
    return Verdict("within the interval" if inside else "different", reasons)


def _interval(result: Result) -> "Interval":
    """The interval of a run's F1 over the choice of sentences."""
    from harness.statistics import interval

    predictions = list(result.predictions())
    gold = [one.gold_spans() for one in predictions]
    matrix = count(gold, [one.tags for one in predictions], "conlleval", result.metrics.labels)
    return interval(matrix.by_sentence[None])


def _changes(first: Result, second: Result) -> list[str]:
    then, now = first.run.hardware, hardware.describe()
    pairs: dict[str, tuple[object, object]] = {
        "data": (first.run.data.fingerprint, second.run.data.fingerprint),
        "harness": (first.run.harness, second.run.harness),
        "precision": (first.run.precision, second.run.precision),
        "weights": (first.run.weights, second.run.weights),
        "processor": (then.get("processor"), now["processor"]),
        "accelerators": (then.get("accelerators"), now["accelerators"]),
    }
    for name in sorted({*first.run.versions, *second.run.versions}):
        pairs[name] = (first.run.versions.get(name), second.run.versions.get(name))
    return [f"{name}: {a} then, {b} now" for name, (a, b) in pairs.items() if a != b]
