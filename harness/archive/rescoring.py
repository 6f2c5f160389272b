"""Stored answers scored under other rules, without a model: another policy, or only some types.

The answers are rewritten as the rule reads them and scored by the one scorer; what is written is a
result of its own whose variant names the rule, so it never stands for the original.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.comparability.fields import RESCORED
from harness.core import Span
from harness.data import nesting
from harness.errors import ConfigError
from harness.results import evaluate, store, writer
from harness.results.record import Metrics, Prediction
from harness.results.run_record import Run
from harness.results.verify import Sound
from harness.results.writer import TrainingFiles
from harness.tags import Policy, decode, encode


@dataclass(frozen=True, slots=True)
class Rule:
    """Read found tags under ``policy``; keep only the types ``labels``, all where empty."""

    policy: Policy
    labels: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The rule as part of a variant."""
        types = f", only {' '.join(self.labels)}" if self.labels else ""
        return f"read as {self.policy}{types}"

    def keep(self, spans: Sequence[Span]) -> list[Span]:
        """The spans whose type stays."""
        return [span for span in spans if not self.labels or span.label in self.labels]

    def apply(self, prediction: Prediction) -> Prediction:
        """The prediction as the rule reads it."""
        found = self.keep(decode(prediction.tags, self.policy))
        gold = self.keep(prediction.gold_spans())
        update = {
            "tags": encode(found, len(prediction.units)),
            "gold": tuple((span.start, span.end, span.label) for span in gold),
            "confidence": _confidences(prediction, found),
            "gold_bits": prediction.gold_bits if len(gold) == len(prediction.gold) else None,
        }
        if prediction.raw_tags is not None:
            raw = self.keep(decode(prediction.raw_tags, self.policy))
            update["raw_tags"] = encode(raw, len(prediction.units))
        return prediction.model_copy(update=update)


def _confidences(prediction: Prediction, kept: Sequence[Span]) -> tuple[float, ...] | None:
    """The confidences of the entities that are ``kept``."""
    if prediction.confidence is None:
        return None
    given = dict(zip(decode(prediction.tags), prediction.confidence, strict=True))
    return tuple(given[span] for span in kept)


def require_original(run: Sound) -> None:
    """Refuse answers that a rule has rewritten: the last rule alone would seem to have read them.

    Raises:
        ConfigError: naming the folder.
    """
    if rule := _rule_of(run.run):
        msg = (
            f"{run.folder} is itself rescored ({rule}), and its answers are not those that were "
            "given; name the folder of the run that it was made of"
        )
        raise ConfigError(msg)


def _rule_of(run: Run) -> str:
    """The rule by which a run, or a member of it, was scored again; empty for original answers."""
    rules = (str(one.settings.get(RESCORED) or "") for one in (run, *(m.run for m in run.members)))
    return next(filter(None, rules), "")


def rescore(run: Sound, rule: Rule, output: Path) -> Path:
    """Write ``run`` as ``rule`` scores it into a folder below ``output``; gives the folder.

    Raises:
        ConfigError: for a run that is rescored, a type that the task does not have, or nested gold.
        DataError: for a file that is damaged.
    """
    require_original(run)
    nesting.require_flat(run.run.data.keep, run.run.data.task)
    result, labels = run.result, rule.labels or run.metrics.labels
    unknown = set(rule.labels) - set(result.metrics.labels)
    if unknown:
        msg = f"no type {', '.join(sorted(unknown))} in {result.folder}; there are: "
        raise ConfigError(msg + ", ".join(result.metrics.labels))
    gold = evaluate.EvaluationSetup(labels, run.metrics.policy, run.metrics.split)
    free = result.free_answers()
    scores = writer.score_answers(
        gold,
        [rule.apply(one) for one in result.answers().predictions],
        [rule.apply(one) for one in free.predictions] if free else None,
    )
    record = _record(run.run, rule, scores.metrics)
    name = f"{result.folder.name}_{store.slug(rule.name)}"
    folder = output / store.slug(record.data.task) / name
    training = TrainingFiles(result.history(), result.facts())
    return writer.write_new(folder, record, scores, training)


def _record(run: Run, rule: Rule, metrics: Metrics) -> Run:
    counts = metrics.counts()
    data = run.data.model_copy(
        update={"support": {label: counts[label].support for label in metrics.labels}}
    )
    digest = hashlib.sha256(f"{run.digest} {rule.name}".encode()).hexdigest()
    variant = ", ".join(part for part in (run.variant, rule.name) if part)
    settings = run.settings | {RESCORED: rule.name}
    update = {"digest": digest, "variant": variant, "data": data, "settings": settings}
    return run.model_copy(update=update)
