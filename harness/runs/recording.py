"""The record of a run: all that could change its result, and what it cost."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from harness.data.overlap import overlaps
from harness.data.splits import TEST, TRAIN
from harness.data.task import Task
from harness.generation import repair
from harness.protocol import Backend, DevScore, FitReport, ReportsUsage
from harness.results.run_record import Cost, Data, Run, ServedModel, TrainingCourse
from harness.results.trials import DataRead, prompts_tried, trials
from harness.runs import energy, hardware
from harness.runs.code import code_of
from harness.runs.contract import asked
from harness.runs.cost import Meter, shared_resident
from harness.runs.plan import GridCell
from harness.runs.portable import portable, portable_values
from harness.runs.weights import held_out
from harness.version import __version__

SELECTION = "development entity micro F1, conlleval"
OTHER, NONE = "not the best development F1", "none"


def run_record(
    cell: GridCell, task: Task, fitted: FitReport, scores: Sequence[DevScore], meter: Meter
) -> Run:
    """The record of a cell that was run; ``scores`` are those that its backend asked for."""
    epochs = fitted.epochs
    positions = sum(epoch.positions for epoch in epochs)
    return Run(
        digest=cell.digest,
        harness=__version__,
        backend=cell.plugin.name,
        family=getattr(cell.plugin.load(), "family", "other"),
        preset=cell.options.preset,
        variant=cell.options.variant,
        seed=cell.seed,
        planned_seeds=cell.planned_seeds,
        code=cell.code if code_of(cell.plugin) == cell.code else None,
        options=portable_values(cell.options.lasting),
        settings=cell.settings.model_dump()
        | facts_of(task, cell.task)
        | {"selection": selection(fitted, scores)}
        | cell.files.recorded,
        data=data_of(task, cell.settings.limit),
        origin={
            "distribution": cell.plugin.distribution,
            "version": cell.plugin.version,
            "class": cell.plugin.value,
        },
        versions=hardware.versions(cell.plugin.distribution),
        hardware=hardware.describe(),
        weights=fitted.weights,
        weights_digest=dict(cell.weights),
        held_out=held_out(cell.options.weights.values(), cell.fingerprint),
        parameters=fitted.parameters,
        trained=fitted.trained,
        precision=fitted.precision,
        best_epoch=fitted.best_epoch,
        training=course_of(fitted, scores),
        trials=trials(cell.folder.parent, cell.plugin.name, _read(cell)) + cell.options.tuned,
        training_digests=tuple(e.training_digest for e in epochs if e.training_digest),
        real_share=sum(epoch.units for epoch in epochs) / positions if positions else None,
        transitions=fitted.transitions,
        transition_tags=fitted.transition_tags,
        halved=fitted.halved,
        new_parameters=None if fitted.new_parameters is None else dict(fitted.new_parameters),
        known_units=fitted.known_units,
        cost=_cost(task, fitted, meter),
    )


def _read(cell: GridCell) -> DataRead:
    task, settings = cell.folder.parent.name, cell.settings
    return DataRead(cell.fingerprint, task, settings.limit, settings.train_share)


def with_usage(run: Run, backend: Backend, folder: Path) -> Run:
    """``run`` with what its model took elsewhere, where it is asked there; ``folder`` has its rows.

    A run that was interrupted reads again what it was told before: the seconds are those in which
    requests were under way, whichever process sent them.
    """
    if not isinstance(backend, ReportsUsage):
        return run
    with asked(run.backend, "usage"):
        found = backend.usage()
    tried = prompts_tried(folder, run.backend, DataRead.of(run))
    models = tuple(portable(model) for model in found.models)
    served = ServedModel(**asdict(found) | {"models": models}, prompts_tried=tried)
    seconds = run.cost.seconds | {"predict": found.seconds}
    cost = run.cost.model_copy(update={"seconds": seconds, "predict_parts": ()})
    return run.model_copy(update={"served": served, "cost": cost})


def selection(fitted: FitReport, scores: Sequence[DevScore]) -> str:
    """The rule by which weights were chosen, as far as the harness saw it."""
    if not scores:
        return NONE
    looks, found = _looks(fitted, scores), [score.f1 or 0.0 for score in scores]
    best = [look for look, f1 in zip(looks, found, strict=False) if f1 == max(found)]
    allowed = best[:1] if any(found) else best  # the earlier; where nothing is found, any
    return SELECTION if fitted.best_epoch in allowed else OTHER


def _looks(fitted: FitReport, scores: Sequence[DevScore]) -> list[int]:
    """The number of the epoch after which each of ``scores`` was asked for; empty if untold."""
    numbers = [epoch.number for epoch in fitted.epochs]
    if len(scores) != len(numbers):
        numbers = [epoch.number for epoch in fitted.epochs if epoch.dev_f1 is not None]
    return numbers if len(scores) == len(numbers) else []


def _by_epoch(
    fitted: FitReport, scores: Sequence[DevScore], part: Literal["f1", "malformed"]
) -> tuple[float | None, ...]:
    """What was scored after each epoch; where that is untold, all scores in their order."""
    looks, found = _looks(fitted, scores), [getattr(score, part) for score in scores]
    if not looks:
        return tuple(found)
    after = dict(zip(looks, found, strict=True))
    return tuple(after.get(epoch.number) for epoch in fitted.epochs)


def course_of(fitted: FitReport, scores: Sequence[DevScore]) -> TrainingCourse | None:
    """How far training went; None if there was none."""
    if not fitted.epochs:
        return None
    updates = [epoch.updates for epoch in fitted.epochs]
    wrote = any(score.malformed is not None for score in scores)
    return TrainingCourse(
        epochs=len(fitted.epochs),
        updates=None if None in updates else sum(filter(None, updates)),
        units=sum(epoch.units for epoch in fitted.epochs),
        dev_f1=_by_epoch(fitted, scores, "f1"),
        dev_malformed=_by_epoch(fitted, scores, "malformed") if wrote else None,
    )


def facts_of(task: Task, task_file: str) -> dict[str, Any]:
    """How answers to ``task`` are read, whoever gave them, so that tables can prove it."""
    described = {"descriptions": dict(task.descriptions)} if task.descriptions else {}
    return described | {
        "repair": repair.POLICY,
        "task_file": portable(task_file),
        "separator": "_" if task.spelling[TRAIN].endswith("B_X") else "-",
        "joiner": task.joiner,
        "labels": list(task.labels),
    }


def data_of(task: Task, limit: int | None) -> Data:
    """What the record says of the data."""
    test = task.splits[TEST]
    support = dict.fromkeys(task.labels, 0)
    for example in test.examples:
        for span in example.spans:
            support[span.label] += 1
    return Data(
        task=task.name,
        fingerprint=task.fingerprint,
        policy=task.policy,
        split=TEST,
        support=support,
        sentences=_sentences(task),
        malformed={name: split.malformed for name, split in task.splits.items()},
        limit=limit,
        overlap=overlaps(task.examples, task.test_sets),
        keep=task.keep,
        dropped={name: split.dropped for name, split in task.splits.items() if split.dropped},
    )


def _sentences(task: Task) -> dict[str, int]:
    """The sentences of each split, and of each set of a test of several."""
    parts = (*task.splits.values(), *task.splits[TEST].parts.values())
    return {split.name: len(split) for split in parts}


def _cost(task: Task, fitted: FitReport, meter: Meter) -> Cost:
    seconds = dict(meter.seconds)
    dev = sum(epoch.dev_seconds for epoch in fitted.epochs)
    fit = seconds.pop("fit")
    seconds |= {"train": max(0.0, fit - dev), "dev": dev}
    joules = meter.all_joules()
    return Cost(
        seconds=seconds,
        train_units=sum(epoch.units for epoch in fitted.epochs),
        predict_units=sum(len(example.sentence) for example in task.splits[TEST].examples),
        train_peak_bytes=meter.peak_bytes.get("fit"),
        predict_peak_bytes=meter.peak_bytes.get("predict"),
        train_device_bytes=meter.device_bytes.get("fit"),
        predict_device_bytes=meter.device_bytes.get("predict"),
        train_reserved_bytes=meter.reserved_bytes.get("fit"),
        predict_reserved_bytes=meter.reserved_bytes.get("predict"),
        joules=joules,
        energy_source="n/a" if joules is None else energy.source(),
        predict_parts=tuple(meter.parts) if fitted.weights != "none" else (),
        flops_per_unit=meter.flops_per_unit,
        sittings=meter.sittings,
        shared_bytes=shared_resident(),
    )
