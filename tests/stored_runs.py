"""Result folders for the tests of tables: real records with every field that a run writes."""

import hashlib
import json
import statistics
from functools import cache
from pathlib import Path
from typing import Any

from made_runs import LABELS, System, examples, metrics, prediction

from harness.core import Counts
from harness.data.overlap import PAIRS, Overlap
from harness.results import hashes
from harness.results.record import Prediction
from harness.results.run_record import Code, Cost, Data, Run, TrainingCourse

SETTINGS = {
    "device": "cpu", "precision": "auto", "threads": 1, "window_limit": 254, "window_margin": 32,
    "limit": None, "free_decoding": True, "keep_model": True,
    "selection": "development entity micro F1, conlleval",
    "repair": "align-bridge 1", "joiner": "", "labels": list(LABELS),
}  # fmt: skip
NO_OVERLAP = tuple(Overlap(part, whole, 40, 0, 0, 9, 5) for part, whole in PAIRS)
TRAINED_ON = hashlib.sha256(b"train").hexdigest()


@cache
def _predictions(name: str, rate: float, seed: int, sentences: int) -> tuple[Prediction, ...]:
    system = System(name, rate)
    return tuple(
        prediction(example, system.answer(example, seed)) for example in examples(sentences, 8)
    )


def _support(predictions: tuple[Prediction, ...]) -> dict[str, int]:
    spans = [span for each in predictions for span in each.gold_spans()]
    return {label: sum(span.label == label for span in spans) for label in LABELS}


def run_of(
    predictions: tuple[Prediction, ...], backend: str, seed: int, task: str, **more: Any
) -> Run:
    """The record of a run; ``more`` replaces fields."""
    fields = {
        "digest": hashlib.sha256(repr((task, backend, seed, sorted(more))).encode()).hexdigest(),
        "harness": "0.1.0", "backend": backend, "family": "encoder", "preset": "tiny",
        "variant": "", "seed": seed, "planned_seeds": (13, 42, 87), "options": {"epochs": 3},
        "settings": SETTINGS,
        "data": Data(task=task, fingerprint=hashlib.sha256(task.encode()).hexdigest(),
                     policy="conlleval", split="test", support=_support(predictions),
                     sentences={"train": 300, "dev": 50, "test": len(predictions)},
                     malformed={"train": 0, "dev": 0, "test": 0}, overlap=NO_OVERLAP),
        "origin": {"distribution": "ner-harness"},
        "versions": {"python": "3.11", "torch": "2.10.0"},
        "code": Code(harness=hashlib.sha256(b"harness").hexdigest(),
                     backend=hashlib.sha256(b"backends").hexdigest()),
        "training": TrainingCourse(epochs=6, updates=600, units=60_000,
                                   dev_f1=(0.5, 0.7, 0.8, 0.81, 0.8, 0.81)),
        "trials": 1,
        "hardware": {"processor": "made"}, "weights": "scratch", "parameters": 3_412_345,
        "trained": 3_412_345, "precision": "fp32", "training_digests": (TRAINED_ON,) * 3,
        "cost": Cost(seconds={"train": 60.0 + seed / 10, "predict": 2.0}, train_units=30_000,
                     predict_units=sum(len(each.units) for each in predictions),
                     train_peak_bytes=900 * 2**20, predict_peak_bytes=700 * 2**20),
    }  # fmt: skip
    return Run(**(fields | more))


def write_run(
    folder: Path, backend: str = "bert-crf", seed: int = 13, *, task: str = "demo",
    rate: float = 0.1, sentences: int = 40, **more: Any,
) -> Path:  # fmt: skip
    """Write a finished run into ``folder`` / task / name, as the runner does; gives the folder."""
    predictions = _predictions(backend + str(more.get("variant", "")), rate, seed, sentences)
    lines = "".join(each.model_dump_json() + "\n" for each in predictions).encode()
    run = run_of(predictions, backend, seed, task, **more)
    name = hashlib.sha256(repr((backend, sorted(more.items(), key=str))).encode()).hexdigest()[:6]
    made = folder / task / f"{name}_s{seed}"
    made.mkdir(parents=True)
    (made / "predictions.jsonl").write_bytes(lines)
    (made / "run.json").write_text(run.model_dump_json(), encoding="utf-8")
    (made / "metrics.json").write_text(metrics(predictions).model_dump_json(), encoding="utf-8")
    return made


def write_row(
    folder: Path, backend: str, seeds: tuple[int, ...] = (13, 42, 87), **more: Any
) -> None:
    """Write one run of ``backend`` for each seed."""
    for seed in seeds:
        write_run(folder, backend, seed, **more)


def change(path: Path, *keys: str, to: Any) -> None:
    """Replace one field of a JSON file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    place = content
    for key in keys[:-1]:
        place = place[key]
    place[keys[-1]] = to
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def name_documents(folder: Path, number: int) -> None:
    """Let the sentences of every run in and below ``folder`` lie in so many documents."""
    for path in sorted(folder.rglob("predictions.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        held = [Prediction.model_validate_json(line) for line in lines]
        named = [
            each.model_copy(update={"document": f"document {place % number}"})
            for place, each in enumerate(held)
        ]
        path.write_bytes("".join(each.model_dump_json() + "\n" for each in named).encode())
        digest = metrics(tuple(named)).predictions_sha256
        change(path.with_name("metrics.json"), "predictions_sha256", to=digest)


def seal(folder: Path) -> None:
    """Let ``metrics.json`` say of the files of a run that they are as they are now."""
    change(folder / "metrics.json", "files", to=hashes.of_folder(folder))


def seal_all(folder: Path) -> None:
    """Seal every run in and below ``folder``."""
    for path in folder.rglob("metrics.json"):
        seal(path.parent)


def f1_of(folder: Path, backend: str) -> list[float]:
    """F1 of the runs of ``backend`` in and below ``folder``, from the files alone."""
    scores = []
    for path in sorted(folder.rglob("metrics.json")):
        run = json.loads(path.with_name("run.json").read_text(encoding="utf-8"))
        if run["backend"] == backend:
            types = json.loads(path.read_text(encoding="utf-8"))["types"]["conlleval"]
            scores.append(sum((Counts(*each) for each in types.values()), Counts()).f1)
    return scores


def mean_and_deviation(values: list[float]) -> tuple[float, float]:
    """Mean and sample standard deviation."""
    return statistics.fmean(values), statistics.stdev(values)
