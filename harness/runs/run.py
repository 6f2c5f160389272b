"""One cell, in a straight line: task, windows, fit, predict, decode, score, store.

Everything that a later command needs is written here, into the cell's folder; ``metrics.json``
comes last.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.core import Decoded, Example, Output, Sentence
from harness.data.task import Split, Task, load
from harness.data.train_facts import FACTS, train_facts
from harness.data.windows import Window, WindowPolicy
from harness.errors import BackendError
from harness.protocol import Backend, Context, DevScore, FitReport, Generates, Progress
from harness.results import evaluate, store
from harness.results.record import Prediction
from harness.runs import recording
from harness.runs.cost import Meter, flops
from harness.runs.decode import decode
from harness.runs.plan import Cell

TEST, DEV, TRAIN = "test", "dev", "train"
WARM_UP = 8
PARTS, PART_UNITS = 5, 4096
Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class _Answers:
    """The decoded answers of one way of decoding, and the windows they came through."""

    split: Split
    windows: tuple[Window, ...]
    decoded: dict[str, Decoded]

    def predictions(self) -> list[Prediction]:
        """One record per sentence of the split, in order."""
        borders: dict[str, list[int]] = {}
        for window in self.windows:
            if window.owned_start:
                borders.setdefault(window.sentence.id, []).append(window.owned_start)
        return [
            evaluate.prediction(example, document, self.decoded.get(example.sentence.id),
                               tuple(borders.get(example.sentence.id, ())))
            for example, document in zip(self.split.examples, self.split.documents, strict=True)
        ]  # fmt: skip


def execute(cell: Cell, report: Report) -> bool:
    """Run ``cell`` in its folder; False where it was done before.

    Raises:
        HarnessError: for all that a user can mend.
    """
    with store.claim(cell.folder, cell.about) as todo:
        if todo:
            _run(cell, report)
    return todo


def _run(cell: Cell, report: Report) -> None:
    meter = Meter()
    with meter.phase("load"):
        task = load(cell.task, cell.data, cell.settings.limit)
        policy = WindowPolicy(cell.settings.window_limit, cell.settings.window_margin)
        train, dev = (_training(task.splits[name], policy) for name in (TRAIN, DEV))
        backend = make(cell, task, report, dev_scorer(task, policy))
    with meter.phase("fit"):
        fitted = backend.fit(train, dev)
    windows = policy.cut_all([example.sentence for example in task.splits[TEST].examples])
    answers = _predict(backend, task, windows, meter, report)
    free = _written(backend, task, windows, meter, answers) if cell.settings.free_decoding else None
    if cell.settings.keep_model:
        backend.save(_made(cell.folder / "model"))
    _store(cell, task, fitted, meter, answers, free)


def _training(split: Split, policy: WindowPolicy) -> tuple[Example, ...]:
    return tuple(window for example in split.examples for window in policy.examples(example))


def make(
    cell: Cell, task: Task, report: Report, score_dev: Callable[[Sequence[Output]], DevScore]
) -> Backend:
    """The backend of a cell, constructed but not trained.

    Raises:
        BackendError: for a class that lacks a method of the protocol.
    """
    settings = cell.settings
    context = Context(
        task.tags, cell.seed, settings.device, settings.precision, settings.threads,
        cell.folder, score_dev, report,
    )  # fmt: skip
    backend: Backend = cell.plugin.load()(context, **cell.options.values)
    lacking = [name for name in ("fit", "predict", "save", "load") if not hasattr(backend, name)]
    if lacking:
        msg = f"backend {cell.plugin.name!r} lacks the methods {', '.join(lacking)}"
        raise BackendError(msg)
    return backend


def dev_scorer(task: Task, policy: WindowPolicy) -> Callable[[Sequence[Output]], DevScore]:
    """The scorer of development outputs: the windows merged, the gold untouched."""
    examples = task.splits[DEV].examples
    windows = policy.cut_all([example.sentence for example in examples])

    def score(outputs: Sequence[Output]) -> DevScore:
        decoded = decode(outputs, windows, task.tags)
        tags = [evaluate.tags_of(example, decoded.get(example.sentence.id)) for example in examples]
        return evaluate.dev_score(examples, tags, task.labels)

    return score


def _predict(
    backend: Backend, task: Task, windows: tuple[Window, ...], meter: Meter, report: Report
) -> _Answers:
    """Predict the test set once, in parts that are timed apart, after a warm-up that is not."""
    views = [window.view for window in windows]
    report(Progress("predict", 0, sum(map(len, views))))
    _warm_up(backend, views[:WARM_UP], meter)
    outputs: dict[int, Output] = {}
    with meter.phase("predict"):
        for part in parts(views):
            with meter.part(sum(len(views[i]) for i in part)):
                found = backend.predict([views[i] for i in part])
            _refuse_other_number(found, part)
            outputs |= dict(zip(part, found, strict=True))
    answers = [outputs[i] for i in range(len(views))]
    return _Answers(task.splits[TEST], windows, decode(answers, windows, task.tags))


def _warm_up(backend: Backend, views: Sequence[Sentence], meter: Meter) -> None:
    units = sum(map(len, views))
    with flops() as counted:
        backend.predict(views)
    total = counted()
    meter.flops_per_unit = total / units if total and units else None


def parts(views: Sequence[Sentence]) -> list[list[int]]:
    """Indices of ``views`` in up to five parts of one mixture of lengths, large enough to time."""
    units = sum(map(len, views))
    number = min(PARTS, max(1, units // PART_UNITS))
    order = sorted(range(len(views)), key=lambda i: len(views[i]))
    return [order[start::number] for start in range(number)]


def _refuse_other_number(found: Sequence[Output], asked: Sequence[int]) -> None:
    if len(found) != len(asked):
        msg = f"predict returned {len(found)} outputs for {len(asked)} sentences"
        raise BackendError(msg)


def _written(
    backend: Backend, task: Task, windows: tuple[Window, ...], meter: Meter, answers: _Answers
) -> _Answers | None:
    """What a generator writes with nothing forced; None for a backend that writes no text."""
    if any(decoded.raw is not None for decoded in answers.decoded.values()):
        return answers  # it was not constrained in the first place
    if not isinstance(backend, Generates):
        return None
    views: list[Sentence] = [window.view for window in windows]
    with meter.phase("generate"):
        outputs = backend.generate(views)
    return _Answers(task.splits[TEST], windows, decode(outputs, windows, task.tags))


def _store(
    cell: Cell, task: Task, fitted: FitReport, meter: Meter, answers: _Answers,
    free: _Answers | None,
) -> None:  # fmt: skip
    predictions = answers.predictions()
    written = free.predictions() if free else None
    metrics = evaluate.metrics(
        evaluate.Gold(task.labels, task.policy, TEST), predictions,
        _write(cell.folder / "predictions.jsonl", predictions),
        evaluate.free(task.labels, written, _write(cell.folder / "free.jsonl", written))
        if written is not None else None,
    )  # fmt: skip
    store.write(cell.folder / "history.jsonl", _lines([asdict(e) for e in fitted.epochs]))
    store.write(cell.folder / FACTS, train_facts(task.splits[TRAIN].examples).to_json())
    store.write_json(
        cell.folder / "run.json", recording.run_record(cell, task, fitted, meter).model_dump()
    )
    store.write_json(cell.folder / store.COMPLETE, metrics.model_dump())


def _write(path: Path, predictions: Sequence[Prediction]) -> str:
    """Write predictions, a line each; gives the SHA-256 of the file."""
    content = "".join(prediction.model_dump_json() + "\n" for prediction in predictions).encode()
    store.write(path, content)
    return hashlib.sha256(content).hexdigest()


def _lines(values: Sequence[dict[str, Any]]) -> str:
    import json

    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder
