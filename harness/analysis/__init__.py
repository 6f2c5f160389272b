"""Error analysis: where models are wrong and how they differ, from stored answers alone."""

from harness.analysis.answers import (
    FinishedRun,
    by_data,
    finished,
    load,
    load_all,
    load_each,
    own,
)
from harness.analysis.free import repairs_by_kind, with_free
from harness.analysis.summary import ANALYSIS, Analysis, analyse
from harness.data.train_facts import FACTS, TrainFacts, train_facts

__all__ = [
    "ANALYSIS",
    "FACTS",
    "Analysis",
    "FinishedRun",
    "TrainFacts",
    "analyse",
    "by_data",
    "finished",
    "load",
    "load_all",
    "load_each",
    "own",
    "repairs_by_kind",
    "train_facts",
    "with_free",
]
