"""Results checked against their own files: stored predictions are scored again, bit for bit."""

import hashlib
from pathlib import Path

from harness.results import evaluate
from harness.results.reader import Result
from harness.results.record import Free, Metrics, Prediction


def differences(result: Result) -> tuple[str, ...]:
    """What of the stored metrics the stored predictions do not give; empty for a sound result."""
    found = recomputed(result)
    stored, again = result.metrics.model_dump(), found.model_dump()
    return tuple(
        f"{result.folder}: {key}: metrics.json says {_short(stored[key])}, "
        f"its predictions give {_short(again[key])}"
        for key in stored
        if stored[key] != again[key]
    )


def recomputed(result: Result) -> Metrics:
    """The metrics that the stored predictions of ``result`` give."""
    stored = result.metrics
    gold = evaluate.EvaluationSetup(stored.labels, stored.policy, stored.split)
    predictions, digest = read(result.folder / "predictions.jsonl")
    return evaluate.metrics(gold, predictions, digest, _free(result))


def _free(result: Result) -> Free | None:
    if result.metrics.free is None:
        return None
    written, digest = read(result.folder / "free.jsonl")
    return evaluate.free(result.metrics.labels, written, digest)


def read(path: Path) -> tuple[list[Prediction], str]:
    """The predictions of a file and its SHA-256."""
    content = path.read_bytes()
    lines = content.decode().split("\n")[:-1]
    digest = hashlib.sha256(content).hexdigest()
    return [Prediction.model_validate_json(line) for line in lines], digest


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
