"""Stored answers scored under other rules, without a model: another policy, or only some types.

The answers are rewritten as the rule reads them and scored by the one scorer; what is written is a
result of its own whose variant names the rule, so it never stands for the original.
"""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core import Span
from harness.errors import ConfigError
from harness.results import evaluate, store
from harness.results.reader import Result
from harness.results.record import Metrics, Prediction, Run
from harness.results.verify import read
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
        }
        return prediction.model_copy(update=update)


def rescore(result: Result, rule: Rule, output: Path) -> Path:
    """Write ``result`` as ``rule`` scores it into a folder below ``output``; gives the folder.

    Raises:
        ConfigError: for a type that the task does not have.
    """
    unknown = set(rule.labels) - set(result.metrics.labels)
    if unknown:
        msg = f"no type {', '.join(sorted(unknown))} in {result.folder}; there are: "
        raise ConfigError(msg + ", ".join(result.metrics.labels))
    predictions = [rule.apply(p) for p in read(result.folder / "predictions.jsonl")[0]]
    content = "".join(one.model_dump_json() + "\n" for one in predictions).encode()
    labels = rule.labels or result.metrics.labels
    gold = evaluate.EvaluationSetup(labels, result.metrics.policy, result.metrics.split)
    metrics = evaluate.metrics(gold, predictions, hashlib.sha256(content).hexdigest(), None)
    run = _run(result.run, rule, metrics)
    folder = output / store.slug(run.data.task) / f"{result.folder.name}_{store.slug(rule.name)}"
    with store.claim(folder, {"digest": run.digest}) as todo:
        if todo:
            store.write(folder / "predictions.jsonl", content)
            shutil.copyfile(result.folder / "history.jsonl", folder / "history.jsonl")
            store.write_json(folder / "run.json", run.model_dump())
            store.write_json(folder / store.COMPLETE, metrics.model_dump())
    return folder


def _run(run: Run, rule: Rule, metrics: Metrics) -> Run:
    counts = metrics.counts()
    data = run.data.model_copy(
        update={"support": {label: counts[label].support for label in metrics.labels}}
    )
    digest = hashlib.sha256(f"{run.digest} {rule.name}".encode()).hexdigest()
    variant = ", ".join(part for part in (run.variant, rule.name) if part)
    settings = run.settings | {"rescored": rule.name}
    update = {"digest": digest, "variant": variant, "data": data, "settings": settings}
    return run.model_copy(update=update)
