"""The scores of an exported model as a record of Every Eval Ever.

A shared JSON schema for results of evaluations, so that those of different programs can be put
side by side (evalevalai.com; ``eval.schema.json``, version 0.2.1). Its extra fields hold text only.
"""

from typing import Any

from harness.exports.card import MEASURES, Card
from harness.results.hashes import of_file
from harness.results.store import PREDICTIONS
from harness.version import OWN, __version__

SCHEMA = "0.2.1"
NOT_TOLD = "not stated"


def record(card: Card) -> dict[str, Any]:
    """The record of what was exported."""
    run = card.run.run
    made = str(int((card.run.folder / PREDICTIONS).stat().st_mtime))
    return {
        "schema_version": SCHEMA,
        "evaluation_id": f"{run.data.task}/{card.name}/{made}",
        "retrieved_timestamp": made,
        "source_metadata": {
            "source_name": OWN,
            "source_type": "evaluation_run",
            "source_organization_name": NOT_TOLD,
            "evaluator_relationship": "first_party",
        },
        "eval_library": {"name": OWN, "version": __version__},
        "model_info": _model(card),
        "evaluation_results": [
            _result(card, name, value)
            for name in MEASURES
            if (value := getattr(card.counts, name)) is not None
        ],
        **_details(card),
    }


def _details(card: Card) -> dict[str, Any]:
    """The file of answers, where those of the run are those of the model."""
    if card.metrics != card.run.metrics:
        return {}
    return {
        "detailed_evaluation_results": {
            "format": "jsonl",
            "file_path": PREDICTIONS,
            "hash_algorithm": "sha256",
            "checksum": of_file(card.run.folder / PREDICTIONS),
            "total_rows": card.metrics.sentences,
        }
    }


def _model(card: Card) -> dict[str, Any]:
    run = card.run.run
    details = {
        "backend": run.backend, "preset": run.preset, "variant": run.variant, "seed": str(run.seed),
        "weights": run.weights, "parameters": str(run.parameters), "exported to": card.target,
        "run": run.digest,
    }  # fmt: skip
    return {"name": card.name, "id": card.name, "additional_details": details}


def _result(card: Card, name: str, value: float) -> dict[str, Any]:
    data, counts = card.run.run.data, card.counts
    return {
        "evaluation_name": f"{data.task} {name}",
        "source_data": {
            "dataset_name": data.task,
            "source_type": "other",
            "additional_details": {"fingerprint": data.fingerprint, "split": data.split},
        },
        "metric_config": {
            "evaluation_description": f"entity-level exact-match micro {name}, policy conlleval",
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0,
            "max_score": 1,
        },
        "score_details": {
            "score": value,
            "details": {"tp": str(counts.tp), "fp": str(counts.fp), "fn": str(counts.fn)},
        },
    }
