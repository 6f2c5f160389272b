"""An exported model as a run of its own: what it answered, at what speed, beside all it was.

It was trained as the run it is from, so its record is that one's, with other answers, another cost
of prediction and a variant that names what it was exported to.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from harness.protocol import Exported
from harness.results import evaluate, hashes, store, writer
from harness.results.reader import Result
from harness.results.record import Prediction
from harness.results.run_record import Cost, Run
from harness.results.writer import Scored, TrainingFiles
from harness.runs.cost import Meter


@dataclass(frozen=True, slots=True)
class Measured:
    """The run that a model is from, the export, what it answered, and what that took."""

    source: Result
    exported: Exported
    predictions: Sequence[Prediction]
    meter: Meter

    def scored(self) -> Scored:
        """The answers, scored as those of the run were."""
        metrics = self.source.metrics
        setup = evaluate.EvaluationSetup(metrics.labels, metrics.policy, metrics.split)
        return writer.score_answers(setup, self.predictions)


def write(rows: Path, model: Path, target: str, measured: Measured) -> Path:
    """Store ``measured``, with a copy of the exported ``model``, below ``rows``; gives the folder.

    Raises:
        ConfigError: where another run stands in its place.
    """
    result = measured.source
    run = _record(model, target, measured)
    name = store.run_folder(run.seed, run.digest, run.backend, target)
    folder = rows / store.slug(run.data.task) / name
    store.make_folder(folder)
    training = TrainingFiles(result.history(), result.facts())
    return writer.write_new(folder, run, measured.scored(), training, model)


def _record(model: Path, target: str, measured: Measured) -> Run:
    run = measured.source.run
    files = "\n".join(f"{name} {found}" for name, found in _hashes(model).items())
    return run.model_copy(
        update={
            "digest": hashlib.sha256(f"{run.digest}\n{target}\n{files}".encode()).hexdigest(),
            "variant": " ".join(filter(None, (run.variant, target))),
            "settings": run.settings | {"exported": target},
            "precision": measured.exported.precision or run.precision,
            "versions": run.versions | {name: version(name) for name in measured.exported.packages},
            "cost": _cost(run.cost, measured.meter),
        }
    )


def _hashes(model: Path) -> dict[str, str]:
    paths = sorted(path for path in model.rglob("*") if path.is_file())
    return {path.relative_to(model).as_posix(): hashes.of_file(path) for path in paths}


def _cost(before: Cost, meter: Meter) -> Cost:
    """The cost of training as it was, that of prediction as it is now.

    Memory and energy of this process say nothing: it held the model that was exported, too.
    """
    return before.model_copy(
        update={
            "seconds": before.seconds | {"predict": meter.seconds["predict"]},
            "predict_parts": tuple(meter.parts),
            "predict_peak_bytes": None, "predict_device_bytes": None,
            "predict_reserved_bytes": None, "flops_per_unit": None, "joules": None,
            "shared_bytes": None,
        }
    )  # fmt: skip
