"""A finished run's folder, written in one way by all that make results: runs, imports, rescoring.

Every folder holds the same files: answers, free answers where a generator wrote some, the history,
the facts of the training data, the record, and last the metrics, which say that all is there.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.data.train_facts import FACTS, TrainFacts
from harness.protocol import Epoch
from harness.results import evaluate, hashes, set_aside, store, stored, verify
from harness.results.record import Metrics, MetricsFile, Prediction
from harness.results.run_record import Run
from harness.results.stored import AnswerFile


@dataclass(frozen=True, slots=True)
class Scored:
    """Answers as the bytes they are stored as, with the metrics that they give."""

    metrics: Metrics
    predictions: bytes
    free: bytes | None = None


@dataclass(frozen=True, slots=True)
class TrainingFiles:
    """What is stored about the making of a run: its epochs, and facts of its training data."""

    history: Sequence[Epoch] = ()
    facts: TrainFacts | None = None


def score_answers(
    gold: evaluate.EvaluationSetup,
    predictions: Sequence[Prediction],
    free: Sequence[Prediction] | None = None,
) -> Scored:
    """The answers, scored by the one scorer.

    Raises:
        HarnessError: when seqeval counts otherwise.
    """
    own, written = stored.content_of(predictions), None
    found = AnswerFile(tuple(predictions), stored.digest_of(own))
    unforced = None
    if free is not None:
        written = stored.content_of(free)
        unforced = AnswerFile(tuple(free), stored.digest_of(written))
    return Scored(evaluate.metrics(gold, found, unforced), own, written)


def write(folder: Path, run: Run, scores: Scored, training: TrainingFiles) -> None:
    """Write the files of a finished run into ``folder``, which its writer holds."""
    store.write(folder / store.PREDICTIONS, scores.predictions)
    if scores.free is None:
        (folder / store.FREE).unlink(missing_ok=True)  # whoever wrote it
    else:
        store.write(folder / store.FREE, scores.free)
    lines = [json.dumps(asdict(epoch), ensure_ascii=False) + "\n" for epoch in training.history]
    store.write(folder / store.HISTORY, "".join(lines))
    if training.facts is not None:
        store.write(folder / FACTS, training.facts.to_json())
    store.write_json(folder / store.RUN, run.model_dump())
    complete = MetricsFile(**scores.metrics.model_dump(), files=hashes.of_folder(folder))
    store.write_json(folder / store.COMPLETE, complete.model_dump())


def write_new(
    folder: Path, run: Run, scores: Scored, training: TrainingFiles, model: Path | None = None
) -> Path:
    """Claim ``folder`` and write the run there, where it does not stand there; gives the folder.

    What stands there and cannot be believed is set aside. ``model`` is a folder to copy.

    Raises:
        LockedError: when another process holds the folder.
        ConfigError: when the folder holds a run of another configuration.
    """
    set_aside.move_unusable(folder, verify.unusable)
    with store.claim(folder, _about(run)) as todo:
        if todo and model is not None:
            shutil.copytree(model, folder / store.MODEL)
        if todo:
            write(folder, run, scores, training)
    return folder


def _about(run: Run) -> dict[str, object]:
    return {
        "digest": run.digest,
        "task": store.slug(run.data.task),
        "backend": run.backend,
        "preset": run.preset,
        "variant": run.variant,
        "fingerprint": run.data.fingerprint,
        "seed": run.seed,
        "planned_seeds": list(run.planned_seeds),
    }
