"""One cell, in a straight line: task, handout, fit, predict, decode, calibrate, score, store.

Test gold is not in this process while a backend runs: the task is read, what a backend is given
is taken from it, and it is read again when all answers are in. Only then, and once they are stored,
is the backend told of it, to say how probable its model found it. All that a later command needs is
written here, into the cell's folder; ``metrics.json`` comes last.
"""

import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.core import Decoded, Output, Sentence
from harness.data.overlap import seen_in_train
from harness.data.share import with_share
from harness.data.splits import TEST, TRAIN
from harness.data.task import Task, load
from harness.data.train_facts import train_facts
from harness.data.windows import Window, WindowPolicy
from harness.errors import DataError
from harness.flops import counted
from harness.protocol import Backend, Checkpoints, Context, FitReport, Generates, Progress
from harness.results import evaluate, locking, provenance, set_aside, store, verify, writer
from harness.results.record import Metrics, Prediction
from harness.results.run_record import Contamination, Run
from harness.results.stored import content_of
from harness.results.writer import TrainingFiles
from harness.runs import after_answers, launch, named_files, recording, weights
from harness.runs.contract import asked, checked, require_methods
from harness.runs.cost import Meter
from harness.runs.handout import DevScorer, Handout, handout, shuffled
from harness.runs.options import Given, construct
from harness.runs.plan import GridCell
from harness.runs.sittings import checkpoints_of

WARM_UP = 8
PARTS, PART_UNITS = 5, 4096
Report = Callable[[Progress], None]


def execute(cell: GridCell, report: Report) -> bool:
    """Run ``cell`` in its folder; False if it was done before, and what is there can be believed.

    Raises:
        HarnessError: for all that a user can fix.
    """
    if launch.follows():
        return _follow(cell, report)
    unusable = set_aside.anything if cell.fresh else verify.unusable
    if moved := set_aside.move_unusable(cell.folder, unusable):
        report(Progress("load", 0, 0, f"done again: {moved}", line=True))
    with store.claim(cell.folder, cell.about) as todo:
        if todo:
            _drop_foreign_checkpoints(cell, report)
            _run(cell, report)
        else:
            provenance.require_found(cell.folder, cell.found)
    return todo


def _follow(cell: GridCell, report: Report) -> bool:
    """Train with the process that runs ``cell``, and store nothing; False if it was done before."""
    if not cell.fresh and store.is_complete(cell.folder) and not verify.unusable(cell.folder):
        return False
    given, meter = handout(_task(cell), _policy(cell)), Meter()
    with TemporaryDirectory() as scratch:
        own = replace(cell, folder=Path(scratch))
        if not cell.fresh:
            provenance.copy_checkpoints(cell.folder, own.folder, cell.found)
        checkpoints = checkpoints_of(own.folder, math.inf, meter, given.score_dev.given)
        told = given.descriptions
        made = make(own, given.tags, report, given.score_dev, checkpoints, told)
        checked(cell.plugin.name, made).fit(given.train, given.dev)
    return True


def _drop_foreign_checkpoints(cell: GridCell, report: Report) -> None:
    if dropped := provenance.drop_foreign_checkpoints(cell.folder, cell.found):
        note = f"{dropped} checkpoints that came after the command began are not used"
        report(Progress("load", 0, 0, note, line=True))


def _run(cell: GridCell, report: Report) -> None:
    meter = Meter()
    _require_planned_files(cell)
    made, given = _set_up(cell, meter, report)
    backend = checked(cell.plugin.name, made)
    fitted, given = _learned(cell, backend, given, meter), given.to_answer
    answers = _answered(cell, backend, given, meter, report)
    _require_planned_files(cell)
    with meter.phase("calibrate"):
        calibration = after_answers.calibration(backend, given, answers.headline)
    if cell.settings.keep_model:
        backend.save(_made(cell.folder / store.MODEL))
    task = _task(cell)
    predictions = answers.predictions(task, answers.headline)
    # Stored before gold is handed out: nothing that a backend does with it reaches an answer.
    store.write(cell.folder / store.PREDICTIONS, content_of(predictions))
    bits, known = _asked_of_gold(cell, backend, task, meter)
    run = recording.run_record(cell, task, fitted, given.score_dev.given, meter)
    run = recording.with_usage(run, made, cell.folder.parent)
    run = run.model_copy(update={"calibration": calibration, "contamination": known})
    metrics = _store(cell, task, run, fitted, answers, evaluate.with_bits(predictions, bits))
    if words := evaluate.unknown_labels(metrics):
        report(Progress("store", 0, 0, words, line=True))


def _set_up(cell: GridCell, meter: Meter, report: Report) -> tuple[Backend, Handout]:
    """The backend, not trained yet, and what it is given."""
    with meter.phase("load"):
        given = handout(_task(cell), _policy(cell))
        minutes, told = cell.settings.checkpoint_minutes, given.descriptions
        checkpoints = checkpoints_of(cell.folder, minutes, meter, given.score_dev.given)
        return make(cell, given.tags, report, given.score_dev, checkpoints, told), given


def _answered(
    cell: GridCell, backend: Backend, given: Handout, meter: Meter, report: Report
) -> "_DecodedAnswers":
    """Its answers to the test set, in an order that says nothing, and what it writes freely."""
    order = shuffled(len(given.windows), f"{cell.fingerprint} {cell.seed}")
    answers = timed_answers(backend, given, order, meter, report)
    free = _written(backend, given, order, meter, answers) if cell.settings.free_decoding else None
    return _DecodedAnswers(given.windows, answers, free)


def _asked_of_gold(
    cell: GridCell, backend: Backend, task: Task, meter: Meter
) -> tuple[dict[str, float], Contamination | None]:
    """The bits that it pays for test gold, by sentence, and whether its weights knew the text."""
    with meter.phase("surprisal"):
        bits = after_answers.gold_bits(backend, task.splits[TEST].examples, _policy(cell))
    with meter.phase("probe"):
        return bits, after_answers.contamination(backend, task.examples)


def _require_planned_files(cell: GridCell) -> None:
    """Refuse to answer by a template or a lexicon other than the record will name."""
    named_files.require_planned(cell.name, cell.options, cell.files)


def _learned(cell: GridCell, backend: Backend, given: Handout, meter: Meter) -> FitReport:
    """What training says of itself; its weights were the planned ones before and after."""
    weights.require_planned(cell.name, cell.options.weights, cell.weights)
    with meter.phase("fit"):
        fitted = backend.fit(given.train, given.dev)
    weights.require_planned(cell.name, cell.options.weights, cell.weights)
    return fitted


def _policy(cell: GridCell) -> WindowPolicy:
    return cell.settings.windows


def _task(cell: GridCell) -> Task:
    """The task of ``cell``, the same bytes each time, with the share of train that it asks for.

    Raises:
        DataError: if they are not those that the cell was planned on.
    """
    task = load(cell.task, cell.data, cell.settings.limit)
    if task.fingerprint != cell.fingerprint:
        msg = (
            f"the data of task {task.name!r} changed while the command ran (fingerprint "
            f"{task.fingerprint[:12]}, planned on {cell.fingerprint[:12]}); run it again"
        )
        raise DataError(msg)
    return with_share(task, cell.settings.train_share, cell.settings.train_draw)


def make(
    cell: GridCell, tags: tuple[str, ...], report: Report, score_dev: DevScorer,
    checkpoints: Checkpoints | None, descriptions: Mapping[str, str],
) -> Backend:  # fmt: skip
    """The backend of a cell, constructed but not trained.

    Raises:
        BackendError: for a class that lacks a method of the protocol.
    """
    settings = cell.settings
    context = Context(
        tags, cell.seed, settings.device, settings.precision, settings.threads,
        cell.folder.absolute(), score_dev, report, checkpoints, descriptions,
    )  # fmt: skip
    given = Given(cell.options.values, f"options of {cell.name}")
    with asked(cell.plugin.name, "the constructor"):
        backend = construct(cell.plugin.load(), context, given)
    return require_methods(cell.plugin.name, backend)


def timed_answers(
    backend: Backend, given: Handout, order: Sequence[int], meter: Meter, report: Report
) -> dict[str, Decoded]:
    """Predict the test set once, in parts that are timed apart, after a warm-up that is not."""
    views = given.views
    report(Progress("predict", 0, sum(map(len, views))))
    _warm_up(backend, [views[i] for i in order[:WARM_UP]], meter)
    outputs: dict[int, Output] = {}
    with meter.phase("predict"):
        for part in parts(views, order):
            with meter.part(sum(len(views[i]) for i in part)):
                found = backend.predict([views[i] for i in part])
            outputs |= dict(zip(part, found, strict=True))
    return given.decoded([outputs[i] for i in range(len(views))])


def _warm_up(backend: Backend, views: Sequence[Sentence], meter: Meter) -> None:
    units = sum(map(len, views))
    with counted() as operations:
        backend.predict(views)
    total = operations()
    meter.flops_per_unit = total / units if total and units else None


def parts(views: Sequence[Sentence], order: Sequence[int]) -> list[list[int]]:
    """``order`` in up to five parts of one mixture of lengths of ``views``, enough to time each."""
    units = sum(map(len, views))
    number = min(PARTS, max(1, units // PART_UNITS))
    by_length = sorted(order, key=lambda i: len(views[i]))
    part_of = {i: place % number for place, i in enumerate(by_length)}
    return [[i for i in order if part_of[i] == part] for part in range(number)]


def _written(
    backend: Backend, given: Handout, order: Sequence[int], meter: Meter,
    answers: dict[str, Decoded],
) -> dict[str, Decoded] | None:  # fmt: skip
    """What a generator writes with nothing forced; None for a backend that writes no text."""
    if any(decoded.raw is not None for decoded in answers.values()):
        return answers  # it was not constrained in the first place
    if not isinstance(backend, Generates):
        return None
    views = given.views
    with meter.phase("generate"):
        found = backend.generate([views[i] for i in order])
    outputs = dict(zip(order, found, strict=True))
    return given.decoded([outputs[i] for i in range(len(views))])


@dataclass(frozen=True, slots=True)
class _DecodedAnswers:
    """The decoded answers of both ways of decoding, and the windows they came through."""

    windows: Sequence[Window]
    headline: dict[str, Decoded]
    free: dict[str, Decoded] | None

    def predictions(self, task: Task, decoded: dict[str, Decoded]) -> list[Prediction]:
        """One record per test sentence, in order."""
        borders: dict[str, list[int]] = {}
        for window in self.windows:
            if window.owned_start:
                borders.setdefault(window.sentence.id, []).append(window.owned_start)
        seen = seen_in_train(task.examples)
        return [
            evaluate.prediction(placed, decoded.get(placed.example.sentence.id),
                                tuple(borders.get(placed.example.sentence.id, ())), seen=known)
            for placed, known in zip(task.splits[TEST].placed, seen, strict=True)
        ]  # fmt: skip


def _store(
    cell: GridCell, task: Task, run: Run, fitted: FitReport, answers: _DecodedAnswers,
    predictions: Sequence[Prediction],
) -> Metrics:  # fmt: skip
    written = None if answers.free is None else answers.predictions(task, answers.free)
    gold = evaluate.EvaluationSetup(task.labels, task.policy, TEST, task.nested)
    scores = writer.score_answers(gold, predictions, written)
    training = TrainingFiles(fitted.epochs, train_facts(task.splits[TRAIN].examples))
    locking.require(cell.folder)
    writer.write(cell.folder, run, scores, training)
    return scores.metrics


def _made(folder: Path) -> Path:
    """``folder`` with nothing in it: all that is there later counts as the model."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder
