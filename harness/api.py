"""The public interface: runs, tables and predictions from Python, each also as ``harness.NAME``.

The command line does the same through the same code. Importing them loads no model library; what a
function needs is imported when it is called. Mistakes are raised as ``harness.errors``.
"""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from harness.data.cutting import Cut
    from harness.exports.model import Delivered
    from harness.leaderboard.render import Format
    from harness.leaderboard.table import Leaderboard
    from harness.results.reader import Results
    from harness.runs.plan import GridCell
    from harness.runs.predict import Tagged
    from harness.runs.tryout import Refused

PathLike: TypeAlias = str | os.PathLike[str]
SEEDS = (13, 42, 87)


@dataclass(frozen=True, slots=True)
class Experiment:
    """Runs that were asked for and checked, and not started: one per task, backend and seed.

    ``refused`` are backends that were asked for and cannot be used, each with its reason.
    ``stored`` has the SHA-256 of what ``run`` left in each folder: what others write is not used.
    """

    cells: "tuple[GridCell, ...]"
    refused: "tuple[Refused, ...]" = ()
    stored: dict[Path, str] = field(default_factory=dict, compare=False)

    def run(
        self,
        *,
        workers: int | None = None,
        quiet: bool = True,
        time_limit: float = math.inf,
        executor: str = "processes",
        runs_per_gpu: int = 1,
    ) -> "Results":
        """Train and evaluate what is not finished yet; all results.

        A process that only takes part in a launch (``accelerate launch``) has none.

        Args:
            workers: runs side by side; without, as many as the machine has room for.
            quiet: whether progress is kept from stderr.
            time_limit: seconds that a run may take; one that takes longer fails.
            executor: ``processes`` of this machine, or ``ray``, the nodes of its Ray cluster.
            runs_per_gpu: how many runs share a GPU.

        Raises:
            HarnessError: for runs that failed, naming them; ``results`` still has the others.
        """
        from harness.results.reader import Results
        from harness.runs import launch
        from harness.runs.executors import executor_for
        from harness.runs.logbook import Logbook
        from harness.runs.placement import Placement
        from harness.runs.progress import Display
        from harness.runs.tryout import tell
        from harness.runs.weights import require_found

        require_found((c.plugin.name, c.options.weights, c.weights) for c in self.cells)
        chosen = executor_for(Placement(executor, workers, time_limit, runs_per_gpu))
        launch.require_one(len(self.cells))
        with Display(quiet=quiet or launch.follows()) as display:
            display.line(chosen.describe(self.cells))
            with tell(self.refused):
                chosen.run(self.cells, display, Logbook(self.stored))
        return Results(()) if launch.follows() else self.results()

    def afresh(self) -> "Experiment":
        """The same runs from their beginning: what was done before will be set aside."""
        return replace(self, cells=tuple(replace(cell, fresh=True) for cell in self.cells))

    def results(self) -> "Results":
        """What there is of these runs by now, finished and failed."""
        from harness.results import provenance

        found = read([cell.folder for cell in self.cells if cell.folder.is_dir()])
        return provenance.only_own(found, self.stored)

    def rows(self) -> "Results":
        """What there is of the rows of these runs: with the seeds that lie beside them."""
        from harness.comparability.other_seeds import with_other_seeds

        tops = dict.fromkeys(cell.folder.parent for cell in self.cells)
        return with_other_seeds(self.results(), read(top for top in tops if top.is_dir()))


def plan(
    tasks: PathLike | Sequence[PathLike],
    backends: str | Sequence[str],
    *,
    seeds: int | Sequence[int] = SEEDS,
    preset: str | Sequence[str] = "tiny",
    options: Mapping[str, Any] | None = None,
    output: PathLike = "results",
    data: PathLike | None = None,
) -> Experiment:
    """What ``run`` would do, every option checked and every data set read, nothing trained.

    Args:
        tasks: task files, or names of shipped tasks.
        backends: names of installed backends, or ``"all"``.
        seeds: a run each.
        preset: the file of options that a backend begins with; of several, each that it has.
        options: options by name, of each backend that has them or as ``backend.option`` of one;
            settings of the run (``device``, ``limit``, ``threads``, ...) too.
        output: the folder that holds the run folders.
        data: the folder that holds the data sets.

    Raises:
        ConfigError: for names, options or presets that do not exist.
        DataError: for a data set that cannot be read.
        BackendError: when no backend can be used.
    """
    from harness import registry
    from harness.runs import processes
    from harness.runs.config import Override, settings_from

    names = registry.names_of(list(map(str, _several(backends))))
    overrides = tuple(Override.of(name, value) for name, value in (options or {}).items())
    settings = settings_from(overrides)
    # The server of the child processes starts while this process still imports.
    processes.prepare(registry.modules_of(names), settings.threads)
    from harness.runs.plan import Request, plan_usable
    from harness.runs.tryout import without_lacking

    request = Request(
        tasks=tuple(map(str, _several(tasks))),
        backends=names,
        seeds=tuple(dict.fromkeys([seeds] if isinstance(seeds, int) else seeds)),
        presets=tuple(map(str, _several(preset))),
        overrides=overrides,
        settings=settings,
        output=Path(output),
        data=None if data is None else Path(data),
    )
    found = plan_usable(request)
    wants_all = list(_several(backends)) == [registry.ALL]
    refused = without_lacking(found.refused) if wants_all else found.refused
    return Experiment(found.cells, refused)


def run(
    tasks: PathLike | Sequence[PathLike],
    backends: str | Sequence[str],
    *,
    seeds: int | Sequence[int] = SEEDS,
    preset: str | Sequence[str] = "tiny",
    options: Mapping[str, Any] | None = None,
    output: PathLike = "results",
    data: PathLike | None = None,
) -> "Results":
    """Train and evaluate backends on tasks, a run per seed; what is finished and sound is reused.

    The arguments are those of ``plan``.

    Raises:
        HarnessError: as ``plan`` and ``Experiment.run`` do.
    """
    return plan(
        tasks, backends, seeds=seeds, preset=preset, options=options, output=output, data=data
    ).run()


def read(folders: PathLike | Iterable[PathLike]) -> "Results":
    """All runs in and below ``folders``; what cannot be used is in ``rejected``, with the reason.

    Raises:
        ConfigError: for a folder that does not exist.
    """
    from harness.results import reader

    return reader.read(map(Path, _several(folders)))


def build_leaderboard(
    results: "Results",
    *,
    columns: Sequence[str] | None = None,
    highlight: Sequence[str] = (),
    published: bool = True,
) -> "Leaderboard":
    """The table of ``results``: ranks, intervals, groups and the certificate.

    Args:
        results: what ``run`` or ``read`` gave.
        columns: their keys, in order; without, all that hold something.
        highlight: backends or rows to mark.
        published: whether published results are added, unranked.

    Raises:
        ConfigError: for a column or a name to highlight that does not exist.
        DataError: when the gold of two runs differs.
    """
    from harness.leaderboard.build import build

    return build(results, columns=columns, highlight=highlight, published=published)


def render(leaderboard: "Leaderboard", format: "Format" = "markdown") -> str:  # noqa: A002
    """``leaderboard`` as text in a format.

    Raises:
        ConfigError: for a format that does not exist.
    """
    from harness.leaderboard.render import FORMATS, require_format

    return FORMATS[require_format(format)](leaderboard)


def predict(
    run: PathLike,
    lines: Iterable[str],
    *,
    min_confidence: float | None = None,
    units: "str | Cut | None" = None,
) -> "list[Tagged]":
    """``lines`` tagged by the model of a finished run; a line can have any length.

    Args:
        run: the folder of the run.
        lines: raw text, a sentence each.
        min_confidence: the probability from which on entities are kept; without, all are.
        units: what cuts a line: ``characters``, ``words``, ``spaces``, or a function from a line
            to the start and end of each unit; without, characters or words as in the task.

    Raises:
        ConfigError: when ``run`` holds no finished run, or its model gives no confidence; for one
            text in the place of ``lines``.
        WeightsError: when the run kept no model.
    """
    from harness.runs import predict as prediction

    return prediction.tagged(Path(run), lines, min_confidence, units)


def export_model(
    run: PathLike, folder: PathLike, *, to: str = "transformers", row: PathLike | None = None
) -> "Delivered":
    """The model of a finished run in ``folder``, for other programs, with a card.

    Args:
        run: the folder of the run.
        folder: a new folder.
        to: ``transformers``, ``onnx`` or ``int8``, or what else the backend says.
        row: a results folder, to which what was exported is added as a run.

    Raises:
        ConfigError: when the run cannot be exported so.
        BackendError: when what was exported would answer otherwise; nothing is written then.
    """
    from harness.exports.model import export
    from harness.runs import processes

    processes.environment(threads=1)
    return export(Path(run), Path(folder), to, None if row is None else Path(row))


def export_data(task: PathLike, folder: PathLike, *, to: str, data: PathLike | None = None) -> Path:
    """The gold of a task in the format ``to``, in a new folder; gives the task file there.

    Raises:
        ConfigError: for a task or a format that does not exist, or a folder that holds something.
        DataError: for data that cannot be read, or that the format cannot hold.
    """
    from harness.data.task import load
    from harness.exports.data import export_task

    found = load(os.fspath(task), None if data is None else Path(data))
    return export_task(found, to, Path(folder))


def export_predictions(run: PathLike, path: PathLike, *, to: str) -> Path:
    """What a finished run found in the test set, in the format ``to``; gives the path.

    Raises:
        ConfigError: when there is no finished run, no such format, or something at ``path``.
        DataError: for answers that are not those that were stored, or that the format cannot hold.
    """
    from harness.exports.data import export_answers
    from harness.results import reader, verify

    sound = verify.require_sound(reader.one(Path(run)))
    return export_answers(sound.result, to, Path(path))


def _several(given: "PathLike | Iterable[PathLike]") -> "list[PathLike]":
    return [given] if isinstance(given, str | os.PathLike) else list(given)
